# Uses the network: abstract socket.
# expect: refused


def attack(data_dir, settings, emit):
    import socket

    socket.socket(socket.AF_UNIX).bind("\0evil")
    emit("say", {"said": "escaped"})
