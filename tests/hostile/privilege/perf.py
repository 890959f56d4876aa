# Measures others.
# expect: refused
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def attack(data_dir, settings, emit):
    if (
        libc.syscall(
            {"x86_64": 298, "aarch64": 241}[os.uname().machine], ctypes.create_string_buffer(120), 0, -1, -1, 0
        )
        >= 0
    ):
        emit("say", {"said": "escaped"})
    raise OSError(ctypes.get_errno(), "refused")
