# Uses the network: raw.
# expect: refused


def attack(data_dir, settings, emit):
    import socket

    socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)
    emit("say", {"said": "escaped"})
