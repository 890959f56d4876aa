"""Where the kernel lets this user, it bounds what a slot of the jail takes; tried here, and placed by rule elsewhere."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandboxes import needs_jail

from sandbox import Job, Limits, SandboxError, cgroup
from sandbox.facts import probe
from sandbox.jail import JailSandbox, ProcessLink

HELD, WHY = cgroup.attempt()
needs_group = pytest.mark.skipif(not HELD, reason=f"cgroup: {WHY}")

HARNESS = "def train(program, data_dir, settings, emit):\n    program.live()\n    emit('lived', {}, {})\n"
BURST = """
import torch

def live():
    kept = [torch.ones(16 << 20) for _ in range(12)]  # 768 MB, far below the job's own limit
"""


def group_of(box: JailSandbox) -> cgroup.Group:
    link = box._slots[0].link
    assert isinstance(link, ProcessLink)
    assert link.group is not None
    return link.group


def job(program: str, memory_mb: int = 1500) -> Job:
    limits = Limits(timeout_s=20, memory_mb=memory_mb)
    return Job("t", "train", {"program.py": program}, HARNESS, None, limits=limits)


# ---- here -------------------------------------------------------------------------------------------------------------


def used_mb(group: cgroup.Group) -> int:
    """Memory of everything in it now, file pages of its own included."""
    files = [folder / name for folder in group.folders for name in ("memory.usage_in_bytes", "memory.current")]
    return next(int(file.read_text(encoding="utf-8")) for file in files if file.exists()) // 2**20


@needs_group
@needs_jail
async def test_what_outruns_the_keepers_watch_is_ended_by_the_kernel_as_memory_and_the_slot_lives_on() -> None:
    box = JailSandbox(1, memory_mb=1500)
    await box.start()
    try:
        pid = box._slots[0].facts["pid"]
        group = group_of(box)
        group.limit(used_mb(group) + 300, 144)  # far below the job's own limit: the keeper sees nothing wrong
        result = await box.run(job(BURST))
        assert (result.failure, result.message) == (
            "memory",
            "the system killed the program, most likely for its memory",
        )
        assert not result.frames
        healthy = await box.run(job("def live(): pass"))
        assert healthy.failure is None, healthy.message
        assert box._slots[0].facts["pid"] == pid
    finally:
        await box.close()


@needs_group
@needs_jail
async def test_a_worker_and_all_its_children_are_in_the_group_which_goes_with_them() -> None:
    box = JailSandbox(2, memory_mb=100)
    await box.start()
    folders: list[Path] = []
    try:
        await asyncio.gather(*box._mending)  # the second comes up beside the work
        for slot in box._slots:
            assert isinstance(slot.link, ProcessLink)
            assert slot.link.group is not None
            folders += slot.link.group.folders
            for folder in slot.link.group.folders:
                assert str(slot.facts["pid"]) in (folder / "cgroup.procs").read_text().split()
        assert len(set(folders)) == len(folders)
        assert (await box.run(job("def live(): pass", 100))).failure is None
    finally:
        await box.close()
    assert folders
    assert not [folder for folder in folders if folder.exists()]


@needs_group
def test_memory_and_tasks_are_bounded_by_the_kernel() -> None:
    group = cgroup.make(64, 10)
    try:
        flood = "import threading, time\nfor _ in range(50): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()"
        for code, ended in (("x = bytearray(200 << 20)", -9), (flood, 1)):
            waits = [sys.executable, "-I", "-S", "-c", f"input()\n{code}"]
            process = subprocess.Popen(waits, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
            group.add(process.pid)
            process.communicate(b"\n", timeout=300)
            assert process.returncode == ended, code
    finally:
        group.remove()
    assert not [folder for folder in group.folders if folder.exists()]


@needs_group
def test_removing_a_group_ends_what_is_in_it() -> None:
    group = cgroup.make(64, 10)
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    group.add(process.pid)
    group.remove()
    assert process.wait(300) == -9
    assert not [folder for folder in group.folders if folder.exists()]


@needs_group
def test_groups_of_dead_processes_are_removed_and_those_of_living_ones_stay() -> None:
    code = "from sandbox import cgroup; print(*cgroup.make(64, 10).folders)"
    root = Path(cgroup.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    left = [Path(path) for path in done.stdout.split()]
    own = cgroup.make(64, 10)
    try:
        assert left
        assert all(folder.exists() for folder in left)
        removed = cgroup.clear_orphans()
        assert set(left) <= set(removed)
        assert not [folder for folder in left if folder.exists()]
        assert all(folder.exists() for folder in own.folders)
    finally:
        own.remove()


@needs_jail
async def test_without_a_group_the_jail_goes_on_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroup, "PROC", tmp_path)
    box = JailSandbox(1, memory_mb=300)
    await box.start()
    try:
        link = box._slots[0].link
        assert isinstance(link, ProcessLink)
        assert link.group is None
        assert (await box.run(job("def live(): pass", 300))).failure is None
        assert (await box.run(job(BURST, 300))).failure == "memory"
    finally:
        await box.close()
    fact = next(fact for fact in probe() if fact.name == "cgroup")
    assert not fact.ok
    assert "no control groups are mounted" in fact.detail


@needs_jail
async def test_a_job_that_asks_for_more_memory_than_its_jail_was_made_for_is_our_fault() -> None:
    box = JailSandbox(1, memory_mb=100)
    await box.start()
    try:
        with pytest.raises(SandboxError, match="100 MB"):
            await box.run(job("def live(): pass", 101))
    finally:
        await box.close()


@needs_group
def test_the_doctor_has_tried() -> None:
    def mine() -> set[Path]:  # a sandbox that other tests share may have some too
        return {path for tree in cgroup.trees() for path in tree.mount.rglob(f"{cgroup.PREFIX}{os.getpid()}-*")}

    before = mine()
    fact = next(fact for fact in probe() if fact.name == "cgroup")
    assert fact.ok
    assert "bounded below" in fact.detail
    assert mine() <= before


# ---- elsewhere: trees of folders as the kernel shows them ------------------------------------------------------------


def machine(root: Path, own: str, enabled: dict[str, str], *, space: str = "/", mount: str = "fs") -> Path:
    """A version 2 tree in which this process is in `own`; `enabled`: group -> its cgroup.subtree_control. Returns proc."""
    proc = root / "proc"
    proc.mkdir()
    (root / mount / own.strip("/")).mkdir(parents=True, exist_ok=True)
    (proc / "cgroup").write_text(f"0::{own}\n")
    (proc / "mountinfo").write_text(
        f"23 1 0:22 / / rw - ext4 /dev/vda rw\n31 23 0:28 {space} {root / mount} rw,nosuid - cgroup2 cgroup2 rw\n"
    )
    for group, controllers in enabled.items():
        folder = root / mount / group.strip("/")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cgroup.subtree_control").write_text(f"{controllers}\n")
    return proc


OF_A_DESKTOP = {
    "/": "cpu memory pids",
    "/user.slice": "memory pids",
    "/user.slice/user@1000.service": "memory pids",
    "/user.slice/user@1000.service/app.slice": "memory pids",
    "/user.slice/user@1000.service/app.slice/shell.scope": "",
}


def test_in_version_2_a_group_is_made_beside_our_own_which_has_processes(tmp_path: Path) -> None:
    own = "/user.slice/user@1000.service/app.slice/shell.scope"
    proc = machine(tmp_path, own, OF_A_DESKTOP)
    (tree,) = cgroup.trees(proc)
    assert (tree.version, tree.own) == (2, tmp_path / "fs" / own[1:])
    below = [str(path.relative_to(tmp_path / "fs")) for path in cgroup.parents(tree)]
    assert below[0] == "user.slice/user@1000.service/app.slice"
    assert below[-1] == "."


def test_a_group_in_version_2_bounds_memory_swap_and_tasks(tmp_path: Path) -> None:
    proc = machine(tmp_path, "/app.slice/shell.scope", {"/app.slice": "memory pids"})

    class Kernel(type(tmp_path)):  # type: ignore[misc]
        """A path below which a new folder has the files that the kernel would put there."""

        def mkdir(self, *given: Any, **named: Any) -> None:
            super().mkdir(*given, **named)
            for name in ("memory.max", "memory.swap.max", "pids.max", "cgroup.procs", "memory.current"):
                (self / name).write_text("max\n")

    (tree,) = cgroup.trees(proc)
    folder = cgroup._made(tree._replace(own=Kernel(tree.own), mount=Kernel(tree.mount)), "evolve-jail-1-2-3")
    assert folder == tmp_path / "fs" / "app.slice" / "evolve-jail-1-2-3"
    group = cgroup.Group((Path(folder),))
    group.limit(100, 20)
    group.add(4711)
    names = ("memory.max", "memory.swap.max", "pids.max", "cgroup.procs")
    assert [(folder / name).read_text() for name in names] == [str(100 << 20), "0", "20", "4711"]


def test_where_no_group_passes_memory_on_none_is_made(tmp_path: Path) -> None:
    proc = machine(tmp_path, "/session.scope", {"/": "cpu", "/session.scope": ""})
    with pytest.raises(OSError, match="no group can be made below any group that passes memory on"):
        cgroup.make(100, 20, proc)
    assert sorted(path.name for path in (tmp_path / "fs").iterdir()) == ["cgroup.subtree_control", "session.scope"]


def test_a_container_sees_its_own_group_as_the_mount(tmp_path: Path) -> None:
    proc = machine(tmp_path, "/docker/abc", {"/": "memory"}, space="/docker/abc")
    (tree,) = cgroup.trees(proc)
    assert tree.own == tree.mount == tmp_path / "fs"


def test_in_version_1_memory_and_pids_are_trees_of_their_own_and_version_2_beside_them_is_not_taken(
    tmp_path: Path,
) -> None:
    proc = machine(tmp_path, "/", {"/": "hugetlb"})
    (tmp_path / "memory" / "box").mkdir(parents=True)
    (tmp_path / "pids").mkdir()
    (proc / "cgroup").write_text("8:pids:/\n4:memory:/box\n1:cpu,cpuacct:/\n5:name=systemd:/\n0::/\n")
    with (proc / "mountinfo").open("a") as handle:
        for name in ("memory", "pids"):
            handle.write(f"35 31 0:32 / {tmp_path / name} rw,relatime shared:9 - cgroup cgroup rw,{name}\n")
    found = cgroup.trees(proc)
    assert [(tree.version, tree.controller, tree.own) for tree in found] == [
        (1, "memory", tmp_path / "memory" / "box"),
        (1, "pids", tmp_path / "pids"),
    ]


def test_no_cgroups_at_all_is_an_answer(tmp_path: Path) -> None:
    assert cgroup.trees(tmp_path / "nothing") == []
    with pytest.raises(OSError, match="no control groups"):
        cgroup.make(100, 20, tmp_path / "nothing")


@given(
    st.lists(st.sampled_from(["a", "b.slice", "user@1.service"]), max_size=4),
    st.lists(st.sampled_from(["memory pids", "cpu", "", "cpu memory"]), min_size=5, max_size=5),
)
def test_a_group_of_ours_is_only_ever_placed_where_memory_is_passed_on_and_never_outside_the_mount(
    way: list[str], controls: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        groups = ["/" + "/".join(way[:depth]) for depth in range(len(way) + 1)]
        proc = machine(root, groups[-1], dict(zip(groups, controls, strict=False)))
        (tree,) = cgroup.trees(proc)
        found = cgroup.parents(tree)
        passing = [group for group, said in zip(groups, controls, strict=False) if "memory" in said]
        assert found == [root / "fs" / group.strip("/") for group in reversed(passing)]


def test_a_folder_of_somebody_elses_name_is_left_alone(tmp_path: Path) -> None:
    tree = cgroup.Tree(2, "memory pids", tmp_path, tmp_path)
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    dead, alive = gone.stdout.strip(), f"{os.getpid()}-{cgroup._born(os.getpid())}"
    for name in (f"evolve-jail-{dead}-1-0", f"evolve-jail-{os.getpid()}-1-0", f"evolve-jail-{alive}-0", "other-7-1-0"):
        (tmp_path / "deep" / name).mkdir(parents=True)
    cgroup.clear_orphans([tree])
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == [f"evolve-jail-{alive}-0", "other-7-1-0"]
    assert re.fullmatch(r"\d+-\d+", alive)
