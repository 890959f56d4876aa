"""Candidates behind the walls of the Linux kernel alone: no container engine, no root and no system package needed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import tempfile
import uuid
from pathlib import Path

from sandbox import cgroup
from sandbox.contract import Job, SandboxError, SandboxUnavailable
from sandbox.gpus import SLOT_MB, Seats
from sandbox.kernel import missing_walls
from sandbox.nursery import SCRATCH, SCRIPT, Nursery, Worker, scratch_of
from sandbox.packages import runtime_packages
from sandbox.users import slot_user
from sandbox.warm import Link, Slot, WarmSandbox
from sandbox.worker import folders

log = logging.getLogger(__name__)

WORKER_MB = 1024  # the worker with torch loaded, its page cache included
TASKS = 128 + 16  # threads and processes of a slot: a candidate's, and the worker's own


class ProcessLink(Link):
    """A worker that is a fork of the nursery."""

    def __init__(self, process: Worker, scratch: Path, group: cgroup.Group | None) -> None:
        self.process, self.scratch, self.group = process, scratch, group
        self.reader = process.stdout

    async def send(self, data: bytes) -> None:
        self.process.stdin.write(data)
        await self.process.stdin.drain()

    async def kill(self) -> None:
        # every candidate asks the kernel to die with its worker; the worker's own session goes as a group
        await self.process.kill()
        if self.group:
            await asyncio.to_thread(self.group.remove)
        await asyncio.to_thread(clear, self.scratch)

    async def obituary(self) -> str:
        return await self.process.obituary()


class JailSandbox(WarmSandbox):
    """Landlock, seccomp, limits and, where the kernel lets us, namespaces and a user of its own for each slot."""

    name = "jail"

    def __init__(
        self,
        slots: int,
        *,
        run: str = "",
        data_dir: Path | None = None,
        memory_mb: int = 2048,
        scratch_mb: int = 256,
        seats: Seats | None = None,
        walls: bool = True,
        nursery: Nursery | None = None,
    ) -> None:
        """`nursery`: where workers come from, when other sandboxes share it; else one of its own, that is closed with it."""
        super().__init__(slots, seats)
        self._own_nursery = nursery is None
        self.nursery = nursery or Nursery(self.gpus)
        self.run_name, self.data_dir = run, data_dir.resolve() if data_dir else None
        self.memory_mb, self.scratch_mb, self.walls = memory_mb, scratch_mb, walls
        if not walls:
            self.name = "none"

    async def _prepare(self) -> None:
        """Remove what dead runs left. Raises SandboxUnavailable when this kernel cannot wall off files or the network."""
        if self.walls and (missing := await asyncio.to_thread(missing_walls)):
            raise SandboxUnavailable(f"the jail cannot hold candidates here: {'; '.join(missing)}")
        await asyncio.to_thread(clear_orphans)
        await asyncio.to_thread(cgroup.clear_orphans)

    async def close(self) -> None:
        await super().close()
        if self._own_nursery:
            await self.nursery.close()

    def _admit(self, job: Job) -> str | None:
        if self.walls and (job.limits.memory_mb > self.memory_mb or job.limits.scratch_mb > self.scratch_mb):
            most = f"{self.memory_mb} MB of memory and {self.scratch_mb} MB of files"
            raise SandboxError(f"the jail was made for {most}, job {job.id} asks for more")
        return super()._admit(job)

    def _group(self, pid: int) -> cgroup.Group | None:
        """A control group with the worker in it; None where this user cannot have one."""
        room_mb = WORKER_MB + self.memory_mb + self.scratch_mb + (SLOT_MB if self.gpus else 0)
        try:
            group = cgroup.make(room_mb, TASKS)
        except OSError as error:
            log.info("no control group: %s", error)
            return None
        try:
            group.add(pid)
        except OSError as error:
            log.info("the worker cannot be put into a control group: %s", error)
            group.remove()
            return None
        return group

    async def _launch(self, slot: Slot) -> Link:
        # made once the worker is there, so that nothing is left when this process is killed before
        scratch = Path(f"{scratch_of(os.getpid())}{slot.index}-{uuid.uuid4().hex[:8]}")
        jobs = scratch / "jobs"
        options = [f"--scratch={jobs}", f"--given={scratch}", *self._gpu_options(slot)]
        if self.data_dir:
            options.append(f"--data={self.data_dir}")
        if self.walls:
            options.append("--namespaces")
            readable = os.geteuid() == 0 and await asyncio.to_thread(reachable, self.data_dir)
            if readable and (user := slot_user(slot.index)) is not None:
                options.append(f"--uid={user}")
        else:
            options.append("--no-walls")
        link = ProcessLink(await self.nursery.bear(options), scratch, None)
        try:
            for folder in (scratch, jobs):
                folder.mkdir()
                folder.chmod(0o711)  # not by mkdir, which a umask narrows
            if self.walls:
                link.group = await asyncio.to_thread(self._group, link.process.pid)
            await link.send(b".")
        except BaseException as error:
            await link.kill()
            if isinstance(error, OSError):
                raise SandboxError(f"no worker can be started: {error}") from error
            raise
        return link


def clear(scratch: Path) -> None:
    """Remove a scratch folder whose worker is dead; what cannot be removed stays for the next start."""
    with contextlib.suppress(OSError):
        folders.remove(scratch)


def clear_orphans() -> None:
    """Remove the scratch folders of this user's processes that are no more."""
    for path in Path(tempfile.gettempdir()).glob(f"{SCRATCH}*"):
        pid = path.name.removeprefix(SCRATCH).partition("-")[0]
        with contextlib.suppress(OSError):
            if pid.isdigit() and not Path(f"/proc/{pid}").exists() and path.lstat().st_uid == os.geteuid():
                clear(path)


def reachable(data_dir: Path | None) -> bool:
    """Whether a user without rights can read the interpreter, the packages and the data (not when they lie in /root)."""
    paths = [SCRIPT, Path(sys.base_prefix).resolve(), Path(os.__file__).resolve(), *runtime_packages().folders]
    return open_to_all([*paths, data_dir] if data_dir else paths)


def open_to_all(paths: list[Path]) -> bool:
    """Whether everybody may read these files and folders and enter the folders above them."""
    return all(parent.stat().st_mode & 0o001 for path in paths for parent in path.parents) and all(
        path.stat().st_mode & 0o004 for path in paths
    )
