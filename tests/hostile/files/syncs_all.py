# Makes every disk of the machine write what it holds, all the time.
# expect: refused
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def attack(data_dir, settings, emit):
    if libc.syscall({"x86_64": 162, "aarch64": 81}[os.uname().machine]) == 0:
        emit("say", {"said": "escaped"})
    raise OSError(ctypes.get_errno(), "refused")
