# A System V segment that would outlive the process.
# expect: refused

import ctypes

libc = ctypes.CDLL(None, use_errno=True)


def attack(data_dir, settings, emit):
    if libc.shmget(0, 1 << 20, 0o1600) >= 0:
        emit("say", {"said": "escaped"})
    raise OSError(ctypes.get_errno(), "refused")
