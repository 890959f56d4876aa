"""A quick start: the first slot serves before the others stand, and torch is imported once for all slots of a run."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sandboxes import needs_jail, processes

from sandbox import Frame, Job, JobResult, Limits, SandboxError
from sandbox.jail import JailSandbox, ProcessLink
from sandbox.nursery import Nursery, scratch_of
from sandbox.warm import Link, Slot

pytestmark = needs_jail

HARNESS = "def train(program, data_dir, settings, emit):\n    emit('begun', {}, {})\n    program.live()\n"
LIMITS = Limits(timeout_s=600, memory_mb=100, scratch_mb=1)
BOUNDS = {"memory_mb": 100, "scratch_mb": 1}
HEALTHY, ENDLESS = "def live(): pass", "def live():\n    while True: pass"


def job(program: str = HEALTHY) -> Job:
    return Job("t", "train", {"program.py": program}, HARNESS, None, limits=LIMITS)


def family() -> set[int]:
    """Living processes of nurseries that this process has started, their forks included."""
    return {pid for pid, line in processes().items() if scratch_of(os.getpid()) in line and not is_zombie(pid)}


def is_zombie(pid: int) -> bool:
    return status(pid, "State") in ("Z", "")


def status(pid: int, name: str) -> str:
    with contextlib.suppress(OSError):
        found = re.search(rf"^{name}:\s+(\w+)", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"), re.MULTILINE)
        return found[1] if found else ""
    return ""


def scratch() -> set[Path]:
    place = Path(scratch_of(os.getpid()))
    return set(place.parent.glob(f"{place.name}*"))


def pids(*boxes: JailSandbox) -> list[int]:
    return [slot.facts["pid"] for box in boxes for slot in box._slots]


@contextlib.asynccontextmanager
async def nothing_left() -> AsyncIterator[None]:
    """What is made inside, is gone at the end: processes and folders."""
    before = family(), scratch()
    yield
    assert (family(), scratch()) == before


@contextlib.asynccontextmanager
async def shared(slots: int) -> AsyncIterator[tuple[Nursery, JailSandbox, JailSandbox]]:
    """Two sandboxes of one nursery, all of whose workers stand."""
    nursery = Nursery()
    boxes = [JailSandbox(many, nursery=nursery, **BOUNDS) for many in (slots, 1)]
    try:
        for box in boxes:
            await box.start()
            await asyncio.gather(*box._mending)
        yield nursery, *boxes
    finally:
        for box in boxes:
            await box.close()
        await nursery.close()


class Held(JailSandbox):
    """All slots but the first wait for a word before they start."""

    def __init__(self, slots: int) -> None:
        super().__init__(slots, **BOUNDS)
        self.word = asyncio.Event()
        self.asked: list[int] = []
        self.fails: SandboxError | None = None

    async def _launch(self, slot: Slot) -> Link:
        self.asked.append(slot.index)
        if slot.index:
            await self.word.wait()
            if self.fails:
                failure, self.fails = self.fails, None
                raise failure
        return await super()._launch(slot)


class Begun:
    """Looks at a job's frames; can be waited for until the first has come."""

    def __init__(self) -> None:
        self._loop, self._seen = asyncio.get_running_loop(), asyncio.Event()

    def __call__(self, frame: Frame) -> bool:
        self._loop.call_soon_threadsafe(self._seen.set)
        return True

    async def wait(self, task: asyncio.Task[JobResult]) -> None:
        """Until it has; raises what the job raises before."""
        seen = asyncio.create_task(self._seen.wait())
        await asyncio.wait((seen, task), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            raise AssertionError(f"it ended before it began: {task.result()}")


async def together(box: JailSandbox, many: int) -> list[JobResult]:
    """Results of so many jobs, none of which ends before all have begun."""
    begun = [Begun() for _ in range(many)]
    tasks = [asyncio.create_task(box.run(job(ENDLESS), one)) for one in begun]
    for one, task in zip(begun, tasks, strict=True):
        await one.wait(task)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return [await box.run(job()) for _ in range(many)]


async def test_the_first_slot_serves_before_the_others_stand_and_they_serve_once_they_do() -> None:
    async with nothing_left():
        box = Held(3)
        try:
            await box.start()
            assert (await box.run(job())).failure is None
            assert [slot.link is not None for slot in box._slots] == [True, False, False]
            box.word.set()
            assert [one.failure for one in await together(box, 3)] == [None] * 3
            assert sorted(box.asked) == [0, 1, 2]
        finally:
            await box.close()


async def test_a_later_slot_that_does_not_start_is_mended_by_its_next_job() -> None:
    async with nothing_left():
        box = Held(2)
        try:
            box.fails = SandboxError("not now")
            await box.start()
            box.word.set()
            assert [one.failure for one in await together(box, 2)] == [None] * 2
            assert sorted(box.asked) == [0, 1, 1]
        finally:
            await box.close()


async def test_the_first_slots_error_is_raised_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "nursery.py"
    broken.write_text("raise SystemExit('no torch today')\n")
    monkeypatch.setattr("sandbox.nursery.SCRIPT", broken)
    async with nothing_left():
        with pytest.raises(SandboxError, match="exit code 1; no torch today"):
            await JailSandbox(3, **BOUNDS).start()


async def test_a_start_that_is_cancelled_and_a_close_while_others_come_up_leave_nothing() -> None:
    async with nothing_left():
        for held in (True, False):  # others before they are asked for, and in the middle
            box = Held(3) if held else JailSandbox(3, **BOUNDS)
            await box.start()
            await asyncio.sleep(0)
            await box.close()
        box = JailSandbox(3, **BOUNDS)
        starting = asyncio.create_task(box.start())
        while not family() and not starting.done():
            await asyncio.sleep(0.01)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting


async def test_all_workers_of_both_sandboxes_are_forks_of_one_process_that_has_one_thread() -> None:
    async with nothing_left(), shared(3) as (nursery, *boxes):
        assert nursery._process is not None
        parent = nursery._process.process.pid
        assert {status(pid, "PPid") for pid in pids(*boxes)} == {str(parent)}
        assert status(parent, "Threads") == "1"
        assert {slot.facts["threads"] for box in boxes for slot in box._slots} == {1}
        ours = {os.readlink(f"/proc/self/ns/{kind}") for kind in ("net", "mnt")}
        if os.geteuid() == 0 and all(slot.facts["namespaces"] for box in boxes for slot in box._slots):
            theirs = [os.readlink(f"/proc/{pid}/ns/{kind}") for pid in pids(*boxes) for kind in ("net", "mnt", "ipc")]
            assert len(set(theirs)) == len(theirs)
            assert not ours & set(theirs)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look at what a worker has open")
async def test_no_worker_has_anything_open_that_is_anothers() -> None:
    def opened(pid: int) -> set[str]:
        links = [os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")]
        return {link for link in links if re.match(r"(socket|pipe):", link)}

    async with shared(3) as (nursery, *boxes):
        assert nursery._process is not None
        everybody = [opened(pid) for pid in (nursery._process.process.pid, *pids(*boxes))]
        assert all(everybody)
        assert sum(map(len, everybody)) == len(set.union(*everybody))


async def test_a_killed_worker_is_replaced_by_another_fork_and_its_neighbours_stay() -> None:
    async with nothing_left(), shared(2) as (_, box, room):
        before = pids(box, room)
        link = box._slots[0].link
        assert isinstance(link, ProcessLink)
        os.kill(before[0], signal.SIGKILL)
        await asyncio.shield(link.process._last_words.over)  # a keeper that lives on for a moment would take up a job
        assert [one.failure for one in await together(box, 2)] == [None, None]
        after = pids(box, room)
        assert (after[0] != before[0], after[1:]) == (True, before[1:])


async def test_a_killed_nursery_takes_its_workers_along_and_the_next_job_has_another() -> None:
    async with nothing_left(), shared(2) as (nursery, box, room):
        begun = Begun()
        at_work = asyncio.create_task(box.run(job(ENDLESS), begun))
        await begun.wait(at_work)
        before, first = pids(box, room), nursery._process
        assert first is not None
        os.kill(first.process.pid, signal.SIGKILL)
        with pytest.raises(SandboxError, match="ended with the process that it was forked from"):
            await at_work
        assert [one.failure for one in await together(box, 2)] == [None, None]
        assert (await room.run(job())).failure is None
        assert not set(before) & family()
        assert nursery._process is not first
        assert not set(before) & set(pids(box, room))


def test_a_host_that_was_killed_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    code = f"""
import asyncio
from pathlib import Path
from sandbox import Frame, Job, Limits
from sandbox.jail import JailSandbox

async def main():
    box = JailSandbox(2, memory_mb=100, scratch_mb=1)
    await box.start()
    await asyncio.gather(*box._mending)
    job = Job("t", "train", {{"program.py": {ENDLESS!r}}}, {HARNESS!r}, None, limits=Limits(600, memory_mb=100, scratch_mb=1))
    await box.run(job, lambda frame: print(box.nursery._process.process.pid, flush=True) or True)

asyncio.run(main())
"""
    root = Path(__file__).parent.parent
    env = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(root)}
    with subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE) as host:
        assert host.stdout is not None
        nursery = int(host.stdout.readline())
        mine = {pid for pid, line in processes().items() if str(tmp_path) in line}
        assert nursery in mine
        assert len(mine) > 4  # with workers, keepers and candidates
        assert len(list(tmp_path.glob("evolve-jail-*"))) == 2
        host.kill()
    until = time.monotonic() + 300
    while any(not is_zombie(pid) for pid in mine) and time.monotonic() < until:
        time.sleep(0.01)
    assert all(is_zombie(pid) for pid in mine)
    assert list(tmp_path.glob("evolve-*")) == []
