# Uses the network: listens.
# expect: refused


def attack(data_dir, settings, emit):
    import socket

    socket.create_server(("127.0.0.1", 0))
    emit("say", {"said": "escaped"})
