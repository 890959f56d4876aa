# Asks to be signalled by a queue of messages.
# expect: refused
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def attack(data_dir, settings, emit):
    opens, tells = {"x86_64": (240, 244), "aarch64": (180, 184)}[os.uname().machine]
    queue = libc.syscall(opens, b"evil", 0o102, 0o666, None)
    if queue >= 0 or libc.syscall(tells, 0, None) == 0:
        emit("say", {"said": "escaped"})
    raise OSError(ctypes.get_errno(), "refused")
