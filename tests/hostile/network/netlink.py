# Uses the network: netlink.
# expect: refused


def attack(data_dir, settings, emit):
    import socket

    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)
    emit("say", {"said": "escaped"})
