# Uses the network: docker socket.
# expect: refused


def attack(data_dir, settings, emit):
    import socket

    socket.socket(socket.AF_UNIX).connect("/var/run/docker.sock")
    emit("say", {"said": "escaped"})
