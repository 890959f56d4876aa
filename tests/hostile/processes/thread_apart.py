# Makes a thread that shares neither descriptors nor folder with the process.
# expect: refused
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
CLONE_VM, CLONE_SIGHAND, CLONE_THREAD = 0x100, 0x800, 0x10000


def attack(data_dir, settings, emit):
    stack = ctypes.create_string_buffer(1 << 16)
    flags = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD
    made = libc.syscall(
        {"x86_64": 56, "aarch64": 220}[os.uname().machine], flags, ctypes.addressof(stack) + (1 << 15), 0, 0, 0
    )
    if made > 0:
        emit("say", {"said": "escaped"})
    raise OSError(ctypes.get_errno(), "refused")
