"""The Trainer: screens and trains candidates in the sandbox, and measures them here, outside it.

Labels of the validation and test splits stay on this side. The sandbox sends predictions and weights; the host scores the first
and counts the second.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import genome
from agents.attempts import run_twice
from agents.audit import Auditor
from agents.blame import of_candidate
from agents.bounds import frame_bounds
from agents.contract import Screening
from agents.inspection import Inspector
from agents.racing import Race, Rival
from agents.scorer import Scorer
from agents.settings import Racing
from agents.stopwatch import Stopwatch
from agents.together import all_of
from agents.turns import Turns
from memory.files import write_whole
from memory.ledger import Ledger, LedgerError
from memory.records import Audit, Candidate, Evaluation
from memory.sealed import seal
from memory.seeds import training_seeds
from sandbox.contract import Frame, Job, JobResult, Limits, OnFrame, Sandbox, SandboxError
from tasks import Data, Fidelity, ScoreError, Task

_CHECK_S = 30.0  # most seconds of the quick check of a proposal
_CLEAN = ("flops", "latency_ms")  # objectives that only the clean pass of an audit can measure


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
        audit_room: Sandbox,
        racing: Racing | None = None,
    ) -> None:
        """`audit_room` is a sandbox of one slot, not started, that shows `data.inputs` and nothing else."""
        self._racing = racing
        self._rivals: tuple[int, tuple[Rival, ...]] = (-1, ())  # of the generations before this one
        self._task, self._fidelity, self._data = task, fidelity, data
        self._ledger, self._sandbox, self._folder = ledger, sandbox, folder
        self._slots = asyncio.Semaphore(slots)
        self._locks: dict[str, asyncio.Lock] = {}
        self._train_seed = run_seed
        # on a GPU the same program comes out differently, so its evaluations are others than those on the CPU
        self._elsewhere = {"device": "cuda"} if sandbox.device == "cuda" else {}
        # weights are at most what the program may hold in memory
        frames_mb = max(Limits.frames_mb, fidelity.memory_mb)
        self._limits = Limits(timeout_s=fidelity.timeout_s, memory_mb=fidelity.memory_mb, frames_mb=frames_mb)
        self._frames = frame_bounds(task, data, fidelity.settings, self._limits)
        limits = replace(self._limits, frames=self._frames["audit"])
        settings = {**fidelity.settings, "seed": run_seed, **self._elsewhere}
        classes = task.metric == "error_percent"
        auditor = Auditor(task.harness, settings, limits, data.inputs, audit_room, self._lost, classes)
        self._turns = Turns()
        on_card = sandbox.device == "cuda"
        watch = Stopwatch(data, ledger, auditor, self._again, self._turns, fidelity.settings, on_card)
        self._inspector = Inspector(task, data, ledger, folder, auditor, watch)
        self._measured_clean = [o.name for o in task.objectives if o.name in _CLEAN]

    async def screen(self, child: Candidate, parent: Candidate) -> Screening:
        """Parses, changed, contract, live; not seen before by its code; one step in the sandbox.

        Only candidates of earlier generations count as seen: which of two equal siblings came first would depend on the clock.
        """
        try:
            genome.check(child.files, parent.files, self._task.roots, self._task.imports)
        except genome.GenomeError as e:
            return Screening(None, None, e.failure, e.message)
        fingerprint = genome.fingerprint(child.files)
        if twin := self._ledger.find_fingerprint(fingerprint, upto=child.after):
            return Screening(fingerprint, None, "duplicate", f"the same program was evaluated before as {twin}")
        result, behaviour, size = await self._step(child)
        if result.failure:
            return Screening(fingerprint, None, result.failure, result.message)
        if behaviour is None:
            return Screening(
                fingerprint, None, "contract", "the check step ended without a result: the program stopped the process"
            )
        return Screening(fingerprint, behaviour, message=self._hint(child, behaviour, parent), size=size)

    def _hint(self, child: Candidate, behaviour: str, parent: Candidate) -> str:
        """What its author should know of its first step: nothing is concluded from it, for it may act later."""
        like = parent.id if behaviour == parent.behaviour else self._ledger.find_behaviour(behaviour, child.after)
        if like is None:
            return ""
        return f"its first step, and all that can be seen before it, is exactly that of {like}: what is new acts later or never"

    async def screen_seed(self, seed: Candidate) -> Screening:
        """The seed's own fingerprints; a seed that fails its check is an error of the task, told by the failure."""
        try:
            genome.check_seed(seed.files, self._task.roots, self._task.imports)
            fingerprint = genome.fingerprint(seed.files)
        except genome.GenomeError as e:
            return Screening(None, None, e.failure, e.message)
        result, behaviour, size = await self._step(seed)
        return Screening(fingerprint, behaviour, result.failure, result.message, size)

    async def train(self, child: Candidate) -> Evaluation:
        """The outcome of this program at the run's fidelity and training seed. Equal programs share one evaluation."""
        return await self._trained(child, self._train_seed, self._race(child))

    async def train_again(self, child: Candidate, times: int) -> list[Evaluation]:
        """Further trainings of a measured program, each with a seed of its own, never raced; a seed is trained once."""
        _, *further = training_seeds(self._train_seed, times + 1)
        return await all_of(self._trained(child, seed, None) for seed in further)

    async def _trained(self, child: Candidate, seed: int, race: Race | None) -> Evaluation:
        key = self._key(child, seed)
        async with self._locks.setdefault(key, asyncio.Lock()):
            known = self._ledger.evaluation(key)
            retried = known is not None and known.failure == "lost" and known.candidate != child.id
            if known is not None and known.status == "done" and not retried:
                self._adopt(known.candidate, child)
                return known
            ticket = Evaluation(key, child.id, self._fidelity.name, seed, "running")
            async with self._slots:
                self._ledger.open_ticket(ticket)
                scorer = Scorer(self._task, self._data, race)
                job = self._job("train", child, self._limits, seed)
                result = await self._run(job, scorer)
            done = self._outcome(ticket, result, scorer)
            if seed == self._train_seed:
                done = replace(done, sealed=await asyncio.to_thread(self._keep, child, result, scorer))
            audit = await self._audited(done, child) if self._measured_clean and done.failure is None else None
            with self._ledger.transaction():  # an audit is of the weights that this very training left
                if audit:
                    done = self._complete(done, audit)
                if audit and seed == self._train_seed:
                    self._ledger.put_audit(audit)
                self._ledger.close_ticket(done)
            return done

    def _race(self, child: Candidate) -> Race | None:
        """The race that this child runs, against everything measured in earlier generations; the seed runs none."""
        if self._racing is None or not self._racing.rungs or child.operator == "seed":
            return None
        if self._rivals[0] != child.generation:
            measured = self._ledger.candidates(status="evaluated", code=False)
            earlier = {c.id: c for c in measured if c.committed is not None and c.committed <= child.after}
            rivals = [
                Rival(_size(earlier[e.candidate]), tuple((p["step"], p["score"]) for p in e.curve))
                for e in self._ledger.evaluations("done")
                if e.candidate in earlier and e.train_seed == self._train_seed and e.failure is None
            ]
            self._rivals = (child.generation, tuple(rivals))
        metric = self._task.objectives[0].name
        return Race(
            steps=int(self._fidelity.settings["steps"]),
            rungs=self._racing.rungs,
            keep=self._racing.keep,
            least=self._racing.least,
            margin=self._racing.margin * self._task.noise.get(metric, 0.0),
            rivals=self._rivals[1],
            size=child.size,
        )

    async def audit(self, child: Candidate) -> Audit:
        """Whether the child's code and stored weights alone make its predictions again; looked at once."""
        done = self._ledger.evaluation(self._key(child))
        if done is None:
            raise LedgerError(f"{child.id} was not trained; train comes before audit")
        known = self._ledger.audit(done.key)
        if known is None:
            known = await self._inspector.inspect(child, done)
            self._ledger.put_audit(known)
        return known

    async def _audited(self, done: Evaluation, child: Candidate) -> Audit:
        """What the audit finds. A further training keeps no weights: it is held against the look at those of the first."""
        first = self._ledger.audit(self._key(child)) if done.train_seed != self._train_seed else None
        return replace(first, key=done.key) if first else await self._inspector.inspect(child, done)

    async def _again(self, child: Candidate, on_frame: OnFrame) -> JobResult:
        """The training of a measured program once more, for as long as `on_frame` wants to see of it."""
        job = self._job("train", child, self._limits)
        return await run_twice(self._sandbox, job, self._lost, on_frame)

    def _complete(self, done: Evaluation, audit: Audit) -> Evaluation:
        """The outcome with the objectives that only an audit measures."""
        if audit.fault:
            return replace(done, failure="audit", message=audit.fault, objectives=None)
        if missing := [name for name in self._measured_clean if name not in audit.measured]:
            message = f"{' and '.join(missing)} cannot be measured: {audit.unproven}"
            return replace(done, failure="unproven", message=message, objectives=None)
        objectives = {**(done.objectives or {}), **audit.measured}
        return replace(done, objectives={o.name: objectives[o.name] for o in self._task.objectives})

    def _key(self, child: Candidate, seed: int | None = None) -> str:
        # by code in normal form: what a program does at first says nothing of what it does later
        parts = [
            self._task.name,
            self._task.harness,
            child.fingerprint or genome.fingerprint(child.files),
            self._fidelity.name,
            self._fidelity.settings,
            self._train_seed if seed is None else seed,
            *self._elsewhere.values(),
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]

    def _job(self, kind: str, child: Candidate, limits: Limits, seed: int | None = None) -> Job:
        used = self._train_seed if seed is None else seed
        chosen = self._fidelity.for_check(self._task.harness) if kind == "check" else self._fidelity.settings
        settings: dict[str, Any] = {**chosen, "seed": used, **self._elsewhere}
        limits = replace(limits, frames=self._frames[kind])
        return Job(f"{child.id}-{kind}", kind, child.files, self._task.harness, self._data.public, settings, limits)  # type: ignore[arg-type]

    async def _step(self, child: Candidate) -> tuple[JobResult, str | None, int | None]:
        """One forward and one backward step in the sandbox; the behaviour fingerprint and the size that the check told."""
        f = self._fidelity  # a check is less than a training and must not ask for more
        limits = Limits(timeout_s=min(_CHECK_S, f.timeout_s), memory_mb=f.memory_mb)
        result = await self._run(self._job("check", child, limits), None)
        try:
            return result, *of_candidate(_told, result.frames)
        except ScoreError as e:
            return replace(result, failure=result.failure or e.failure, message=result.message or str(e)), None, None

    async def _run(self, job: Job, scorer: Scorer | None) -> JobResult:
        """The job's result. A job that the sandbox loses is tried once more; see `run_twice` for one that is lost again."""

        def lost(job: Job, attempt: int, why: SandboxError) -> None:
            self._lost(job, attempt, why)
            if scorer:
                scorer.clear()

        async with self._turns.shared():
            return await run_twice(self._sandbox, job, lost, scorer)

    def _lost(self, job: Job, attempt: int, why: SandboxError) -> None:
        self._ledger.add_event("lost", {"job": job.id, "attempt": attempt, "why": str(why)})

    def _outcome(self, ticket: Evaluation, result: JobResult, scorer: Scorer) -> Evaluation:
        failure, message, objectives = result.failure, result.message, None
        if failure is None and scorer.failure:
            failure, message = scorer.failure
        if failure is None:
            try:
                objectives = of_candidate(scorer.objectives)
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

    def _keep(self, child: Candidate, result: JobResult, scorer: Scorer) -> str:
        """Program, log, weights and test predictions in the candidate's folder, each complete or not at all; the seal of the last."""
        folder = self._folder / child.id
        for name, text in child.files.items():
            write_whole(folder / name, text.encode("utf-8", "replace"))
        write_whole(folder / "log.txt", result.log.encode("utf-8", "replace"))
        try:
            files = of_candidate(scorer.files)
        except ScoreError:  # what is not there is missed by its audit
            files = {}
        for name, body in files.items():
            write_whole(folder / f"{name}.safetensors", body)
        return seal(files["test_predictions"]) if "test_predictions" in files else ""

    def _adopt(self, twin: str, child: Candidate) -> None:
        """The files of an equal program's training, under this candidate's name too."""
        source, folder = self._folder / twin, self._folder / child.id
        if twin == child.id or not source.exists():
            return
        for name in ("log.txt", *(f"{n}.safetensors" for n in ("weights", "val_predictions", "test_predictions"))):
            if (source / name).exists():
                write_whole(folder / name, (source / name).read_bytes())
        for name, text in child.files.items():
            write_whole(folder / name, text.encode())


def _told(frames: Sequence[Frame]) -> tuple[str | None, int | None]:
    """Behaviour and parameters as the check told them, where these are such; it may tell nothing. Raises ScoreError."""
    told = next((f.meta for f in frames if f.kind == "fingerprint"), {})
    behaviour, size = told.get("behaviour"), told.get("params")
    if behaviour is not None and not (isinstance(behaviour, str) and behaviour.isprintable() and len(behaviour) <= 200):
        raise ScoreError("contract", "the fingerprint of the check step is at most 200 printable characters")
    # an untrue size gains nothing: it is used in races alone, and who says less is held against fewer
    return behaviour or None, size if type(size) is int and 0 <= size < 1 << 53 else None


def _size(candidate: Candidate) -> int | None:
    counted = (candidate.objectives or {}).get("params")
    return candidate.size if counted is None else int(counted)
