# Leaves a key in a keyring.
# expect: refused
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def attack(data_dir, settings, emit):
    if libc.syscall({"x86_64": 248, "aarch64": 217}[os.uname().machine], b"user", b"evil", b"x", 1, -4) >= 0:
        emit("say", {"said": "escaped"})
    raise OSError(ctypes.get_errno(), "refused")
