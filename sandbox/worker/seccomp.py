"""The filter on a candidate's system calls: what is not listed, or not with these arguments, is refused.

A filter sees numbers, not what pointers point at: a call whose danger lies behind a pointer is not on the list. It does
not lean on Landlock, whose versions leave gaps: signals to others before 6 (`F_SETOWN`), truncating before 3, and what no
version guards: locks, leases, modes, times, attributes, and files that are opened for neither reading nor writing.
Kernel documentation: userspace-api/seccomp_filter. Standard library only.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable

from syscalls import ALLOWED, CHECKED, ON_A_CARD, YOUNG  # type: ignore[import-not-found]

MACHINE = platform.machine()
ARCHES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column of the table, AUDIT_ARCH
X32_BIT = 0x40000000
PR_GET_SECCOMP, PR_SET_SECCOMP, MODE_FILTER = 21, 22, 2

_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _AND, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x54, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_NUMBER, _ARCH = 0, 4

O_TRUNC, O_ASYNC, O_TMPFILE, ACCESS = 0o1000, 0o20000, 0o20000000, 3  # ACCESS: the bits of reading and writing
F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC, F_GETPIPE_SZ = 0, 1, 2, 3, 4, 1030, 1032
MAP_HUGETLB = 0x40000
AF_UNIX = 1
# threads as C libraries make them: memory, files, folder, handlers and all else shared, so nothing is out of sight
THREAD, OLD_THREAD = 0x3D0F00, 0x7D0F00
TERMINALS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS, its size, FIONREAD, FIONBIO, FIO(N)CLEX
NVIDIA, UVM_ENDS = 0x46, (0x30000001, 0x30000002)  # the letter of the cards' calls; UVM's first and last
ADVICE = (0, 1, 2, 3, 4, 8, 9, 10, 11, 14, 15, 16, 17, 18, 19, 22, 23, 25, 102, 103)  # none that swaps out or shares
OWN_BARRIERS = (0, 8, 16, 32, 64, 128, 256)  # private ones; the others halt everybody's processors
CLOSE_CLOEXEC = 4  # not 2, which gives a thread descriptors of its own, that nobody counts
PRCTL = (
    3, 16, 21, 23, 27, 30, 39, 42, 51, 64,  # all of these only read
    15, 29, 0x53564D41,  # PR_SET_NAME, PR_SET_TIMERSLACK, PR_SET_VMA: labels of its own
)  # fmt: skip
AMX = (0x1021, 0x1022, 0x1023)  # which wide registers there are, and leave to use them

Code = list[tuple[int, int, int, int]]


def _arg(index: int) -> tuple[int, int, int, int]:
    return _LOAD, 0, 0, 16 + 8 * index  # low half: both machines are little endian


def _errno(number: int) -> tuple[int, int, int, int]:
    return _RETURN, 0, 0, 0x00050000 | number


LET = (_RETURN, 0, 0, _ALLOW)


def _among(arg: int, values: Iterable[int], error: int = errno.EPERM) -> Code:
    """Allowed with these values of an argument only."""
    return [_arg(arg), *(part for value in values for part in ((_EQUAL, 0, 1, value), LET)), _errno(error)]


def _unless(arg: int, bits: int, value: int, error: int = errno.EPERM) -> Code:
    """Refused where these bits of an argument have this value; else on to what follows."""
    return [_arg(arg), (_AND, 0, 0, bits), (_EQUAL, 0, 1, value), _errno(error)]


def _opens(flags: int) -> Code:
    """No file that no name leads to, none for neither reading nor writing, none cut short without leave to write."""
    return [
        *_unless(flags, O_TMPFILE, O_TMPFILE, errno.EOPNOTSUPP),
        *_unless(flags, ACCESS, ACCESS),
        *_unless(flags, ACCESS | O_TRUNC, O_TRUNC),
        LET,
    ]


def _checks(pid: int, gpu: bool) -> dict[str, Code]:
    """What the arguments of each checked call must be."""
    ioctl = _among(1, TERMINALS)
    if gpu:
        cards = [_arg(1), (_AND, 0, 0, 0xFF00), (_EQUAL, 0, 1, NVIDIA << 8), LET]
        memory = [_arg(1), (_AND, 0, 0, 0xFFFFFF00), (_EQUAL, 0, 1, 0), LET]  # UVM's calls are plain small numbers
        ioctl = [*cards, *memory, *_among(1, TERMINALS + UVM_ENDS)]
    return {
        "open": _opens(1),
        "openat": _opens(2),
        "fcntl": [
            _arg(1), (_EQUAL, 0, 4, F_SETFL), _arg(2), (_ANY_BIT, 0, 1, O_ASYNC), _errno(errno.EPERM), LET,
            *_among(1, (F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC, F_GETPIPE_SZ)),
        ],
        "ioctl": ioctl,
        "close_range": _among(2, (0, CLOSE_CLOEXEC)),
        "mmap": [*_unless(3, MAP_HUGETLB, MAP_HUGETLB, errno.ENOMEM), LET],
        "madvise": _among(2, ADVICE, errno.EINVAL),
        "membarrier": _among(0, OWN_BARRIERS),
        "clone": _among(0, (THREAD, OLD_THREAD)),
        "kill": _among(0, (pid,)),
        "tgkill": _among(0, (pid,)),
        "rt_sigqueueinfo": _among(0, (pid,)),
        "rt_tgsigqueueinfo": _among(0, (pid,)),
        "prlimit64": _among(0, (0, pid)),
        "prctl": _among(0, PRCTL),
        "arch_prctl": _among(0, AMX),
        "socket": _among(0, (AF_UNIX,)),
    }  # fmt: skip


def program(pid: int, *, gpu: bool = False, machine: str = MACHINE) -> bytes:
    """The filter for a candidate's process `pid`, as BPF instructions. Raises OSError on an unknown machine."""
    if machine not in ARCHES:
        raise OSError(errno.ENOSYS, f"no system call table for {machine}")
    column, arch = ARCHES[machine]
    code: Code = [(_LOAD, 0, 0, _ARCH), (_EQUAL, 1, 0, arch), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, _NUMBER)]
    if machine == "x86_64":
        code += [(_AT_LEAST, 0, 1, X32_BIT), _errno(errno.ENOSYS)]
    checks = _checks(pid, gpu)
    for name, numbers in (ALLOWED | CHECKED | (ON_A_CARD if gpu else {})).items():
        body = [LET] if name in ALLOWED else checks.get(name, [LET])
        if numbers[column] is not None:
            code += [(_EQUAL, 0, len(body), numbers[column]), *body]
    code += [(_AT_LEAST, 0, 1, YOUNG), _errno(errno.ENOSYS), _errno(errno.EPERM)]
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in code)


def offered() -> bool:
    """Whether this kernel knows filters, and this file the system calls of this machine."""
    return MACHINE in ARCHES and ctypes.CDLL(None).prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0


def enforce(pid: int, *, gpu: bool = False) -> None:
    """Put this process `pid` behind the filter for good. Raises OSError."""
    code = program(pid, gpu=gpu)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, ctypes.c_ulong(MODE_FILTER), header, 0, 0) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl(PR_SET_SECCOMP): {os.strerror(number)}")
