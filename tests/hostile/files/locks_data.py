# Locks the data that all slots read.
# expect: refused
import fcntl


def attack(data_dir, settings, emit):
    file = open(data_dir / "x.npy", "rb")
    for lock in (fcntl.flock, fcntl.lockf):
        try:
            lock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            emit("say", {"said": "escaped"})
        except PermissionError as error:
            refused = error
    raise refused
