"""The system-call filter: what is not listed is refused, with every argument that is looked at, and honest programs do not notice."""

from __future__ import annotations

import errno
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sandbox

sys.path.append(str(Path(sandbox.__file__).parent / "worker"))  # its files import each other by bare name
import seccomp
import syscalls
import walls

MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
ALLOW, KILL = 0x7FFF0000, 0x80000000


def verdict(code: bytes, arch: int, number: int, *arguments: int) -> int:
    """What a filter answers to a call: the machine of seccomp_filter(2), as far as ours uses it."""
    call = struct.pack("<iIQ6Q", number, arch, 0, *[value % 2**64 for value in (*arguments, *[0] * 6)][:6])
    held, at, steps = 0, 0, list(struct.iter_unpack("<HBBI", code))
    while True:
        what, jump, other, value = steps[at]
        at += 1
        if what == 0x06:
            return int(value)
        if what == 0x20:
            (held,) = struct.unpack_from("<I", call, value)
        elif what == 0x54:
            held &= value
        else:
            at += jump if {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[what] else other


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("gpu", [False, True])
def test_every_system_call_that_is_not_listed_is_refused(machine: str, gpu: bool) -> None:
    column, arch = MACHINES[machine]
    code = seccomp.program(77, gpu=gpu, machine=machine)
    assert len(code) // 8 < 4096  # BPF_MAXINSNS
    card = syscalls.ON_A_CARD if gpu else {}
    listed = syscalls.ALLOWED | syscalls.CHECKED | card
    checked = {listed[name][column] for name in (*syscalls.CHECKED, *({"socket"} & card.keys()))} - {None}
    free = {numbers[column] for numbers in listed.values()} - checked - {None}
    assert len(free | checked) == sum(numbers[column] is not None for numbers in listed.values())
    others = set(range(1200)) - checked
    assert {number for number in others if verdict(code, arch, number) == ALLOW} == free
    gone = {number for number in others if verdict(code, arch, number) == 0x50000 | errno.ENOSYS}
    assert gone == {number for number in others - free if number >= 424}
    for foreign in (0, 0x40000003, *(other for _, other in MACHINES.values() if other != arch)):
        assert verdict(code, foreign, 1) == KILL
    assert machine == "aarch64" or verdict(code, arch, 0x40000001) != ALLOW


LISTED = {
    "fcntl": (1, {0, 1, 2, 3, 1030, 1032}), "madvise": (2, set(seccomp.ADVICE)), "prctl": (0, set(seccomp.PRCTL)),
    "kill": (0, {77}), "tgkill": (0, {77}), "rt_sigqueueinfo": (0, {77}), "rt_tgsigqueueinfo": (0, {77}),
    "prlimit64": (0, {0, 77}), "clone": (0, {0x3D0F00, 0x7D0F00}), "close_range": (2, {0, 4}),
    "membarrier": (0, set(seccomp.OWN_BARRIERS)), "ioctl": (1, set(seccomp.TERMINALS)),
    "arch_prctl": (0, {0x1021, 0x1022, 0x1023}),
}  # fmt: skip


@pytest.mark.parametrize("machine", MACHINES)
@given(st.sampled_from(sorted(LISTED)), st.integers(0, 2**64 - 1) | st.integers(-1, 1100), st.integers(0, 2**64 - 1))
@settings(max_examples=500)
def test_an_argument_that_is_not_listed_is_refused(machine: str, name: str, value: int, rest: int) -> None:
    column, arch = MACHINES[machine]
    number, (at, good) = syscalls.CHECKED[name][column], LISTED[name]
    if number is None or (name, value % 2**32) == ("fcntl", 4):
        return
    code, arguments = seccomp.program(77, machine=machine), [rest] * 6
    for given_value in (value, *good):
        arguments[at] = given_value
        allowed = verdict(code, arch, number, *arguments) == ALLOW
        assert allowed == (given_value % 2**32 in good), (name, arguments)


@pytest.mark.parametrize(("request_", "allowed"), [
    (0xC0104629, True), (0x30000001, True), (0x4B, True), (0x5401, True),
    (0x5452, False), (0x8901, False), (0x8902, False), (0x5412, False), (0x541C, False), (0x40086602, False),
])  # fmt: skip
def test_with_a_card_its_own_requests_pass_and_no_others(request_: int, allowed: bool) -> None:
    code = seccomp.program(77, gpu=True, machine="x86_64")
    assert (verdict(code, MACHINES["x86_64"][1], 16, 5, request_) == ALLOW) == allowed


def test_with_a_card_there_are_unix_sockets_that_nobody_can_talk_through() -> None:
    code, (_, arch) = seccomp.program(77, gpu=True, machine="x86_64"), MACHINES["x86_64"]
    assert [family for family in range(64) if verdict(code, arch, 41, family) == ALLOW] == [1]
    talk = (
        "connect",
        "accept",
        "sendto",
        "recvfrom",
        "sendmsg",
        "recvmsg",
        "socketpair",
        "accept4",
        "recvmmsg",
        "sendmmsg",
    )
    numbers = dict(zip(talk, (42, 43, 44, 45, 46, 47, 53, 288, 299, 307), strict=True))
    assert [name for name, number in numbers.items() if verdict(code, arch, number) == ALLOW] == []


# What each line asks for is refused by the filter alone: no Landlock, and root, whom modes of files do not stop.
REFUSED = """
fcntl(r, F_SETOWN, os.getppid())
fcntl(r, F_SETOWN, -os.getppid())
fcntl(r, F_SETOWN_EX, struct.pack("ii", 1, os.getppid()))
fcntl(r, F_SETOWN_EX, struct.pack("ii", 2, os.getpgid(os.getppid())))
fcntl(r, F_SETSIG, signal.SIGKILL)
fcntl(r, F_SETFL, os.O_ASYNC)
fcntl(r, F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
fcntl(w, F_SETPIPE_SZ, 1 << 20)
fcntl(here, F_NOTIFY, 1)
fcntl(own, F_SETLEASE, 1)
fcntl(own, F_SETLK, bytes(64))
fcntl(own, F_OFD_SETLKW, bytes(64))
flock(own, 2)
ioctl(r, FIOSETOWN, struct.pack("i", os.getppid()))
ioctl(r, SIOCSPGRP, struct.pack("i", os.getppid()))
ioctl(r, FIOASYNC, struct.pack("i", 1))
ioctl(own, FS_IOC_SETFLAGS, bytes(8))
call(222, 107, 1, 0, 0)
call(244, 240 - 56, 0, 0)
call(275, 76, r, 0, w, 0, 1, 0)
call(276, 77, r, w, 1, 0)
call(278, 75, w, 0, 0, 0)
call(149, 228, 0, 1)
call(436, 436, 1000, 1001, 2)
call(324, 283, 1, 0, 0)
call(238, 237, 0, 0, 0)
call(162, 81)
call(221, 223, own, 0, 0, 4)
call(9, 222, 0, 2 << 20, 3, 0x40022, -1, 0)
call(28, 233, 0, 4096, 21)
os.truncate("own", 0)
os.open("own", os.O_RDONLY | os.O_TRUNC)
os.open("own", 3)
os.open("own", 3 | os.O_TRUNC)
os.open(".", os.O_TMPFILE | os.O_RDWR)
os.listxattr("own")
os.chmod("own", 0o777)
os.utime("own")
os.kill(os.getppid(), 0)
os.kill(0, 0)
os.kill(-1, 0)
os.fork()
os.pidfd_open(os.getppid())
resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE)
os.sched_setaffinity(os.getppid(), {0})
os.memfd_create("x")
socket.socketpair()
"""
HONEST = """
fcntl(r, F_GETFL)
fcntl(r, F_SETFL, os.O_NONBLOCK)
fcntl(r, F_DUPFD_CLOEXEC, 10)
os.set_blocking(r, True)
os.isatty(r)
os.kill(os.getpid(), 0)
threading.Thread(target=int).start()
open("new", "w+b").write(b"x")
open("new", "ab").truncate(0)
os.replace("new", "newer")
os.remove("newer")
tempfile.TemporaryFile(dir=".").write(b"x")
mmap.mmap(-1, 1 << 20).madvise(mmap.MADV_DONTNEED)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
select.poll().poll(0)
time.sleep(0)
shutil.copyfile("own", "copy")
"""
TRIES = """
import ctypes, errno, mmap, os, platform, resource, select, shutil, signal, socket, struct, sys, tempfile, threading, time
from fcntl import fcntl, flock, ioctl
sys.path.insert(0, {worker!r})
import seccomp, walls
F_SETFL, F_GETFL, F_SETOWN, F_SETSIG, F_SETOWN_EX, F_DUPFD_CLOEXEC, F_SETPIPE_SZ = 4, 3, 8, 10, 15, 1030, 1031
F_SETLK, F_OFD_SETLKW, F_SETLEASE, F_NOTIFY = 6, 38, 1024, 1026
FIOSETOWN, SIOCSPGRP, FIOASYNC, FS_IOC_SETFLAGS = 0x8901, 0x8902, 0x5452, 0x40086602
libc = ctypes.CDLL(None, use_errno=True)
def call(x86_64, aarch64, *arguments):
    if libc.syscall({{"x86_64": x86_64, "aarch64": aarch64}}[platform.machine()], *map(ctypes.c_long, arguments)) < 0:
        raise OSError(ctypes.get_errno(), "refused")
r, w = os.pipe()
open("own", "w").write("text")
own, here = os.open("own", os.O_RDWR), os.open(".", os.O_RDONLY)
walls.prctl(walls.PR_SET_NO_NEW_PRIVS, 1)
seccomp.enforce(os.getpid())
for line in {lines!r}:
    try:
        exec(line)
        print("done")
    except OSError as error:
        print(errno.errorcode[error.errno])
assert open("own").read() == "text"
"""


def behind_the_filter(folder: Path, lines: str) -> dict[str, str]:
    """What comes of each line in a process with no other wall than the filter."""
    asked = lines.strip().splitlines()
    script = TRIES.format(worker=str(Path(walls.__file__).parent), lines=asked)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return dict(zip(asked, done.stdout.split(), strict=True))


def test_the_filter_alone_refuses_what_reaches_others(tmp_path: Path) -> None:
    others = {'os.memfd_create("x")': "EPERM", "os.pidfd_open(os.getppid())": "ENOSYS"} | {
        'os.open(".", os.O_TMPFILE | os.O_RDWR)': "ENOTSUP",
        "call(9, 222, 0, 2 << 20, 3, 0x40022, -1, 0)": "ENOMEM",
        "call(28, 233, 0, 4096, 21)": "EINVAL",
    }
    expected = {line: others.get(line, "EPERM") for line in REFUSED.strip().splitlines()}
    assert behind_the_filter(tmp_path, REFUSED) == expected


def test_the_filter_lets_pass_what_honest_programs_do(tmp_path: Path) -> None:
    assert set(behind_the_filter(tmp_path, HONEST).values()) == {"done"}


def test_call_numbers_agree_with_the_headers_of_this_machine() -> None:
    header = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
    if not header.exists():
        pytest.skip("no kernel headers here")
    words = [line.split() for line in header.read_text().splitlines() if line.startswith("#define __NR_")]
    numbers = {name.removeprefix("__NR_"): int(number) for _, name, number in words}
    table = syscalls.ALLOWED | syscalls.CHECKED | syscalls.ON_A_CARD
    ours = {name: pair[0] for name, pair in table.items() if pair[0] is not None and name in numbers}
    assert ours == {name: numbers[name] for name in ours}
    assert len(ours) > 120


def test_call_numbers_agree_with_the_headers_that_newer_machines_share() -> None:
    header = Path("/usr/include/asm-generic/unistd.h")
    if not header.exists():
        pytest.skip("no kernel headers here")
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text())
    numbers = {name: int(number) for name, number in found} | {"newfstatat": 79}
    table = syscalls.ALLOWED | syscalls.CHECKED | syscalls.ON_A_CARD
    assert {name: pair[1] for name, pair in table.items()} == {name: numbers.get(name) for name in table}
