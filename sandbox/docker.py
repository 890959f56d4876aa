"""Candidates in containers that were started ahead: the engine's walls outside, the worker's own walls inside them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import uuid
from pathlib import Path
from typing import Any

from sandbox.contract import Job, SandboxError, SandboxUnavailable
from sandbox.engine import IMAGE, LABEL, connect, labels, prune
from sandbox.image import ImageStatus, host_python, image_status
from sandbox.jail import ENVIRONMENT, ISOLATED, WORKER
from sandbox.packages import runtime_packages
from sandbox.warm import Link, Slot, WarmSandbox

WORKER_MB = 1024  # the worker with torch loaded, its page cache included
USER = 65534
STREAM = struct.Struct(">BxxxI")  # how the engine mixes standard output (1) and error (2) on one connection


class ContainerLink(Link):
    """A worker that is the first process of a container."""

    def __init__(self, container: Any, attached: Any) -> None:
        self.container = container
        self.attached = attached  # holds the connection open
        self.reader = asyncio.StreamReader()
        self._last_words = bytearray()
        self._writer: asyncio.StreamWriter | None = None
        self._pump: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Start the container. Raises SandboxError."""
        import docker.errors

        raw = getattr(self.attached, "_sock", self.attached)
        if type(raw) is not socket.socket:
            raise SandboxUnavailable("only an engine on a plain socket of this machine can be used, not one over TLS")
        raw.setblocking(False)
        source, self._writer = await asyncio.open_connection(sock=raw)
        self._pump = asyncio.create_task(self._sort(source))
        try:
            await asyncio.to_thread(self.container.start)
        except docker.errors.APIError as error:
            raise SandboxError(f"a container did not start: {error.explanation or error}") from error

    async def _sort(self, source: asyncio.StreamReader) -> None:
        try:
            while True:
                stream, size = STREAM.unpack(await source.readexactly(STREAM.size))
                data = await source.readexactly(size)
                if stream == 1:
                    self.reader.feed_data(data)
                else:
                    self._last_words = (self._last_words + data)[-2000:]
        except (asyncio.IncompleteReadError, OSError):
            self.reader.feed_eof()

    async def send(self, data: bytes) -> None:
        if self._writer is None:
            raise ConnectionError("the container was not started")
        self._writer.write(data)
        await self._writer.drain()

    async def kill(self) -> None:
        await asyncio.to_thread(_remove, self.container)
        if self._pump:
            self._pump.cancel()
        if self._writer:
            self._writer.close()
        with contextlib.suppress(OSError):
            self.attached.close()

    async def obituary(self) -> str:
        lines = self._last_words.decode("utf-8", "replace").strip().splitlines()
        return "; ".join([await asyncio.to_thread(_ending, self.container), *lines[-1:]])


def _remove(container: Any) -> None:
    import docker.errors

    try:
        container.remove(force=True, v=True)
    except docker.errors.NotFound:
        return
    except docker.errors.APIError as error:
        if error.status_code != 409:  # its removal is under way
            raise SandboxError(f"container {container.short_id} was not removed: {error.explanation}") from error


def _ending(container: Any) -> str:
    import docker.errors
    import requests

    try:
        container.reload()
    except docker.errors.NotFound:
        return "the container was removed"
    except (docker.errors.APIError, requests.RequestException) as error:
        return f"the engine does not answer ({type(error).__name__})"
    state = container.attrs["State"]
    return (
        f"container {state['Status']}, exit code {state['ExitCode']}{', out of memory' if state['OOMKilled'] else ''}"
    )


class DockerSandbox(WarmSandbox):
    """One container for each slot: no network, read-only, no capability, an unprivileged user, everything bounded."""

    name = "docker"
    data_inside = "/data"

    def __init__(
        self,
        slots: int,
        *,
        run: str,
        data_dir: Path | None = None,
        memory_mb: int = 2048,
        scratch_mb: int = 256,
        threads: int = 128,
        cpus: float = 1.0,
    ) -> None:
        super().__init__(slots)
        self.run_name, self.data_dir = run, data_dir.resolve() if data_dir else None
        self.memory_mb, self.scratch_mb, self.threads, self.cpus = memory_mb, scratch_mb, threads, cpus
        self._token = uuid.uuid4().hex[:12]  # tells this sandbox's containers from those of another in this process
        self._client: Any = None
        self._image = ImageStatus(False)

    async def start(self) -> None:
        """Remove what dead runs left, then start the containers. Raises SandboxUnavailable or SandboxError."""
        self._client = await asyncio.to_thread(connect)
        self._image = await asyncio.to_thread(image_status, self._client)
        if not self._image.exists:
            raise SandboxUnavailable(f"the image {IMAGE} is missing; make it with: evolve sandbox build")
        if not self._image.usable:
            raise SandboxUnavailable(
                f"the image has Python {self._image.python} and no torch, this project runs on {host_python()}, so its "
                "packages cannot be lent; make it anew with: evolve sandbox build --again"
            )
        await asyncio.to_thread(prune, self._client)
        await super().start()

    async def close(self) -> None:
        """Remove every container of this sandbox."""
        await super().close()
        if self._client is not None:
            await asyncio.to_thread(self._sweep)
            self._client.close()
            self._client = None

    def _sweep(self) -> None:
        """What a start that was cancelled half way has left."""
        for container in self._client.containers.list(all=True, filters={"label": f"{LABEL}.token={self._token}"}):
            _remove(container)

    def _admit(self, job: Job) -> str | None:
        if job.limits.memory_mb > self.memory_mb or job.limits.scratch_mb > self.scratch_mb:
            most = f"{self.memory_mb} MB of memory and {self.scratch_mb} MB of files"
            raise SandboxError(f"the containers were made for {most}, job {job.id} asks for more")
        return super()._admit(job)

    async def _launch(self, slot: Slot) -> Link:
        container, attached = await asyncio.to_thread(self._create)
        link = ContainerLink(container, attached)
        try:
            await link.begin()
        except BaseException:
            await link.kill()
            raise
        return link

    def _create(self) -> tuple[Any, Any]:
        import docker.errors

        mounts = {str(WORKER.parent): {"bind": "/opt/worker", "mode": "ro"}}
        if self.data_dir:
            mounts[str(self.data_dir)] = {"bind": "/data", "mode": "ro"}
        if not self._image.has_torch:
            try:
                parts = runtime_packages().parts
            except LookupError as error:
                raise SandboxUnavailable(str(error)) from error
            mounts |= {str(part): {"bind": f"/opt/packages/{part.name}", "mode": "ro"} for part in parts}
        memory = f"{WORKER_MB + self.memory_mb + self.scratch_mb}m"
        try:
            container = self._client.containers.create(
                IMAGE,
                ["python3", *ISOLATED, "/opt/worker/worker.py", "--path=/opt/packages", "--lib=/opt/packages",
                 "--data=/data", "--scratch=/scratch"],
                entrypoint=[], environment=ENVIRONMENT, user=f"{USER}:{USER}", working_dir="/",
                stdin_open=True, network_mode="none", ipc_mode="none", read_only=True,
                cap_drop=["ALL"], security_opt=["no-new-privileges"],
                mem_limit=memory, memswap_limit=memory, pids_limit=self.threads + 16,
                nano_cpus=int(self.cpus * 1e9), oom_score_adj=500,
                tmpfs={
                    "/tmp": "size=1m,mode=1777",
                    "/scratch": f"size={self.scratch_mb}m,nr_inodes=8192,mode=0700,uid={USER},gid={USER}",
                },
                volumes=mounts, labels={**labels(self.run_name), f"{LABEL}.token": self._token},
                log_config={"type": "none"},
            )  # fmt: skip
            wanted = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
            return container, container.attach_socket(params=wanted)
        except docker.errors.APIError as error:
            raise SandboxError(f"the engine did not make a container: {error.explanation or error}") from error
