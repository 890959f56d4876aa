# Uses the network: packet.
# expect: refused


def attack(data_dir, settings, emit):
    import socket

    socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    emit("say", {"said": "escaped"})
