# Loads a program into the kernel.
# expect: refused
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def attack(data_dir, settings, emit):
    if libc.syscall({"x86_64": 321, "aarch64": 280}[os.uname().machine], 0, ctypes.create_string_buffer(120), 120) >= 0:
        emit("say", {"said": "escaped"})
    raise OSError(ctypes.get_errno(), "refused")
