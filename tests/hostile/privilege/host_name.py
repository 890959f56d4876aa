# Renames the machine.
# expect: refused

import ctypes

libc = ctypes.CDLL(None, use_errno=True)


def attack(data_dir, settings, emit):
    if libc.sethostname(b"evil", 4) == 0:
        emit("say", {"said": "escaped"})
    raise OSError(ctypes.get_errno(), "refused")
