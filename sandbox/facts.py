"""What this machine can wall off, found out by asking the kernel, not by reading its version."""

from __future__ import annotations

import ctypes
import platform
import sys

LANDLOCK_CREATE = 444
PR_GET_SECCOMP = 21


def landlock_abi() -> int:
    """The version of Landlock here, 0 for none."""
    if sys.platform != "linux":
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, libc.syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1)))


def seccomp_ok() -> bool:
    """Whether filters are known to this kernel and system calls of this machine to us."""
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0
