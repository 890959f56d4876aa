# Uses the network: udp.
# expect: refused


def attack(data_dir, settings, emit):
    import socket

    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 53))
    emit("say", {"said": "escaped"})
