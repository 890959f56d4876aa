"""The Trainer: screens and trains candidates in the sandbox, and measures them here, outside it.

Labels of the validation and test splits stay on this side. The sandbox sends predictions and weights; the host scores the first
and counts the second.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

from agents.audit import Auditor
from agents.blame import of_candidate
from agents.contract import Screening
from agents.inspection import Inspector
from agents.jobs import Jobs
from agents.keeping import adopt, keep
from agents.racing import Race
from agents.rivals import Races
from agents.scorer import Scorer
from agents.screening import Screener
from agents.settings import Racing
from agents.stopwatch import Stopwatch
from agents.together import all_of
from memory.ledger import Ledger, LedgerError
from memory.records import Audit, Candidate, Evaluation
from memory.seeds import training_seeds
from sandbox.contract import JobResult, Sandbox
from tasks import Data, Fidelity, ScoreError, Task

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
        """`audit_room` is a sandbox, not started, that shows `data.inputs` and nothing else."""
        self._task, self._fidelity, self._data = task, fidelity, data
        self._ledger, self._folder, self._train_seed = ledger, folder, run_seed
        self._slots = asyncio.Semaphore(slots)
        self._locks: dict[str, asyncio.Lock] = {}
        self._measured_clean = [o.name for o in task.objectives if o.name in _CLEAN]
        self._jobs = jobs = Jobs(task, fidelity, data, ledger, sandbox, run_seed)
        self._screener = Screener(task, ledger, jobs)
        self._races = Races(task, fidelity, ledger, racing, run_seed)
        classes = task.metric == "error_percent"
        auditor = Auditor(
            task.harness, jobs.settings(), jobs.limits("audit"), data.inputs, audit_room, jobs.lost, classes
        )
        on_card = sandbox.device == "cuda"
        latency = "latency_ms" in self._measured_clean
        watch = Stopwatch(data, ledger, auditor, jobs.again, jobs.turns, fidelity.settings, on_card, latency)
        self._inspector = Inspector(task, data, ledger, folder, auditor, watch)

    async def screen(self, child: Candidate, parent: Candidate) -> Screening:
        """See `agents.screening.Screener`."""
        return await self._screener.screen(child, parent)

    async def screen_seed(self, seed: Candidate) -> Screening:
        """The same for the task's own program, which has no parent."""
        return await self._screener.screen_seed(seed)

    async def train(self, child: Candidate) -> Evaluation:
        """The outcome of this program at the run's fidelity and training seed. Equal programs share one evaluation."""
        return await self._trained(child, self._train_seed, self._races.race_of(child))

    async def train_again(self, child: Candidate, times: int) -> list[Evaluation]:
        """Further trainings of a measured program, each with a seed of its own, never raced; a seed is trained once."""
        _, *further = training_seeds(self._train_seed, times + 1)
        return await all_of(self._trained(child, seed, None) for seed in further)

    async def _trained(self, child: Candidate, seed: int, race: Race | None) -> Evaluation:
        key = self._jobs.key(child, seed)
        async with self._locks.setdefault(key, asyncio.Lock()):
            known = self._ledger.evaluation(key)
            retried = known is not None and known.failure == "lost" and known.candidate != child.id
            if known is not None and known.status == "done" and not retried:
                adopt(self._folder, known, child)
                return known
            ticket = Evaluation(
                key, child.id, self._fidelity.name, seed, "running", attempt=child.repairs, asked_at=time.time()
            )
            async with self._slots:
                ticket = replace(ticket, begun_at=time.time())
                self._ledger.open_ticket(ticket)
                scorer = Scorer(self._task, self._data, race)
                result = await self._jobs.train(child, seed, scorer)
            done = _outcome(replace(ticket, ended_at=time.time()), result, scorer)
            if seed == self._train_seed:
                done = replace(done, sealed=await asyncio.to_thread(keep, self._folder, child, result, scorer))
            audit = await self._audited(done, child) if self._measured_clean and done.failure is None else None
            with self._ledger.transaction():  # an audit is of the weights that this very training left
                if audit:
                    done = self._complete(done, audit)
                if audit and seed == self._train_seed:
                    self._ledger.put_audit(audit)
                self._ledger.close_ticket(done)
            return done

    async def audit(self, child: Candidate) -> Audit:
        """Whether the child's code and stored weights alone make its predictions again; looked at once."""
        done = self._ledger.evaluation(self._jobs.key(child))
        if done is None:
            raise LedgerError(f"{child.id} was not trained; train comes before audit")
        known = self._ledger.audit(done.key)
        if known is None:
            begun_at = time.time()
            known = await self._inspector.inspect(child, done)
            known = replace(known, begun_at=begun_at, ended_at=time.time())
            self._ledger.put_audit(known)
        return known

    async def _audited(self, done: Evaluation, child: Candidate) -> Audit:
        """What the audit finds. A further training keeps no weights: it is held against the look at those of the first."""
        first = self._ledger.audit(self._jobs.key(child)) if done.train_seed != self._train_seed else None
        return replace(first, key=done.key) if first else await self._inspector.inspect(child, done)

    def _complete(self, done: Evaluation, audit: Audit) -> Evaluation:
        """The outcome with the objectives that only an audit measures."""
        if audit.fault:
            return replace(done, failure="audit", message=audit.fault, objectives=None)
        if missing := [name for name in self._measured_clean if name not in audit.measured]:
            message = f"{' and '.join(missing)} cannot be measured: {audit.unproven}"
            return replace(done, failure="unproven", message=message, objectives=None)
        objectives = {**(done.objectives or {}), **audit.measured}
        return replace(done, objectives={o.name: objectives[o.name] for o in self._task.objectives})


def _outcome(ticket: Evaluation, result: JobResult, scorer: Scorer) -> Evaluation:
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
