"""What every backend shares: warm workers in slots, one job at a time each, replaced when they fail.

A backend says how a worker is started (`Link`); everything else, from queueing to cancelling, is here.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.contract import Frame, Job, JobResult, Limits, OnFrame, SandboxError, SandboxUnavailable
from sandbox.gpus import HOST_MB, Seats, why_lost
from sandbox.worker import wire
from sandbox.worker.bounds import Gate

log = logging.getLogger(__name__)

FAILURES = ("syntax", "contract", "shape", "nan", "memory", "timeout", "crash", "refused")
START_S = 120.0  # a worker imports torch from a cold disk in this time or something is wrong
GRACE_S = 5.0  # a worker that has not answered so long after its job's time limit is replaced
STOP_S = 1.0  # the same, after it was told to stop
PIECE = 1 << 20  # bytes of a frame that are taken at a time
ANY = 1 << 40  # bytes of a frame that nobody looks at any more


class Received(NamedTuple):
    """A message from a worker as it came."""

    type: bytes
    text: bytes
    blob: bytearray


class Link(ABC):
    """One running worker, as the host sees it."""

    reader: asyncio.StreamReader  # the worker's messages

    @abstractmethod
    async def send(self, data: bytes) -> None:
        """Write to the worker. Raises OSError when it is gone."""

    @abstractmethod
    async def kill(self) -> None:
        """End the worker and everything below it; return when that is so. Never raises for a worker that is gone."""

    @abstractmethod
    async def obituary(self) -> str:
        """What is known of why the worker died, in one line."""

    async def receive(self, types: tuple[bytes, ...], max_meta: int = wire.MAX_WORD, max_blob: int = 0) -> Received:
        """The next message, unread. Raises EOFError when the worker is gone, WireError on anything else than a message."""
        head = await self.reader.readexactly(wire.HEAD.size)
        type, meta_size, blob_size = wire.parse_head(head, types, max_meta, max_blob)
        text = await self.reader.readexactly(meta_size)
        blob = bytearray(blob_size)  # filled in pieces: read whole it would be held twice
        at = 0
        while at < blob_size:
            part = await self.reader.read(min(PIECE, blob_size - at))
            if not part:
                raise EOFError("the worker is gone in the middle of a frame")
            blob[at : at + len(part)] = part
            at += len(part)
        return Received(type, text, blob)


class Slot:
    """A place for one job at a time; its worker may be replaced."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.link: Link | None = None
        self.facts: dict[str, Any] = {}


class WarmSandbox(ABC):
    """The `Sandbox` of the contract over warm workers. One instance serves one run, in one event loop."""

    name = "warm"
    data_inside = ""  # where the candidate sees the data; empty: where the host does
    data_dir: Path | None = None

    def __init__(self, slots: int, seats: Seats | None = None) -> None:
        if slots < 1:
            raise ValueError(f"a sandbox needs at least one slot, got {slots}")
        self.slots, self.seats = slots, seats or Seats()
        self.gpus = self.seats.gpus
        if self.gpus and self.seats.first + slots > self.seats.total:
            raise ValueError(f"{slots} slots do not fit in {self.seats}")
        self.device = "cuda" if self.gpus else "cpu"
        self._slots = [Slot(index) for index in range(slots)]
        self._free: asyncio.Queue[Slot] = asyncio.Queue()
        self._mending: set[asyncio.Task[None]] = set()
        self._open = False
        self._starting = asyncio.Lock()

    @abstractmethod
    async def _prepare(self) -> None:
        """Whatever must be so before workers can start. Raises SandboxUnavailable or SandboxError."""

    @abstractmethod
    async def _launch(self, slot: Slot) -> Link:
        """Start a worker for the slot; it need not be ready. Raises SandboxUnavailable or SandboxError."""

    def _gpu_options(self, slot: Slot) -> list[str]:
        """What the worker of a slot is told of its card."""
        gpu = self.seats.gpu(slot.index)
        if gpu is None:
            return []
        return [
            f"--gpu={gpu.uuid}",
            f"--gpu-share={self.seats.share:.4f}",
            *(f"--device={path}" for path in gpu.nodes()),
        ]

    def _admit(self, job: Job) -> str | None:
        """The path of a job's data as the candidate sees it. Raises SandboxError when the slots cannot serve the job."""
        if job.data_dir is None:
            return None
        path = job.data_dir.resolve()
        if self.data_dir is None or not path.is_relative_to(self.data_dir):
            raise SandboxError(
                f"the {self.name} shows candidates the data below {self.data_dir}, job {job.id} wants {path}"
            )
        return str(Path(self.data_inside or self.data_dir) / path.relative_to(self.data_dir))

    async def start(self) -> None:
        """Return when one slot can serve; the others come up beside the work, and what fails there is mended as ever.

        Raises SandboxUnavailable or SandboxError, with nothing left running.
        """
        async with self._starting:
            if self._open:
                return
            await self._prepare()
            self._open = True
            first, *others = self._slots
            try:
                await self._ready(first)
            except BaseException:
                await self.close()
                raise
            self._free.put_nowait(first)
            for slot in others:
                self._mend(slot, stop=False)

    async def run(self, job: Job, on_frame: OnFrame | None = None) -> JobResult:
        """Run one job in a free slot. Cancelling the awaiting task kills the job. Raises SandboxError."""
        if not self._open:
            raise SandboxError(f"the {self.name} sandbox is not started")
        order = await asyncio.to_thread(self._order, job)
        slot = await self._free.get()
        try:
            if slot.link is None or not await self._begun(slot.link, order):
                await self._discard(slot)
                await self._ready(slot)
                if slot.link is None or not await self._begun(slot.link, order):
                    raise EOFError("a new worker did not take it up")
            last, frames = await self._converse(slot.link, job.limits, on_frame)
            lost = await self._lost_gpu(slot, last)
        except asyncio.CancelledError:
            self._mend(slot, stop=True)
            raise
        except (EOFError, OSError, wire.WireError, TimeoutError) as error:
            try:
                why = await slot.link.obituary() if slot.link else str(error)
            finally:
                self._mend(slot, stop=False)
            raise SandboxError(f"the worker of slot {slot.index} was lost during job {job.id}: {why}") from error
        except BaseException:
            self._mend(slot, stop=True)
            raise
        if lost:
            self._mend(slot, stop=False)
            raise SandboxError(f"the GPU of slot {slot.index} was lost during job {job.id}: {lost}")
        self._free.put_nowait(slot)
        return result_of(last, frames)

    def _order(self, job: Job) -> bytes:
        limits = dataclasses.asdict(job.limits)
        limits["memory_mb"] += HOST_MB if self.gpus else 0
        return wire.encode(wire.JOB, {
            "kind": job.kind, "program": job.program, "harness": job.harness, "settings": job.settings,
            "data_dir": self._admit(job), "limits": limits,
        }, wire.pack_arrays(dict(job.arrays or {})))  # fmt: skip

    async def _lost_gpu(self, slot: Slot, last: dict[str, Any]) -> str:
        """Why the slot's card is gone, when a job's failure reads so and a job of ours finds it so; else empty."""
        if self.device != "cuda" or last.get("error"):
            return ""

        async def ask(job: Job) -> JobResult:
            if slot.link is None or not await self._begun(slot.link, self._order(job)):
                raise SandboxError("its worker does not take up another job")
            return result_of(*await self._converse(slot.link, job.limits, None))

        return await why_lost(result_of(last, ()), ask)

    async def close(self) -> None:
        """Kill what runs and leave nothing behind: no process, no container, no file."""
        self._open = False
        for task in list(self._mending):
            task.cancel()
        await asyncio.gather(*self._mending, return_exceptions=True)
        await asyncio.gather(*(self._discard(slot) for slot in self._slots))

    async def _ready(self, slot: Slot) -> None:
        slot.link = await self._launch(slot)
        try:
            async with asyncio.timeout(START_S):
                slot.facts = wire.parse_meta((await slot.link.receive((wire.READY,))).text)
        except (EOFError, OSError, wire.WireError, TimeoutError) as error:
            why = await slot.link.obituary()
            await self._discard(slot)
            raise SandboxError(f"a {self.name} worker did not start: {why or type(error).__name__}") from error
        if self.gpus and not slot.facts.get("cuda"):
            await self._discard(slot)
            raise SandboxUnavailable(f"torch inside the {self.name} is built without CUDA; use a build with it")

    async def _discard(self, slot: Slot) -> None:
        link, slot.link = slot.link, None
        if link is not None:
            await link.kill()

    async def _begun(self, link: Link, order: bytes) -> bool:
        """Hand over a job; False when the worker had died before it took it up, which is no fault of the job's."""
        try:
            async with asyncio.timeout(GRACE_S):
                await link.send(order)
                await link.receive((wire.BEGUN,))
        except (EOFError, OSError, TimeoutError):
            return False
        return True

    async def _converse(
        self, link: Link, limits: Limits, on_frame: OnFrame | None
    ) -> tuple[dict[str, Any], tuple[Frame, ...]]:
        """Take in frames until the worker has said how the job ended.

        What a stopped job still sends is not looked at: how far it came before the word reached it is chance. Frames are read
        beside the event loop, so that a large one keeps nobody waiting.
        """
        frames: list[Frame] = []
        gate = Gate(limits.frames, limits.frames_mb << 20)
        async with asyncio.timeout(limits.wall_s + GRACE_S):
            while True:
                received = await link.receive(
                    (wire.FRAME, wire.RESULT), wire.MAX_WORD, gate.most_blob + wire.SPENT.size
                )
                if received.type == wire.RESULT:
                    return wire.parse_meta(received.text), tuple(frames)
                try:
                    frame = await asyncio.to_thread(frame_of, received, gate)
                except Exception as error:  # whatever reading it raises: a candidate wrote it
                    why = f"a frame that cannot be read: {error}"
                    return {**await self._stopped(link), "failure": "refused", "message": why}, ()
                frames.append(frame)
                if on_frame is not None and not await asyncio.to_thread(on_frame, frame):
                    return {**await self._stopped(link), "failure": None, "message": ""}, tuple(frames)

    async def _stopped(self, link: Link) -> dict[str, Any]:
        """The worker's last word on a job that is told to stop; it relays no frame that is larger than its job allows."""
        await link.send(wire.encode(wire.STOP, {}))
        while (last := await link.receive((wire.BEGUN, wire.FRAME, wire.RESULT), max_blob=ANY)).type != wire.RESULT:
            continue
        return wire.parse_meta(last.text)

    def _mend(self, slot: Slot, stop: bool) -> None:
        """Make the slot fit for the next job in the background: stop what runs there, or start a new worker."""
        task = asyncio.get_running_loop().create_task(self._mended(slot, stop))
        self._mending.add(task)
        task.add_done_callback(self._mending.discard)

    async def _mended(self, slot: Slot, stop: bool) -> None:
        try:
            if not (stop and slot.link and await self._quiet(slot.link)):
                await self._discard(slot)
                if self._open:
                    await self._ready(slot)
        except SandboxError as error:  # the next job in this slot tries again, and is told when that fails too
            log.info("slot %d has no worker: %s", slot.index, error)
        finally:
            self._free.put_nowait(slot)

    async def _quiet(self, link: Link) -> bool:
        """Tell the worker to stop its job; whether it did, in time."""
        try:
            async with asyncio.timeout(STOP_S):
                await self._stopped(link)
        except (EOFError, OSError, wire.WireError, TimeoutError):
            return False
        return True


def frame_of(received: Received, gate: Gate) -> Frame:
    """A frame from a message that a candidate may have written. Raises ValueError."""
    if len(received.text) > gate.most_meta:
        raise wire.WireError(f"a frame's JSON may have {gate.most_meta} bytes, this one has {len(received.text)}")
    blob = received.blob
    cpu_s, wall_s = wire.SPENT.unpack_from(blob, len(blob) - wire.SPENT.size)
    del blob[-wire.SPENT.size :]
    meta = wire.parse_meta(received.text, wire.DEEPEST)
    gate.admit(meta, len(received.text), len(blob))
    return Frame(meta["kind"], meta["meta"], wire.unpack_arrays(blob, gate.open(blob)), cpu_s, wall_s)


def result_of(meta: dict[str, Any], frames: tuple[Frame, ...]) -> JobResult:
    """A result from the worker's last message. Raises SandboxError when the worker could not run the job."""
    if meta.get("error"):
        raise SandboxError(str(meta["error"]))
    failure = meta["failure"]
    return JobResult(
        failure=failure if failure is None or failure in FAILURES else "crash",
        message=str(meta["message"]),
        log=str(meta["log"]),
        frames=frames,
        wall_s=float(meta["wall_s"]),
        cpu_s=float(meta["cpu_s"]),
        peak_memory_mb=float(meta["peak_memory_mb"]),
    )
