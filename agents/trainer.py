"""The Trainer: screens and trains candidates in the sandbox, and measures them here, outside it.

Labels of the validation and test splits stay on this side. The sandbox sends predictions and weights; the host scores the first
and counts the second.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import genome
from agents.contract import Screening
from memory.ledger import Ledger
from memory.records import Candidate, Evaluation
from sandbox.contract import Frame, Job, JobResult, Limits, Sandbox, SandboxError
from tasks import Data, Fidelity, ScoreError, Task

_CHECK = Limits(timeout_s=30.0)
# running statistics of a normalisation layer are measured, not learnt, and not counted, as everybody reports it
_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


class Trainer:
    """See `agents.contract.Examiner`. One instance serves one run."""

    def __init__(
        self,
        task: Task,
        fidelity: Fidelity,
        data: Data,
        ledger: Ledger,
        sandbox: Sandbox,
        folder: Path,
        slots: int,
        run_seed: int,
    ) -> None:
        self._task, self._fidelity, self._data = task, fidelity, data
        self._ledger, self._sandbox, self._folder = ledger, sandbox, folder
        self._slots = asyncio.Semaphore(slots)
        self._locks: dict[str, asyncio.Lock] = {}
        self._train_seed = run_seed

    async def screen(self, child: Candidate, parent: Candidate) -> Screening:
        """Parses, changed, contract, live; not seen before by its code; one step in the sandbox; not seen before by behaviour.

        Only candidates of earlier generations count as seen: which of two equal siblings came first would depend on the clock.
        """
        try:
            genome.check(child.files, parent.files, self._task.roots, self._task.imports)
        except genome.GenomeError as e:
            return Screening(None, None, e.failure, e.message)
        fingerprint = genome.fingerprint(child.files)
        if twin := self._ledger.find_fingerprint(fingerprint, before=child.generation):
            return Screening(fingerprint, None, "duplicate", f"the same program was evaluated before as {twin}")
        result, behaviour = await self._step(child)
        if result.failure:
            return Screening(fingerprint, None, result.failure, result.message)
        if behaviour is None:
            return Screening(
                fingerprint, None, "contract", "the check step ended without a result: the program stopped the process"
            )
        if behaviour == parent.behaviour:
            message = (
                "the code differs but the built model, its optimiser and its outputs are exactly those of the parent"
            )
            return Screening(fingerprint, behaviour, "unchanged", message)
        if twin := self._ledger.find_behaviour(behaviour, before=child.generation):
            return Screening(
                fingerprint, behaviour, "duplicate", f"a program that behaves exactly so was evaluated before as {twin}"
            )
        return Screening(fingerprint, behaviour)

    async def screen_seed(self, seed: Candidate) -> Screening:
        """The seed's own fingerprints; a seed that fails its check is an error of the task, told by the failure."""
        try:
            genome.check_seed(seed.files, self._task.roots, self._task.imports)
            fingerprint = genome.fingerprint(seed.files)
        except genome.GenomeError as e:
            return Screening(None, None, e.failure, e.message)
        result, behaviour = await self._step(seed)
        return Screening(fingerprint, behaviour, result.failure, result.message)

    async def train(self, child: Candidate) -> Evaluation:
        """The outcome of this program at the run's fidelity and training seed. Equal programs share one evaluation."""
        key = self._key(child)
        async with self._locks.setdefault(key, asyncio.Lock()):
            known = self._ledger.evaluation(key)
            if known is not None and known.status == "done":
                self._adopt(known.candidate, child)
                return known
            ticket = Evaluation(key, child.id, self._fidelity.name, self._train_seed, "running")
            async with self._slots:
                self._ledger.open_ticket(ticket)
                scorer = _Scorer(self._task, self._data)
                f = self._fidelity
                job = self._job("train", child, Limits(timeout_s=f.timeout_s, memory_mb=f.memory_mb))
                result = await self._run(job, scorer)
            done = self._outcome(ticket, result, scorer)
            self._keep(child, result, scorer)
            self._ledger.close_ticket(done)
            return done

    def _key(self, child: Candidate) -> str:
        # by behaviour, not by text: siblings that differ in words alone are trained once
        parts = [
            self._task.name,
            self._task.harness,
            child.behaviour,
            self._fidelity.name,
            self._fidelity.settings,
            self._train_seed,
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]

    def _job(self, kind: str, child: Candidate, limits: Limits) -> Job:
        settings: dict[str, Any] = {**self._fidelity.settings, "seed": self._train_seed}
        return Job(f"{child.id}-{kind}", kind, child.files, self._task.harness, self._data.public, settings, limits)  # type: ignore[arg-type]

    async def _step(self, child: Candidate) -> tuple[JobResult, str | None]:
        """One forward and one backward step in the sandbox, and the behaviour fingerprint that came of it."""
        result = await self._run(self._job("check", child, _CHECK), None)
        found = [f.meta.get("behaviour") for f in result.frames if f.kind == "fingerprint"]
        return result, str(found[0]) if found and found[0] else None

    async def _run(self, job: Job, scorer: _Scorer | None) -> JobResult:
        """The job's result. A job that the sandbox loses is tried once more; lost twice in a row, it stops the run."""
        try:
            return await self._sandbox.run(job, scorer)
        except SandboxError as e:
            self._ledger.add_event("lost", {"job": job.id, "attempt": 1, "why": str(e)})
        if scorer:
            scorer.clear()
        try:
            return await self._sandbox.run(job, scorer)
        except SandboxError as e:
            self._ledger.add_event("lost", {"job": job.id, "attempt": 2, "why": str(e)})
            raise SandboxError(f"the sandbox lost {job.id} twice: {e}") from e

    def _outcome(self, ticket: Evaluation, result: JobResult, scorer: _Scorer) -> Evaluation:
        failure, message, objectives = result.failure, result.message, None
        if failure is None and scorer.failure:
            failure, message = scorer.failure
        if failure is None:
            try:
                objectives = scorer.objectives()
            except ScoreError as e:
                failure, message = e.failure, str(e)
        return replace(
            ticket,
            status="done",
            failure=failure,
            message=message,
            objectives=objectives,
            wall_s=result.wall_s,
            cpu_s=result.cpu_s,
            peak_memory_mb=result.peak_memory_mb,
            curve=tuple(scorer.curve),
        )

    def _keep(self, child: Candidate, result: JobResult, scorer: _Scorer) -> None:
        """Program, log, weights and the sealed test predictions in the candidate's folder, complete or not at all."""
        from safetensors.numpy import save_file

        folder = self._folder / child.id
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in child.files.items():
            write(folder / name, text.encode())
        write(folder / "log.txt", result.log.encode())
        for name, arrays in (
            ("weights", scorer.weights),
            ("test_predictions", {"scores": scorer.test} if scorer.test is not None else None),
        ):
            if arrays:
                temporary = folder / f".{name}.tmp"
                save_file({k: np.ascontiguousarray(v) for k, v in arrays.items()}, str(temporary))
                temporary.replace(folder / f"{name}.safetensors")

    def _adopt(self, twin: str, child: Candidate) -> None:
        """The files of an equal program's training, under this candidate's name too."""
        source, folder = self._folder / twin, self._folder / child.id
        if twin == child.id or not source.exists():
            return
        for name in ("log.txt", "weights.safetensors", "test_predictions.safetensors"):
            if (source / name).exists():
                write(folder / name, (source / name).read_bytes())
        for name, text in child.files.items():
            write(folder / name, text.encode())


class _Scorer:
    """Receives a job's frames: scores validation predictions as they come, keeps the test predictions unread."""

    def __init__(self, task: Task, data: Data) -> None:
        self._task, self._labels = task, data.labels
        self.clear()

    def clear(self) -> None:
        self.curve: list[dict[str, float]] = []
        self.weights: dict[str, np.ndarray] | None = None
        self.test: np.ndarray | None = None
        self.failure: tuple[str, str] | None = None

    def __call__(self, frame: Frame) -> bool:
        scores = frame.arrays.get("scores")
        if frame.kind == "predict" and scores is not None and frame.meta.get("split") == "val":
            try:
                self.curve.append(
                    {"step": float(frame.meta.get("step", 0)), "score": self._task.score(scores, self._labels["val"])}
                )
            except (ScoreError, TypeError, ValueError) as e:
                self.failure = (getattr(e, "failure", "contract"), str(e))
                return False
        elif frame.kind == "predict" and scores is not None and frame.meta.get("split") == "test":
            self.test = scores
        elif frame.kind == "weights":
            self.weights = frame.arrays
        return True

    def objectives(self) -> dict[str, float]:
        """Every objective of the task, measured on this side."""
        if not self.curve or self.weights is None or self.test is None:
            missing = [
                n
                for n, v in (
                    ("validation predictions", self.curve),
                    ("weights", self.weights),
                    ("test predictions", self.test),
                )
                if v is None or v == []
            ]
            raise ScoreError("contract", f"training ended without {' and '.join(missing)}")
        measured = {"params": float(count_parameters(self.weights))}
        return {o.name: measured.get(o.name, self.curve[-1]["score"]) for o in self._task.objectives}


def count_parameters(weights: dict[str, np.ndarray]) -> int:
    """Numbers in the saved weights, running statistics of normalisation layers (at most one-dimensional) apart."""
    return sum(v.size for k, v in weights.items() if not (k.rpartition(".")[2] in _STATISTICS and v.ndim <= 1))


def write(path: Path, content: bytes) -> None:
    """The file is there complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)
