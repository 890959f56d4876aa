"""The one contract of every backend: a job goes in, frames come out, a result ends it.

What the program does wrong is a `JobResult` with a failure kind; what the sandbox does wrong is a `SandboxError`.
Nothing in a result that came from inside is to be believed: it is bytes that a candidate may have written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from sandbox.worker.bounds import Bound

if TYPE_CHECKING:
    import numpy as np

BACK_S = 20.0  # an engine that was stopped or restarted has so long to come back before jobs are given up


class SandboxError(Exception):
    """The sandbox itself failed (engine gone, worker killed from outside): the candidate is not to blame."""


class SandboxUnavailable(SandboxError):
    """This machine cannot run this backend; the message says what is missing and the cure."""


@dataclass(frozen=True)
class Limits:
    """Bounds of one job. Time counts from when the candidate's own process has its job.

    What counts is the program's: the processor time of its process and of everything it started, all threads added up, and no less
    than the time by the clock in which it did not wait for a processor, so that a program that sleeps comes to its end too. How
    busy the machine is does not count.
    """

    timeout_s: float = 60.0
    patience: float = (
        10.0  # times `timeout_s` that it may take by the clock: a guard, far behind what a busy machine does
    )
    memory_mb: int = 2048  # above what the worker itself needs for torch
    threads: int = 64  # tasks (threads and processes) at once
    log_kb: int = 256  # standard output and error; the rest is dropped and said so
    frames_mb: int = 256  # all frames together
    frames: tuple[
        Bound, ...
    ] = ()  # the kinds that may come and how large each may be; none: any kind, within generous bounds
    scratch_mb: int = 64  # the job's own folder

    @property
    def wall_s(self) -> float:
        """Seconds by the clock after which the guard ends the program: it was not measured."""
        return self.patience * self.timeout_s


@dataclass(frozen=True)
class Job:
    id: str
    kind: Literal["check", "train", "audit"]  # the function of the harness that is called
    program: dict[str, str]  # file name -> text; `program.py` is the entry
    harness: str  # text of the task's harness
    data_dir: Path | None  # training data and bare inputs, mounted read-only; never a label of validation or test
    settings: dict[str, Any] = field(default_factory=dict)  # handed to the harness: steps, seed, device, ...
    limits: Limits = field(default_factory=Limits)
    arrays: Mapping[str, np.ndarray] | None = None  # handed in as a safetensors file, its path is settings["weights"]


@dataclass(frozen=True)
class Frame:
    """One message from inside, within its bounds: `meta` is JSON, `arrays` arrived as safetensors bytes (never pickled)."""

    kind: str  # "predict", "weights", "fingerprint", "progress"
    meta: dict[str, Any]
    arrays: dict[str, np.ndarray]
    # when it came, as the worker saw it from outside: seconds of the program's processor, and by the clock, since it has its job
    cpu_s: float = 0.0
    wall_s: float = 0.0


@dataclass(frozen=True)
class JobResult:
    failure: (
        str | None
    )  # None, or one of: syntax contract shape nan memory timeout crash refused; `lost` by `run_twice` alone
    message: str  # the exact error, as the author of the code should see it; empty when all went well
    log: str  # standard output and error, bounded
    frames: tuple[Frame, ...]
    # measured by the host or by the worker's own process, never by the candidate's
    wall_s: float
    cpu_s: float
    peak_memory_mb: float

    def unmeasured(self, limits: Limits) -> bool:
        """Whether the guard on the clock ended it: nothing else ends a program that late with a timeout."""
        return self.failure == "timeout" and self.wall_s >= limits.wall_s


# called as frames arrive, one after the other, in a thread that is not the event loop's: it may take its time. Answering False
# stops the job, which then ends without failure
OnFrame = Callable[[Frame], bool]


class Sandbox(Protocol):
    """Called by the Trainer. One instance serves one run; `run` may be awaited by many and queues for a slot."""

    name: str
    slots: int
    device: str  # "cpu" or "cuda": where jobs are to compute

    async def start(self) -> None:
        """Start the slots; once started, nothing is done. Raises SandboxUnavailable or SandboxError."""

    async def run(self, job: Job, on_frame: OnFrame | None = None) -> JobResult:
        """Run one job in a free slot. Cancelling the awaiting task kills the job. Raises SandboxError."""
        ...

    async def close(self) -> None:
        """Kill what runs and leave nothing behind: no process, no container, no file."""
