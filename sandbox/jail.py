"""Candidates behind the walls of the Linux kernel alone: no container engine, no root and no system package needed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import tempfile
from pathlib import Path

from sandbox import cgroup
from sandbox.contract import Job, SandboxError, SandboxUnavailable
from sandbox.gpus import SLOT_MB, Seats, driver_folders
from sandbox.kernel import missing_walls
from sandbox.packages import Packages, runtime_packages
from sandbox.users import slot_user
from sandbox.warm import Link, Slot, WarmSandbox
from sandbox.worker import folders

log = logging.getLogger(__name__)

WORKER = Path(__file__).resolve().parent / "worker" / "worker.py"
ENVIRONMENT = {
    # one thread a candidate: slots are cores, and a forked child of a threaded parent may wait for ever
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
}  # fmt: skip
ISOLATED = ("-P", "-s", "-S")  # not -I: it would ignore the hash seed, and equal programs would differ between slots
SCRATCH = "evolve-jail-"  # then the host's process id, so that it is known whose it was
WORKER_MB = 1024  # the worker with torch loaded, its page cache included
TASKS = 128 + 16  # threads and processes of a slot: a candidate's, and the worker's own


class ProcessLink(Link):
    """A worker that is a child of this process."""

    def __init__(self, process: asyncio.subprocess.Process, scratch: Path, group: cgroup.Group | None) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self.process, self.scratch, self.group = process, scratch, group
        self.reader = process.stdout
        self._last_words = bytearray()
        self._listening = asyncio.get_running_loop().create_task(self._listen(process.stderr))

    async def _listen(self, stderr: asyncio.StreamReader) -> None:
        while data := await stderr.read(4096):
            self._last_words = (self._last_words + data)[-2000:]

    async def send(self, data: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(data)
        await self.process.stdin.drain()

    async def kill(self) -> None:
        # every candidate asks the kernel to die with its worker; the worker's own session goes as a group
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        self._listening.cancel()
        if self.process.stdin:
            self.process.stdin.close()
        if self.group:
            await asyncio.to_thread(self.group.remove)
        await asyncio.to_thread(clear, self.scratch)

    async def obituary(self) -> str:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self.process.wait()
                await self._listening
        lines = self._last_words.decode("utf-8", "replace").strip().splitlines()
        code = self.process.returncode
        ended = "still running" if code is None else f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"{ended}{'; ' + lines[-1] if lines else ''}"


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
    ) -> None:
        super().__init__(slots, seats)
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
        try:
            packages = runtime_packages()
        except LookupError as error:
            raise SandboxUnavailable(str(error)) from error
        scratch = Path(tempfile.mkdtemp(prefix=f"{SCRATCH}{os.getpid()}-{slot.index}-"))
        jobs = scratch / "jobs"
        jobs.mkdir()
        for folder in (scratch, jobs):
            folder.chmod(0o711)  # not by mkdir, which a umask narrows
        options = [f"--scratch={jobs}", f"--given={scratch}", *self._gpu_options(slot)]
        options += [f"--path={path}" for path in packages.folders] + [f"--lib={path}" for path in packages.parts]
        drivers = driver_folders() if self.gpus else []
        options += [f"--lib={path}" for path in drivers]
        if self.data_dir:
            options.append(f"--data={self.data_dir}")
        if self.walls:
            options.append("--namespaces")
            if os.geteuid() == 0 and reachable(packages, self.data_dir) and (user := slot_user(slot.index)) is not None:
                options.append(f"--uid={user}")
        else:
            options.append("--no-walls")
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, *ISOLATED, str(WORKER), *options,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
                env=ENVIRONMENT | ({"LD_LIBRARY_PATH": ":".join(drivers)} if drivers else {}), cwd="/", start_new_session=True,
            )  # fmt: skip
        except BaseException as error:
            clear(scratch)
            if isinstance(error, OSError):
                raise SandboxError(f"no worker can be started: {error}") from error
            raise
        try:
            group = await asyncio.to_thread(self._group, process.pid) if self.walls else None
        except asyncio.CancelledError:
            await ProcessLink(process, scratch, None).kill()
            raise
        return ProcessLink(process, scratch, group)


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


def reachable(packages: Packages, data_dir: Path | None) -> bool:
    """Whether a user without rights can read the interpreter, the packages and the data (not when they lie in /root)."""
    paths = [WORKER, Path(sys.base_prefix).resolve(), Path(os.__file__).resolve(), *packages.folders]
    return open_to_all([*paths, data_dir] if data_dir else paths)


def open_to_all(paths: list[Path]) -> bool:
    """Whether everybody may read these files and folders and enter the folders above them."""
    return all(parent.stat().st_mode & 0o001 for path in paths for parent in path.parents) and all(
        path.stat().st_mode & 0o004 for path in paths
    )
