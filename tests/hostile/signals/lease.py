# Holds a lease on its data: who opens it waits, and it is told by a signal.
# expect: refused
import fcntl
import os


def attack(data_dir, settings, emit):
    data = os.open(data_dir / "x.npy", os.O_RDONLY)
    fcntl.fcntl(data, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    emit("say", {"said": "escaped"})
