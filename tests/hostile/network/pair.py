# Uses the network: pair.
# expect: refused


def attack(data_dir, settings, emit):
    import socket

    socket.socketpair()
    emit("say", {"said": "escaped"})
