"""The walls that a process puts round itself before it loads a line of a candidate's code.

Everything here is irreversible for the calling process and needs neither root nor a package: Landlock for files, TCP,
signals and abstract sockets; namespaces; limits; who the process is. System calls: `seccomp.py`. Standard library only.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
import sys
from collections.abc import Iterable

_libc = ctypes.CDLL(None, use_errno=True)
MACHINE = platform.machine()

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
ENOSYS = 38


def _checked(result: int, what: str) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
    return result


def prctl(option: int, arg: int = 0) -> None:
    """Set a property of this process. Raises OSError."""
    _checked(_libc.prctl(option, ctypes.c_ulong(arg), 0, 0, 0), f"prctl({option})")


# ---- cheap forks ----------------------------------------------------------------------------------------------------

MADV_COLLAPSE, HUGE = 25, 2 << 20


def huge_pages() -> int:
    """Gather this process's own memory into huge pages; returns their number, 0 where the kernel cannot (before 6.1).

    A process with torch loaded has 100,000 pages of its own; each fork copies that table and each exit takes it down.
    """
    _libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    done = 0
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as handle:
        lines = handle.read().splitlines()
    for line in lines:
        span, rights, _, _, inode, *name = line.split()
        if rights == "rw-p" and inode == "0" and (not name or name[0] == "[heap]"):
            begin, end = (int(part, 16) for part in span.split("-"))
            for at in range(-(-begin // HUGE) * HUGE, end // HUGE * HUGE, HUGE):
                done += _libc.madvise(at, HUGE, MADV_COLLAPSE) == 0
    return done


# ---- namespaces -----------------------------------------------------------------------------------------------------

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000


def own_namespaces(*, user: bool = True) -> str:
    """Move this process (one thread) into its own network, IPC, name and mount namespaces; how, or "" when refused.

    `user`: also by way of a user namespace, in which no other user exists that a candidate could become.
    """
    flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET
    if os.geteuid() == 0 and _libc.unshare(flags) == 0:
        return "root"
    uid, gid = os.geteuid(), os.getegid()
    if not user or _libc.unshare(flags | CLONE_NEWUSER) != 0:
        return ""
    for file, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{file}", "w", encoding="utf-8") as handle:
            handle.write(text)
    return "user"


MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_REC, MS_PRIVATE, MNT_DETACH = 2, 4, 8, 32, 0x4000, 0x40000, 2


def _mount(what: str, at: str, flags: int, options: str = "") -> None:
    _checked(_libc.mount(what.encode(), at.encode(), b"tmpfs", ctypes.c_ulong(flags), options.encode()), f"mount {at}")


def memory_folder(path: str, size_kb: int, files: int) -> bool:
    """Put a file system of this size in memory over a folder of this process's own mount namespace; whether that can be.

    It holds what is deleted and still open to the same size. Of another size, when it is there already.
    """
    again = os.path.ismount(path)
    try:
        if not again:
            _mount("none", "/", MS_REC | MS_PRIVATE)  # else the host would see it, and keep it
        flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | (MS_REMOUNT if again else 0)
        _mount("scratch", path, flags, f"size={size_kb}k,nr_inodes={files}" + ("" if again else ",mode=0711"))
    except OSError:
        if again:
            raise
        return False
    return True


def no_memory_folder(path: str) -> None:
    """Take it away again, with all that is in it. Raises OSError."""
    _checked(_libc.umount2(path.encode(), MNT_DETACH), f"umount {path}")


# ---- Landlock (kernel documentation: userspace-api/landlock) ---------------------------------------------------------

LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = 1, 2, 4, 8, 16, 32
MAKE_DIR, MAKE_REG, MAKE_SYM, REFER, TRUNCATE = 128, 256, 4096, 8192, 16384
MAKE_ALL = 64 | 128 | 256 | 512 | 1024 | 2048 | 4096  # devices, sockets and pipes too
IOCTL_DEV = 32768
READ = READ_FILE | READ_DIR
WORK = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SYM | REFER | TRUNCATE
DEVICE = READ_FILE | WRITE_FILE | IOCTL_DEV
CHANGES = WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_ALL | REFER | TRUNCATE
ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
BIND_TCP, CONNECT_TCP = 1, 2
SCOPE_ABSTRACT_UNIX, SCOPE_SIGNAL = 1, 2


def landlock_abi() -> int:
    """Landlock's version in this kernel: 1 files, 4 TCP, 5 device ioctl, 6 signals and abstract sockets; 0 for none."""
    return max(0, _libc.syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1)))


def ruleset(rules: Iterable[tuple[str, int]], *, only_changes: bool = False) -> int:
    """A descriptor of Landlock rules: the given rights below the given paths and nothing else. Raises OSError.

    Paths that do not exist are left out. `only_changes` leaves reading, the network and signals as they are.
    """
    abi = landlock_abi()
    if abi < 1:
        raise OSError(ENOSYS, "this kernel has no Landlock")
    files = _guarded(abi) & (CHANGES if only_changes else ~0)
    net = BIND_TCP | CONNECT_TCP if abi >= 4 and not only_changes else 0
    scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL if abi >= 6 and not only_changes else 0
    attr = struct.pack("<QQQ", files, net, scoped)[: 8 if abi < 4 else 16 if abi < 6 else 24]
    made = _checked(_libc.syscall(LANDLOCK_CREATE, attr, ctypes.c_size_t(len(attr)), 0), "landlock_create_ruleset")
    for path, rights in rules:
        allow(made, path, rights & files)
    return made


def _guarded(abi: int) -> int:
    """The rights to files that this version of Landlock knows of."""
    newer = (REFER if abi >= 2 else 0) | (TRUNCATE if abi >= 3 else 0) | (IOCTL_DEV if abi >= 5 else 0)
    return EXECUTE | READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_ALL | newer


def allow(rules: int, path: str, rights: int) -> None:
    """Add to a ruleset these rights below a path; nothing for one that does not exist. Raises OSError.

    What this kernel does not know of is left out: it guards none of it. The ruleset must guard the rest.
    """
    rights &= _guarded(landlock_abi())
    try:
        at = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if allowed := rights if os.path.isdir(path) else rights & ON_FILES:
        rule = struct.pack("<Qi", allowed, at)
        _checked(_libc.syscall(LANDLOCK_ADD, rules, 1, rule, 0), f"landlock_add_rule {path}")
    os.close(at)


def enforce(rules: int) -> None:
    """Put this process, for good, behind a ruleset, on top of those it is behind already. Closes it. Raises OSError."""
    _checked(_libc.syscall(LANDLOCK_RESTRICT, rules, 0), "landlock_restrict_self")
    os.close(rules)


# ---- identity, limits, descriptors -----------------------------------------------------------------------------------


def limit(resource_id: int, value: int) -> None:
    """Lower a limit for good; never above what is already in force."""
    _, hard = resource.getrlimit(resource_id)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(resource_id, (value, value))


def status(pid: int | str, *names: str) -> dict[str, int]:
    """Numbers of /proc/PID/status: sizes in kB, counts as they are; 0 for a field that is not there. Raises OSError."""
    found = dict.fromkeys(names, 0)
    with open(f"/proc/{pid}/status", "rb") as handle:
        for line in handle:
            name, _, value = line.partition(b":")
            if (key := name.decode()) in found:
                found[key] = int(value.split()[0])
    return found


def prefer_to_die() -> None:
    """When the machine runs out of memory the kernel takes this process first. Needs /proc/self, so before any wall."""
    prctl(PR_SET_DUMPABLE, 1)  # else the file is root's
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="utf-8") as handle:
            handle.write("1000")
    except OSError:  # read-only in some containers; their own group's limit holds then
        return


def drop_privileges(uid: int | None) -> None:
    """Become `uid` (when given) with no groups, and without any capability. Raises OSError."""
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    header, data = struct.pack("<Ii", 0x20080522, 0), struct.pack("<6I", 0, 0, 0, 0, 0, 0)
    number = {"x86_64": 126, "aarch64": 91}.get(MACHINE)
    if number is not None:
        _checked(_libc.syscall(number, header, data), "capset")


def common_rules(libs: Iterable[str], scratch: str, devices: Iterable[str]) -> list[tuple[str, int]]:
    """What every candidate of a worker may do: read libraries, work below the scratch folder, use the devices."""
    shared = [
        *libs, "/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo", "/dev/urandom", "/dev/random",
        "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system/cpu",
    ]  # fmt: skip
    return [(path, READ) for path in shared] + own_rules(scratch, devices)


def own_rules(folder: str, devices: Iterable[str], keeps: bool = False) -> list[tuple[str, int]]:
    """What one candidate may change: its own folder, and devices that remember nothing.

    A folder that `keeps` loses no file: what is deleted and still open or mapped takes room that nobody can count.
    """
    sinks = [("/dev/null", READ_FILE | WRITE_FILE), ("/dev/zero", READ_FILE | WRITE_FILE)]
    return [(folder, WORK & ~REMOVE_FILE if keeps else WORK), *sinks, *((path, DEVICE) for path in devices)]


def cuda_rules(pid: int) -> list[tuple[str, int]]:
    """What CUDA does below the /proc of its own process, and does not start without."""
    names = (f"/proc/{pid}/task", READ | WRITE_FILE | TRUNCATE)  # of its threads, each written with fopen(..., "w")
    return [names, (f"/proc/{pid}/maps", READ)]  # where among its addresses there is room for the card's


def offered() -> dict[str, int | bool]:
    """What this kernel lets this process have; it has its own namespaces afterwards, where it may."""
    import seccomp  # type: ignore[import-not-found]

    try:
        namespaces = own_namespaces()
    except OSError:
        namespaces = ""
    return {"landlock": landlock_abi(), "seccomp": seccomp.offered(), "namespaces": bool(namespaces)}


if __name__ == "__main__":
    import json

    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    print(json.dumps(offered()))
