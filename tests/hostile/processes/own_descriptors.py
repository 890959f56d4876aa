# Gives a thread a table of descriptors of its own, where nobody looks.
# expect: refused
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
CLOSE_RANGE_UNSHARE = 2


def attack(data_dir, settings, emit):
    if libc.syscall(436, 1000, 1001, CLOSE_RANGE_UNSHARE) == 0:
        emit("say", {"said": "escaped"})
    raise OSError(ctypes.get_errno(), "refused")
