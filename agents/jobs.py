"""What the sandbox is asked to do for a run: checks and trainings, with their settings, seeds and bounds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import genome
from agents.attempts import run_twice
from agents.bounds import frame_bounds
from agents.scorer import Scorer
from agents.turns import Turns
from memory.ledger import Ledger
from memory.records import Candidate
from sandbox.contract import Job, JobResult, Limits, OnFrame, Sandbox, SandboxError
from tasks import Data, Fidelity, Task

Forget = Callable[[], None]  # what was seen of a job that was lost

_CHECK_S = 30.0  # most processor seconds of the quick check of a proposal


class Jobs:
    """Makes the jobs of one run and has them done. Each may raise SandboxError when the sandbox fails for good."""

    def __init__(
        self, task: Task, fidelity: Fidelity, data: Data, ledger: Ledger, sandbox: Sandbox, run_seed: int
    ) -> None:
        self._task, self._fidelity, self._data = task, fidelity, data
        self._ledger, self._sandbox, self._run_seed = ledger, sandbox, run_seed
        self.turns = Turns()
        # on a GPU the same program comes out differently, so its evaluations are others than those on the CPU
        self._elsewhere = {"device": "cuda"} if sandbox.device == "cuda" else {}
        # weights are at most what the program may hold in memory
        frames_mb = max(Limits.frames_mb, fidelity.memory_mb)
        self._limits = Limits(timeout_s=fidelity.timeout_s, memory_mb=fidelity.memory_mb, frames_mb=frames_mb)
        self._frames = frame_bounds(task, data, fidelity.settings, self._limits)

    def key(self, child: Candidate, seed: int | None = None) -> str:
        """The ledger's key of the training with this seed; the run's own where none is given."""
        # by code in normal form: what a program does at first says nothing of what it does later
        parts = [
            self._task.name,
            self._task.harness,
            child.fingerprint or genome.fingerprint(child.files),
            self._fidelity.name,
            self._fidelity.settings,
            self._run_seed if seed is None else seed,
            *self._elsewhere.values(),
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]

    def settings(self, seed: int | None = None, check: bool = False) -> dict[str, Any]:
        """What the harness is told."""
        chosen = self._fidelity.for_check(self._task.harness) if check else self._fidelity.settings
        return {**chosen, "seed": self._run_seed if seed is None else seed, **self._elsewhere}

    def limits(self, kind: Literal["check", "train", "audit"]) -> Limits:
        """What a job of this kind may take."""
        f = self._fidelity  # a check is less than a training and must not ask for more
        check = Limits(timeout_s=min(_CHECK_S, f.timeout_s), memory_mb=f.memory_mb)
        return replace(check if kind == "check" else self._limits, frames=self._frames[kind])

    async def check(self, child: Candidate) -> JobResult:
        """One forward and one backward step."""
        return await self._run(self._job("check", child), None)

    async def train(self, child: Candidate, seed: int, scorer: Scorer) -> JobResult:
        """A training with this seed, as `scorer` sees it."""
        return await self._run(self._job("train", child, seed), scorer)

    async def again(self, child: Candidate, on_frame: OnFrame, forget: Forget) -> JobResult:
        """The training of a measured program once more, for as long as `on_frame` wants to see of it."""
        return await self._twice(self._job("train", child), on_frame, forget)

    def lost(self, job: Job, attempt: int, why: SandboxError) -> None:
        """Write down that the sandbox lost a job, or could not measure it."""
        self._ledger.add_event("lost", {"job": job.id, "attempt": attempt, "why": str(why)})

    def _job(self, kind: Literal["check", "train"], child: Candidate, seed: int | None = None) -> Job:
        settings = self.settings(seed, kind == "check")
        return Job(
            # two trainings of one program, which may run side by side, are two jobs
            id=f"{child.id}-{kind}" + ("" if seed in (None, self._run_seed) else f"-{seed}"),
            kind=kind,
            program=child.files,
            harness=self._task.harness,
            data_dir=self._data.public,
            settings=settings,
            limits=self.limits(kind),
        )

    async def _run(self, job: Job, scorer: Scorer | None) -> JobResult:
        async with self.turns.shared():
            return await self._twice(job, scorer, scorer.clear if scorer else None)

    async def _twice(self, job: Job, on_frame: OnFrame | None, forget: Forget | None) -> JobResult:
        """The job's result, see `run_twice`; before a second attempt what was seen of the first is forgotten."""

        def lost(job: Job, attempt: int, why: SandboxError) -> None:
            self.lost(job, attempt, why)
            if forget:
                forget()

        return await run_twice(self._sandbox, job, lost, on_frame)
