# Asks not to die with its worker.
# expect: refused

import ctypes

libc = ctypes.CDLL(None, use_errno=True)


def attack(data_dir, settings, emit):
    if libc.prctl(1, 0) == 0:
        emit("say", {"said": "escaped"})
    raise OSError(ctypes.get_errno(), "refused")
