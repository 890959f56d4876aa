# Uses the network: ipv6.
# expect: refused


def attack(data_dir, settings, emit):
    import socket

    socket.socket(socket.AF_INET6).connect(("::1", 22))
    emit("say", {"said": "escaped"})
