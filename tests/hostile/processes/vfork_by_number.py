# Calls vfork, where there is one.
# expect: refused
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def attack(data_dir, settings, emit):
    if os.uname().machine != "x86_64":
        raise PermissionError("no such call here")
    if libc.syscall(58) >= 0:
        emit("say", {"said": "escaped"})
    raise OSError(ctypes.get_errno(), "refused")
