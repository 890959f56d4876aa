"""Where the workers of the jail come from: one process that has imported torch, for all slots of a run, forks each of them.

It is a fork of nothing and runs no job, so what its forks share is what every worker began with anyway. What sets a worker apart
from its neighbours (session, namespaces, folder, user, rules, streams, control group) each gets for itself after the fork.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import tempfile
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from sandbox.contract import SandboxError, SandboxUnavailable
from sandbox.gpus import Gpu, driver_folders
from sandbox.packages import runtime_packages
from sandbox.warm import START_S

SCRIPT = Path(__file__).resolve().parent / "worker" / "nursery.py"
ENVIRONMENT = {
    # one thread a candidate: slots are cores, and a forked child of a threaded parent may wait for ever
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
}  # fmt: skip
ISOLATED = ("-P", "-s", "-S")  # not -I: it would ignore the hash seed, and equal programs would differ between slots
MAX_PACKET = 1 << 16


SCRATCH = "evolve-jail-"  # then the host's process id, so that it is known whose it was

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def scratch_of(host: int) -> str:
    """What the scratch folders of a process's workers begin with."""
    return f"{tempfile.gettempdir()}/{SCRATCH}{host}-"


class LastWords:
    """What a process says on its standard error, of which the end is kept."""

    def __init__(self, stderr: asyncio.StreamReader) -> None:
        self._kept = bytearray()
        self.over = asyncio.get_running_loop().create_task(
            self._listen(stderr)
        )  # when nobody holds the other end any more

    async def _listen(self, stderr: asyncio.StreamReader) -> None:
        while data := await stderr.read(4096):
            self._kept = (self._kept + data)[-2000:]

    def after(self, code: int | None) -> str:
        """How the process ended, and its last line."""
        lines = self._kept.decode("utf-8", "replace").strip().splitlines()
        ended = "still running" if code is None else f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"{ended}{'; ' + lines[-1] if lines else ''}"


class Born(NamedTuple):
    """What a nursery says of a fork, at once and later."""

    pid: int
    ended: asyncio.Future[int | None]  # an exit code, negative for a signal; None when the nursery died with it


class Worker:
    """A fork of the nursery, with its streams."""

    def __init__(self, born: Born, streams: Sequence[Stream]) -> None:
        self.pid, self._ended = born
        (_, self.stdin), (self.stdout, _), (stderr, _) = self._streams = streams
        self._last_words = LastWords(stderr)

    async def kill(self) -> None:
        """End it with its session; return when that is so."""
        if not self._ended.done():
            for end in (os.killpg, os.kill):  # by number too: it may not have come to its own session yet
                with contextlib.suppress(ProcessLookupError):
                    end(self.pid, signal.SIGKILL)
        await self._last_words.over  # its keepers hold that stream too
        for _, writer in self._streams:
            writer.close()

    async def obituary(self) -> str:
        """What is known of why it died, in one line."""
        code: int | None = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                code = await asyncio.shield(self._ended)
                await asyncio.shield(self._last_words.over)
                if code is None:
                    return "it ended with the process that it was forked from"
        return self._last_words.after(code)


class _Process:
    """One nursery, from its start to its death."""

    def __init__(self, process: asyncio.subprocess.Process, line: socket.socket) -> None:
        assert process.stderr
        self.process, self.line = process, line
        self.gone = False
        self._asked: deque[asyncio.Future[Born]] = deque()
        self._living: dict[int, asyncio.Future[int | None]] = {}
        self._last_words = LastWords(process.stderr)
        self._hearing = asyncio.get_running_loop().create_task(self._hear())

    async def _hear(self) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            while packet := await loop.sock_recv(self.line, MAX_PACKET):
                told = json.loads(packet)
                if "born" in told:
                    born = Born(told["born"], loop.create_future())
                    self._living[born.pid] = born.ended
                    asked = self._asked.popleft()
                    if not asked.done():
                        asked.set_result(born)
                else:
                    self._living.pop(told["ended"]).set_result(told["code"])
        self.gone = True
        for asked in self._asked:
            if not asked.done():
                asked.set_exception(EOFError())
        for ended in self._living.values():
            ended.set_result(None)

    async def bear(self, options: Sequence[str]) -> Worker:
        """A worker with these options, which waits for a byte before it does anything. Raises EOFError or OSError."""
        pairs = [socket.socketpair() for _ in range(3)]
        streams = [await asyncio.open_connection(sock=ours) for ours, _ in pairs]
        asked: asyncio.Future[Born] = asyncio.get_running_loop().create_future()
        try:
            socket.send_fds(self.line, [json.dumps(options).encode()], [theirs.fileno() for _, theirs in pairs])
            self._asked.append(asked)
            born = await asked
        except BaseException:
            for _, writer in streams:  # which ends a worker that is born to nobody
                writer.close()
            raise
        finally:
            for _, theirs in pairs:
                theirs.close()
        return Worker(born, streams)

    async def obituary(self) -> str:
        """What is known of why it died, in one line."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self.process.wait()
                await asyncio.shield(self._last_words.over)
        return self._last_words.after(self.process.returncode)

    async def end(self) -> None:
        """End it; return when that is so. Its workers die with it."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        await self._hearing
        await self._last_words.over
        self.line.close()


class Nursery:
    """Makes workers for any number of sandboxes. `gpus`: the cards of the run, where its candidates have some."""

    def __init__(self, gpus: Sequence[Gpu] = ()) -> None:
        self.gpus = gpus
        self._process: _Process | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Have the process run; it need not have imported torch yet. Raises SandboxUnavailable or SandboxError."""
        await self._standing()

    async def bear(self, options: Sequence[str]) -> Worker:
        """A worker with these options. One that died meanwhile is made anew. Raises SandboxUnavailable or SandboxError."""
        for _ in range(2):
            process = await self._standing()
            try:
                async with asyncio.timeout(START_S):
                    return await process.bear(options)
            except (EOFError, OSError) as error:
                process.gone = True
                why = await process.obituary()
                if isinstance(error, TimeoutError):
                    break
        raise SandboxError(f"no worker can be started, since the process that forks them does not serve: {why}")

    async def close(self) -> None:
        """End the process, and whatever it has borne and nobody has ended."""
        async with self._starting:
            process, self._process = self._process, None
            if process is not None:
                await process.end()

    async def _standing(self) -> _Process:
        async with self._starting:
            if self._process is not None and self._process.gone:
                dead, self._process = self._process, None
                await dead.end()
            if self._process is None:
                self._process = await self._started()
            return self._process

    async def _started(self) -> _Process:
        try:
            packages = await asyncio.to_thread(runtime_packages)
        except LookupError as error:
            raise SandboxUnavailable(str(error)) from error
        options = [f"--path={path}" for path in packages.folders] + [f"--lib={path}" for path in packages.parts]
        drivers = driver_folders() if self.gpus else []
        options += [f"--lib={path}" for path in drivers]
        # that there are cards, and whose it is; each worker is told its own
        options += [*(f"--gpu={gpu.uuid}" for gpu in self.gpus[:1]), f"--scratch={scratch_of(os.getpid())}"]
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, *ISOLATED, str(SCRIPT), *options,
                stdin=theirs.fileno(), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
                env=ENVIRONMENT | ({"LD_LIBRARY_PATH": ":".join(drivers)} if drivers else {}), cwd="/", start_new_session=True,
            )  # fmt: skip
        except BaseException as error:
            ours.close()
            if isinstance(error, OSError):
                raise SandboxError(f"no worker can be started: {error}") from error
            raise
        finally:
            theirs.close()
        return _Process(process, ours)
