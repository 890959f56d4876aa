# Uses the network: names.
# expect: refused


def attack(data_dir, settings, emit):
    import socket

    socket.getaddrinfo("example.org", 80)
    emit("say", {"said": "escaped"})
