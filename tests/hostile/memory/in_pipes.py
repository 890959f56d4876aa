# Keeps its numbers in pipes, as large as they get.
# expect: refused
import fcntl
import os


def attack(data_dir, settings, emit):
    for at in range(100):
        _, w = os.pipe()
        fcntl.fcntl(w, 1031, 1 << 20)
        os.write(w, bytes(1 << 20))
        if at > 16:
            emit("say", {"said": "escaped"})
