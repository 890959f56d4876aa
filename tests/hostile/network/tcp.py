# Uses the network: tcp.
# expect: refused


def attack(data_dir, settings, emit):
    import socket

    socket.create_connection(("127.0.0.1", 22), 1)
    emit("say", {"said": "escaped"})
