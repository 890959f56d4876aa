# Reads its parent's memory by call.
# expect: refused
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def attack(data_dir, settings, emit):
    if libc.process_vm_readv(os.getppid(), 0, 0, 0, 0, 0) >= 0:
        emit("say", {"said": "escaped"})
    raise OSError(ctypes.get_errno(), "refused")
