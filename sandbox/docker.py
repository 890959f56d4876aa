"""Candidates in containers that were started ahead: the engine's walls outside, the worker's own walls inside them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
import time
import uuid
from pathlib import Path
from typing import Any

from sandbox.contract import BACK_S, Job, SandboxError, SandboxUnavailable
from sandbox.engine import IMAGE, LABEL, EngineGone, find, is_podman, labels, prune, told
from sandbox.gpus import SLOT_MB, Gpu, Seats
from sandbox.image import ImageStatus, host_python, image_status
from sandbox.jail import TASKS, WORKER_MB
from sandbox.nursery import ENVIRONMENT, ISOLATED
from sandbox.packages import runtime_packages
from sandbox.warm import Link, Slot, WarmSandbox
from sandbox.worker.wire import MAX_GIVEN

log = logging.getLogger(__name__)

WORKER = Path(__file__).resolve().parent / "worker" / "worker.py"
USER = 65534
STREAM = struct.Struct(">BxxxI")  # how the engine mixes standard output (1) and error (2) on one connection


class Valve:
    """What a StreamReader closes while it holds as much as it wants, and opens again once that is read."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self.pause_reading, self.resume_reading, self.passed = self._open.clear, self._open.set, self._open.wait


class ContainerLink(Link):
    """A worker that is the first process of a container."""

    def __init__(self, container: Any, attached: Any) -> None:
        self.container = container
        self.attached = attached  # holds the connection open
        self.reader, self._valve = asyncio.StreamReader(), Valve()
        self.reader.set_transport(self._valve)  # type: ignore[arg-type]  # the two methods that it calls
        self._last_words = bytearray()
        self._writer: asyncio.StreamWriter | None = None
        self._pump: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Start the container. Raises SandboxError, EngineGone among them."""
        raw = getattr(self.attached, "_sock", self.attached)
        if type(raw) is not socket.socket:
            raise SandboxUnavailable("only an engine on a plain socket of this machine can be used, not one over TLS")
        raw.setblocking(False)
        source, self._writer = await asyncio.open_connection(sock=raw)
        self._pump = asyncio.create_task(self._sort(source))
        with told("start a container"):
            await asyncio.to_thread(self.container.start)

    async def _sort(self, source: asyncio.StreamReader) -> None:
        try:
            while await self._valve.passed():
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


def _requests(gpu: Gpu | None) -> list[Any]:
    """What the engine is asked for to pass one card on; its toolkit brings the driver's nodes and libraries along."""
    from docker.types import DeviceRequest

    return [DeviceRequest(device_ids=[gpu.uuid], capabilities=[["gpu", "compute", "utility"]])] if gpu else []


def _remove(container: Any) -> None:
    """A container whose engine is gone stays; it goes when the run ends or, by its labels, when another starts."""
    import docker.errors

    try:
        with told(f"remove container {container.short_id}"):
            container.remove(force=True, v=True)
    except EngineGone as error:
        log.info("%s", error)
    except SandboxError as error:
        cause = error.__cause__
        under_way = isinstance(cause, docker.errors.APIError) and cause.status_code in (404, 409)
        if not under_way:
            raise


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
        seats: Seats | None = None,
        cpus: float = 1.0,
    ) -> None:
        super().__init__(slots, seats)
        self.run_name, self.data_dir = run, data_dir.resolve() if data_dir else None
        self.memory_mb, self.scratch_mb, self.cpus = memory_mb, scratch_mb, cpus
        self._token = uuid.uuid4().hex[:12]  # tells this sandbox's containers from those of another in this process
        self._client: Any = None
        self._address = ""
        self._gone_at: float | None = None  # since when the engine has not answered
        self._limits: list[Any] = []
        self._scratch, self._scratch_options = "/scratch", f"nr_inodes=8192,mode=0700,uid={USER},gid={USER}"
        self._given_options = f"nr_inodes=64,mode=0700,uid={USER},gid={USER}"
        self._image = ImageStatus(False)

    async def _prepare(self) -> None:
        """Find engine and image, and remove what dead runs left."""
        self._client, self._address = await asyncio.to_thread(find)
        with told("say which images it has"):
            self._image = await asyncio.to_thread(image_status, self._client)
            if is_podman(self._client):
                self._suit_podman()
        if not self._image.exists:
            raise SandboxUnavailable(f"the image {IMAGE} is missing; make it with: evolve sandbox build")
        if not self._image.usable:
            raise SandboxUnavailable(
                f"the image has Python {self._image.python} and no torch, this project runs on {host_python()}, so its "
                "packages cannot be lent; make it anew with: evolve sandbox build --again"
            )
        with told("remove the containers of dead runs"):
            await asyncio.to_thread(prune, self._client)

    def _suit_podman(self) -> None:
        """What Podman 4.3 does otherwise, each found by trying."""
        from docker.types import Ulimit

        # it would ask for more descriptors and processes than a service without rights may give
        self._limits = [Ulimit(name="nofile", soft=1024, hard=1024), Ulimit(name="nproc", soft=4096, hard=4096)]
        # it knows neither owner nor number of files, and gives a place that the image has the mode that it has there; so
        # anybody may write, which is one user, and files are counted by the worker alone
        self._scratch, self._scratch_options, self._given_options = "/scratch/jobs", "mode=1777", "mode=1777"

    async def close(self) -> None:
        """Remove every container of this sandbox."""
        await super().close()
        if self._client is not None:
            try:
                await asyncio.to_thread(self._sweep)
            except EngineGone as error:  # the next start finds them by their labels
                log.info("containers may be left: %s", error)
            self._client.close()
            self._client = None

    def _sweep(self) -> None:
        """What a start that was cancelled half way has left."""
        with told("list this run's containers"):
            left = self._client.containers.list(all=True, filters={"label": f"{LABEL}.token={self._token}"})
        for container in left:
            _remove(container)

    def _admit(self, job: Job) -> str | None:
        if job.limits.memory_mb > self.memory_mb or job.limits.scratch_mb > self.scratch_mb:
            most = f"{self.memory_mb} MB of memory and {self.scratch_mb} MB of files"
            raise SandboxError(f"the containers were made for {most}, job {job.id} asks for more")
        return super()._admit(job)

    async def _launch(self, slot: Slot) -> Link:
        """A container for the slot. An engine that has gone away is waited for, `BACK_S` for all slots together."""
        while True:
            try:
                link = await self._started(slot)
            except EngineGone as error:
                now = time.monotonic()
                self._gone_at = self._gone_at or now
                if now - self._gone_at >= BACK_S:
                    raise SandboxError(
                        f"the container engine at {self._address} has not answered for {now - self._gone_at:.0f} s; "
                        "start it again"
                    ) from error
                await asyncio.sleep(0.5)
            else:
                self._gone_at = None
                return link

    async def _started(self, slot: Slot) -> Link:
        container, attached = await asyncio.to_thread(self._create, slot)
        link = ContainerLink(container, attached)
        try:
            await link.begin()
        except BaseException:
            await link.kill()
            raise
        return link

    def _create(self, slot: Slot) -> tuple[Any, Any]:
        mounts = {str(WORKER.parent): {"bind": "/opt/worker", "mode": "ro"}}
        if self.data_dir:
            mounts[str(self.data_dir)] = {"bind": "/data", "mode": "ro"}
        if not self._image.has_torch:
            try:
                parts = runtime_packages().parts
            except LookupError as error:
                raise SandboxUnavailable(str(error)) from error
            mounts |= {str(part): {"bind": f"/opt/packages/{part.name}", "mode": "ro"} for part in parts}
        memory = f"{WORKER_MB + self.memory_mb + self.scratch_mb + (SLOT_MB if self.gpus else 0)}m"
        with told("make a container"):
            container = self._client.containers.create(
                IMAGE,
                ["python3", *ISOLATED, "/opt/worker/worker.py", "--path=/opt/packages", "--lib=/opt/packages",
                 "--data=/data", f"--scratch={self._scratch}", "--given=/given", *self._gpu_options(slot)],
                entrypoint=[], environment=ENVIRONMENT, device_requests=_requests(self.seats.gpu(slot.index)), user=f"{USER}:{USER}", working_dir="/",
                stdin_open=True, network_mode="none", ipc_mode="none", read_only=True,
                cap_drop=["ALL"], security_opt=["no-new-privileges"],
                mem_limit=memory, memswap_limit=memory, pids_limit=TASKS, ulimits=self._limits,
                nano_cpus=int(self.cpus * 1e9), oom_score_adj=500,
                tmpfs={
                    "/tmp": "size=1m,mode=1777",
                    self._scratch: f"size={self.scratch_mb}m,{self._scratch_options}",
                    "/given": f"size={MAX_GIVEN}," + self._given_options,
                },
                volumes=mounts, labels={**labels(self.run_name), f"{LABEL}.token": self._token},
                log_config={"type": "none"},
                stop_signal="SIGKILL",  # it has nothing to save, and an engine that stops need not wait for it
            )  # fmt: skip
            wanted = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
            return container, container.attach_socket(params=wanted)
