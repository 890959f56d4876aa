"""Parts of the sandbox that can be tried without starting one: wire, behaviour, packages, orphans, facts."""

from __future__ import annotations

import errno
import os
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sandboxes import need
from torch import nn

import sandbox
from sandbox import engine, image, jail
from sandbox.contract import Job, Limits, SandboxError, SandboxUnavailable
from sandbox.docker import DockerSandbox
from sandbox.packages import runtime_packages
from sandbox.worker import folders, wire
from sandbox.worker.behaviour import behaviour
from sandbox.worker.bounds import Bound, Gate

sys.path.append(str(Path(sandbox.__file__).parent / "worker"))  # its files import each other by bare name
import child
import seccomp
import syscalls
import walls

TYPES = (wire.FRAME, wire.DONE)


# ---- wire -------------------------------------------------------------------------------------------------------------


class Open:
    """Lets every frame through."""

    most_meta, most_blob = 1 << 20, 1 << 20

    def admit(self, meta: dict[str, Any], meta_bytes: int, blob_bytes: int) -> None:
        """Nothing is looked at."""


JSON = st.dictionaries(st.text(), st.integers())
MESSAGES = st.tuples(st.just(wire.FRAME), JSON, st.binary()) | st.tuples(st.just(wire.DONE), JSON, st.just(b""))


@given(st.lists(MESSAGES), st.data())
def test_messages_survive_being_cut_anywhere(messages: list[Any], data: st.DataObject) -> None:
    stream = b"".join(wire.encode(*message) for message in messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    decoder = wire.Decoder(TYPES, Open())
    got = []
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        got += decoder.feed(stream[begin:end])
    assert [tuple(message[:3]) for message in got] == messages


@given(st.binary(max_size=200))
def test_junk_is_an_error_or_waits_for_more_but_never_a_surprise(junk: bytes) -> None:
    decoder = wire.Decoder(TYPES, Gate((), 100))
    try:
        assert len(list(decoder.feed(junk))) <= len(junk) // wire.HEAD.size
    except ValueError:
        return


@pytest.mark.parametrize(("meta", "blob"), [(101, 0), (0, 1 << 20), (2**32 - 1, 0), (0, 2**64 - 1)])
def test_a_message_over_its_bound_is_refused_at_its_head(meta: int, blob: int) -> None:
    head = wire.HEAD.pack(wire.MAGIC, wire.FRAME, wire.VERSION, meta, blob)
    with pytest.raises(wire.WireError):
        list(wire.Decoder(TYPES, Gate([Bound("x", 1, 100, 1, 100)], 1000)).feed(head))


NAMES = st.text(min_size=1, max_size=8).filter(lambda name: name != "__metadata__" and name.isprintable())


@given(st.dictionaries(NAMES, st.tuples(st.sampled_from(list(wire._DTYPES)), st.lists(st.integers(0, 4), max_size=3))))
def test_packed_arrays_are_safetensors(shapes: dict[str, tuple[str, list[int]]]) -> None:
    arrays = {
        name: (np.arange(np.prod(shape)) % 2).astype(kind).reshape(shape) for name, (kind, shape) in shapes.items()
    }
    blob = wire.pack_arrays(arrays)
    for back in (safetensors.numpy.load(blob) if blob else {}, wire.unpack_arrays(blob, len(arrays))):
        assert back.keys() == arrays.keys()
        for name, array in arrays.items():
            np.testing.assert_array_equal(back[name], array, strict=True)


def test_an_array_that_safetensors_cannot_name_is_refused() -> None:
    with pytest.raises(TypeError, match="complex64"):
        wire.pack_arrays({"x": np.zeros(2, np.complex64)})


# ---- behaviour --------------------------------------------------------------------------------------------------------

BATCH = (torch.linspace(-1, 1, 12).reshape(4, 3), torch.tensor([0, 1, 0, 1]))


def fingerprint(build: Any, optimiser: Any = None, schedule: Any = None) -> str:
    torch.manual_seed(1)
    model = build()
    optimizer = optimiser(model.parameters()) if optimiser else torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = schedule(optimizer) if schedule else torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 100)
    return behaviour(model, optimizer, scheduler, *BATCH)


class Named(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.drop = nn.Dropout(0.5)
        self.last = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.drop(torch.relu(self.first(x))))


class Renamed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(3, 4)
        self.b = nn.Dropout(0.5)
        self.c = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.a(x)
        x = x.clamp(min=0)
        return self.c(self.b(x))


def test_new_names_for_the_same_network_are_the_same_behaviour() -> None:
    assert fingerprint(Named) == fingerprint(Renamed) == fingerprint(Named)


def test_every_change_that_counts_is_another_behaviour() -> None:
    adam, lr = torch.optim.AdamW, torch.optim.lr_scheduler

    class Slower(Named):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x) * 0.9

    class Kinder(Named):
        def __init__(self) -> None:
            super().__init__()
            self.drop = nn.Dropout(0.4)

    made = [
        fingerprint(Named),
        fingerprint(Slower),
        fingerprint(Kinder),
        fingerprint(Named, lambda p: adam(p, lr=2e-3)),
        fingerprint(Named, lambda p: adam(p, lr=1e-3, weight_decay=0)),
        fingerprint(Named, lambda p: torch.optim.SGD(p, lr=1e-3)),
        fingerprint(Named, schedule=lambda o: lr.CosineAnnealingLR(o, 101)),
        fingerprint(Named, schedule=lambda o: lr.OneCycleLR(o, 1e-2, total_steps=20)),
        fingerprint(Named, schedule=lambda o: lr.ReduceLROnPlateau(o)),
        fingerprint(Named, schedule=lambda o: lr.MultiStepLR(o, [200])),
    ]
    assert len(set(made)) == len(made)
    assert all(len(text) == 16 for text in made)


# ---- classification ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "kind"),
    [
        (lambda: nn.Linear(3, 4)(torch.zeros(2, 5)), "shape"),
        (lambda: nn.Conv1d(3, 4, 3)(torch.zeros(2, 5, 9)), "shape"),
        (lambda: torch.zeros(2, 3) + torch.zeros(4), "shape"),
        (lambda: torch.zeros(2, 3).view(7), "shape"),
        (lambda: torch.cat([torch.zeros(2, 3), torch.zeros(3, 4)]), "shape"),
        (lambda: nn.BatchNorm1d(4)(torch.zeros(2, 5, 6)), "shape"),
        (lambda: nn.Conv1d(4, 6, 3, groups=4), "shape"),
        (lambda: nn.functional.cross_entropy(torch.zeros(3, 2), torch.zeros(4, dtype=torch.long)), "shape"),
        (lambda: nn.MultiheadAttention(5, 2), "shape"),
        (lambda: torch.zeros(2).sum(3), "shape"),
        (lambda: torch.optim.SGD([], lr=0.1), "crash"),
        (lambda: torch.ones(1 << 45), "memory"),
        (lambda: {}["x"], "crash"),
        (lambda: __import__("no_such_module"), "contract"),
    ],
)
def test_errors_of_torch_are_sorted_into_their_kinds(build: Any, kind: str) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011
        build()
    assert child.classify(caught.value) == kind, caught.value


# ---- walls ------------------------------------------------------------------------------------------------------------


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


def test_a_folder_is_measured_and_removed_however_deep(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    folder.mkdir()
    here = os.getcwd()
    os.chdir(folder)
    for _ in range(1500):
        os.mkdir("d" * 20)
        os.chdir("d" * 20)
    Path("hidden").write_bytes(b"x" * 10_000)
    os.chdir(here)
    assert folders.size(folder, 1 << 20)[1] > folders.MAX_FILES
    folders.remove(folder)
    assert list(tmp_path.glob("job*")) == []


# ---- packages, engine, image ------------------------------------------------------------------------------------------


def test_a_file_below_a_folder_that_others_may_not_enter_is_not_open_to_all() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        home = Path(place)
        (home / "cache" / "data").mkdir(parents=True)
        for folder in (home, home / "cache", home / "cache" / "data"):
            folder.chmod(0o755)
        assert jail.open_to_all([home / "cache" / "data"])
        for closed, mode in ((home, 0o700), (home / "cache", 0o744), (home / "cache" / "data", 0o711)):
            closed.chmod(mode)
            assert not jail.open_to_all([Path("/"), home / "cache" / "data"]), closed
            closed.chmod(0o755)


def test_candidates_may_read_torch_and_what_it_needs_and_no_more() -> None:
    names = {path.name for path in runtime_packages().parts}
    assert {"torch", "numpy", "torchvision", "sympy"} <= names
    assert not names & {"mnist1d", "langchain_openai", "chromadb", "docker", "pytest"}


def test_containers_of_the_living_and_of_other_machines_are_left_alone() -> None:
    own = engine.labels("r1")
    assert not engine.orphaned(own)
    assert not engine.orphaned({**own, "guided-evolution.host": "elsewhere", "guided-evolution.birth": "x"})
    assert not engine.orphaned({})
    assert engine.orphaned({**own, "guided-evolution.birth": "another boot/1"})
    dead = subprocess.Popen(["true"])
    dead.wait()
    assert engine.orphaned({**own, "guided-evolution.pid": str(dead.pid)})


async def test_a_dead_runs_containers_are_removed_at_the_next_start() -> None:
    need("docker")
    client = engine.connect()
    marks = engine.labels("dead") | {"guided-evolution.birth": "another boot/1"}
    living = client.containers.create(image.IMAGE, ["python3"], labels=engine.labels("living"))
    dead = client.containers.create(image.IMAGE, ["python3"], labels=marks)
    box = DockerSandbox(1, run="next")
    try:
        await box.start()
        left = {container.id for container in client.containers.list(all=True)}
        assert dead.id not in left
        assert living.id in left
    finally:
        await box.close()
        living.remove(force=True)
        client.close()


def test_without_an_engine_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(SandboxUnavailable, match="start Docker"):
        engine.connect()
    facts = {fact.name: fact for fact in sandbox.probe()}
    assert not facts["docker engine"].ok
    assert facts["docker engine"].cure


def test_the_image_command_says_what_is_missing_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    assert image.main(["status"]) == 1


def test_nothing_heavy_is_imported_to_open_a_sandbox() -> None:
    code = "import sys, sandbox; print(sorted({'torch', 'numpy', 'docker', 'safetensors'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(sandbox.__file__).parents[1]
    )
    assert done.stdout.strip() == "[]", done.stderr


async def test_a_container_has_no_network_no_rights_and_bounds_on_everything(tmp_path: Path) -> None:
    need("docker")
    box = DockerSandbox(1, run="walls", data_dir=tmp_path, memory_mb=100, scratch_mb=8)
    try:
        await box.start()
        link: Any = box._slots[0].link
        link.container.reload()
        host, config = link.container.attrs["HostConfig"], link.container.attrs["Config"]
        assert host["NetworkMode"] == "none"
        assert host["ReadonlyRootfs"]
        assert host["CapDrop"] == ["ALL"]
        assert not host["CapAdd"]
        assert "no-new-privileges" in host["SecurityOpt"]
        assert not host["Privileged"]
        assert host["IpcMode"] == "none"
        assert 0 < host["Memory"] == host["MemorySwap"] < 2 << 30
        assert 0 < host["PidsLimit"] <= 256
        assert host["NanoCpus"] == 10**9
        assert host["LogConfig"]["Type"] == "none"
        assert {mount["RW"] for mount in link.container.attrs["Mounts"]} == {False}
        assert config["User"] == "65534:65534"
        assert config["Labels"]["guided-evolution.pid"] == str(os.getpid())
        with pytest.raises(SandboxError, match="asks for more"):
            await box.run(Job("j", "train", {}, "", None, limits=Limits(memory_mb=500, scratch_mb=8)))
        with pytest.raises(SandboxError, match="data below"):
            await box.run(Job("j", "train", {}, "", Path("/etc"), limits=Limits(memory_mb=50, scratch_mb=8)))
    finally:
        await box.close()
    assert not engine.connect().containers.list(all=True, filters={"label": f"guided-evolution.token={box._token}"})


def test_scratch_folders_of_dead_processes_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead = subprocess.Popen(["true"])
    dead.wait()
    gone, mine, other = (tmp_path / f"evolve-jail-{pid}-0-x" for pid in (dead.pid, os.getpid(), "notes"))
    for folder in (gone / "deep" / "er", mine, other):
        folder.mkdir(parents=True)
    jail.clear_orphans()
    assert sorted(tmp_path.glob("evolve-jail-*")) == sorted([mine, other])
