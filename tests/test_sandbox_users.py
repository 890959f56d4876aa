"""The jail as root of a user namespace: candidates become a user that exists there, or stay root without any right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sandboxes import needs_jail

from sandbox import users

ROOT = Path(__file__).resolve().parent.parent
ABLE = "Name:\tx\nCapEff:\t00000000000000ff\n"


def proc(folder: Path, uids: str, gids: str | None = None, status: str = ABLE, setgroups: str = "allow") -> Path:
    """What a process would see of itself."""
    texts = {"status": status, "uid_map": uids, "gid_map": gids or uids, "setgroups": setgroups}
    for name, text in texts.items():
        (folder / name).write_text(text)
    return folder


def test_where_every_user_exists_it_is_far_above_them_all(tmp_path: Path) -> None:
    there = proc(tmp_path, "0 0 4294967295")
    assert [users.slot_user(slot, there) for slot in (0, 1)] == [0x40000000 + os.getpid() * 64 + n for n in (0, 1)]


def apart(maps: list[tuple[int, int]]) -> bool:
    """Whether no number is in two of them: the kernel takes no other map."""
    return all(a + n <= b for (a, n), (b, _) in pairwise(sorted(maps)))


MAPS = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(1, 1 << 17)), min_size=1, max_size=3).filter(apart)


@given(MAPS, st.data())
@settings(deadline=None, max_examples=50)
def test_it_exists_is_nobodys_and_differs_from_slot_to_slot(
    tmp_path_factory: pytest.TempPathFactory, maps: list[tuple[int, int]], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("proc")
    uids = "\n".join(f"{first} 5 {count}" for first, count in maps)
    gids = data.draw(st.sampled_from([uids, "0 0 70000", "0 0 1"]))
    accounts = data.draw(st.sets(st.integers(0, 300), max_size=5))
    passwd = folder / "passwd"
    passwd.write_text("".join(f"a:x:{number}:{number}::/:/bin/sh\n" for number in accounts))
    there = proc(folder, uids, gids)
    inside = {number for first, count in maps for number in range(first, first + count)}
    grouped = inside if gids == uids else set(range(int(gids.split()[2])))
    free = (inside & grouped) - {0, 65534} - accounts
    found = [users.slot_user(slot, there, passwd) for slot in range(8)]
    assert set(found) <= (free or {None})
    assert len(set(found)) == min(8, len(free) or 1)


@pytest.mark.parametrize(
    ("uids", "status", "setgroups"),
    [
        ("0 1000 1", ABLE, "allow"),
        ("0 0 65536", ABLE, "deny"),
        ("0 0 65536", ABLE.replace("0ff", "03f"), "allow"),
        ("0 0 1\n65534 65534 1", ABLE, "allow"),
    ],
    ids=["one-id", "groups-stay", "no-setuid", "overflow"],
)
def test_without_a_user_to_become_it_stays_who_it_is(tmp_path: Path, uids: str, status: str, setgroups: str) -> None:
    assert users.slot_user(0, proc(tmp_path, uids, None, status, setgroups)) is None


INSIDE = """
import asyncio, json, sys
import numpy
from sandbox.contract import Job, Limits
from sandbox.jail import JailSandbox

HARNESS = "def train(program, data_dir, settings, emit): program.attack(data_dir, settings, emit)"
LIMITS = Limits(timeout_s=90, memory_mb=300, scratch_mb=16)

async def main(programs):
    box = JailSandbox(2, memory_mb=300, scratch_mb=16)
    await box.start()
    await asyncio.gather(*box._mending)  # both slots, not the first alone
    try:
        jobs = [Job("t", "train", {"program.py": text}, HARNESS, None, limits=LIMITS, arrays={"x": numpy.ones(8)})
                for text in programs]
        done = await asyncio.gather(*map(box.run, jobs))
        print(json.dumps([[result.failure, result.message, [f.meta for f in result.frames]] for result in done]))
        print(json.dumps([slot.facts for slot in box._slots]))
    finally:
        await box.close()

asyncio.run(main(json.load(sys.stdin)))
"""
LOOK = """
import os

def attack(data_dir, settings, emit):
    import torch
    given = os.path.getsize(settings["weights"]) == len(open(settings["weights"], "rb").read())
    emit("look", {"uid": os.getuid(), "gid": os.getgid(), "sum": float(torch.ones(3).sum()), "given": given})
    for what in ('os.kill(os.getppid(), 0)', 'open("mine", "w"); os.unlink("mine")'):
        try:
            exec(what)
            emit("tried", {what: "done"})
        except PermissionError:
            emit("tried", {what: "refused"})
"""

# As a container without root makes its root: this process's files, users of its own, every mount its own to change.
ENTER = """
import ctypes, os, sys
from pathlib import Path

maps, groups, bare, code = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
NEWNS, NEWUSER = 0x20000, 0x10000000
ready, go = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    assert libc.unshare(NEWNS) == 0
    home = Path(sys.base_prefix).resolve()
    closed = [folder for folder in home.parents if not folder.stat().st_mode & 1]
    script = "mount --make-rprivate / "
    if closed:  # an interpreter below a folder that no other user may enter
        script += f"&& mount --bind {home} /mnt && mount -t tmpfs -o mode=755 none {closed[-1]} "
        script += f"&& mkdir -p {home} && mount --bind /mnt {home}"
    assert os.system(script) == 0
    assert libc.unshare(NEWUSER | NEWNS) == 0
    os.write(ready[1], b".")
    os.read(go[0], 1)
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    if bare == "bare":
        Path("/proc/sys/user/max_user_namespaces").write_text("0")
        assert libc.prctl(24, 21, 0, 0, 0) == 0  # what it executes has no CAP_SYS_ADMIN
    os.execv(sys.executable, [sys.executable, "-c", code])
os.read(ready[0], 1)
if groups == "deny":
    Path(f"/proc/{child}/setgroups").write_text("deny")
for name in ("uid_map", "gid_map"):
    Path(f"/proc/{child}/{name}").write_text(maps)
os.write(go[1], b".")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def jailed(maps: str, programs: list[str], *, groups: str = "allow", bare: bool = False) -> tuple[list[Any], list[Any]]:
    """Results of programs in a jail of two slots inside a user namespace, and what its workers say of themselves."""
    done = subprocess.run(
        [sys.executable, "-c", ENTER, maps, groups, "bare" if bare else "", INSIDE], input=json.dumps(programs),
        capture_output=True, text=True, timeout=900, cwd="/", env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results, facts = map(json.loads, done.stdout.splitlines())
    return results, facts


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a user namespace many users")
LXC = "0 100000 65536"


@needs_jail
@needs_root
@pytest.mark.parametrize("bare", [False, True], ids=["", "bare"])
@pytest.mark.parametrize(
    ("maps", "groups", "others"),
    [("0 0 1", "deny", False), (LXC, "allow", True), ("0 0 1\n1000 100000 1000", "allow", True)],
    ids=["root-alone", "like-lxc", "like-podman"],
)
@pytest.mark.slow
def test_the_jail_holds_as_root_of_a_user_namespace(maps: str, groups: str, others: bool, bare: bool) -> None:
    results, facts = jailed(maps, [LOOK, LOOK], groups=groups, bare=bare)
    assert [(failure, message) for failure, message, _ in results] == [(None, "")] * 2
    looks = [frames[0] for _, _, frames in results]
    uids = {look["uid"] for look in looks}
    assert looks == [{"uid": look["uid"], "gid": look["uid"], "sum": 3.0, "given": True} for look in looks]
    assert (len(uids) == 2 and 0 not in uids) if others else uids == {0}
    tried = [list(frame.values()) for _, _, frames in results for frame in frames[1:]]
    assert tried == [["refused"], ["refused" if bare else "done"]] * 2
    assert [(fact["namespaces"], fact["mount"]) for fact in facts] == [("" if bare else "root", not bare)] * 2


@needs_jail
@needs_root
def test_without_a_file_system_of_its_own_a_folder_is_bounded_too() -> None:
    hostile = sorted((ROOT / "tests/hostile/scratch").glob("*.py"))
    assert len(hostile) > 5
    results, _ = jailed(LXC, [path.read_text() for path in hostile], bare=True)
    for path, (failure, message, frames) in zip(hostile, results, strict=True):
        assert failure in path.read_text().splitlines()[1], (path.stem, message)
        assert frames == [], path.stem
