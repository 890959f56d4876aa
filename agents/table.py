"""The Examiner of a table task: the host looks up or computes what a program is worth, and opens no sandbox for it.

A program is text here: it is parsed and never run, so there is nothing that an audit could hold its outcome against.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from agents.blame import of_candidate
from agents.contract import Screening
from agents.screening import read, read_seed
from memory.ledger import Ledger
from memory.records import FAILURES, UNTRIED, Audit, Candidate, Evaluation
from memory.seeds import training_seeds
from tasks import ScoreError, Table, Task
from tasks.table import FIDELITY


class TableExaminer:
    """See `agents.contract.Examiner`. One instance serves one run."""

    def __init__(self, task: Task, table: Table, ledger: Ledger, run_seed: int) -> None:
        self._task, self._table, self._ledger, self._seed = task, table, ledger, run_seed
        # one at a time, always in this thread: an author's code need not know of threads, and a slow one keeps nobody else waiting
        self._thread = ThreadPoolExecutor(1, "table")
        self._turn = asyncio.Lock()

    def close(self) -> None:
        """Let go of the thread; what it works on is not waited for."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def screen(self, child: Candidate, parent: Candidate) -> Screening:
        """The checks of a program's text."""
        return read(self._task, self._ledger, child, parent)

    async def screen_seed(self, seed: Candidate) -> Screening:
        """The same for the task's own program, which has no parent."""
        return read_seed(self._task, seed)

    async def train(self, child: Candidate) -> Evaluation:
        """What the task's evaluator says of this program. Equal programs share one evaluation."""
        return await self._evaluated(child, self._seed)

    async def train_again(self, child: Candidate, times: int) -> list[Evaluation]:
        """Further evaluations, each with a seed of its own."""
        _, *further = training_seeds(self._seed, times + 1)
        return [await self._evaluated(child, seed) for seed in further]

    async def audit(self, child: Candidate) -> Audit:
        """Nothing to hold against it: the outcome is the host's own."""
        return Audit(self._key(child, self._seed), child.id)

    async def _evaluated(self, child: Candidate, seed: int) -> Evaluation:
        key = self._key(child, seed)
        async with self._turn:
            known = self._ledger.evaluation(key)
            if known is not None and known.status == "done":
                return known
            now = time.time()
            ticket = Evaluation(
                key, child.id, FIDELITY, seed, "running", attempt=child.repairs, asked_at=now, begun_at=now
            )
            loop = asyncio.get_running_loop()
            done = await loop.run_in_executor(self._thread, evaluated, self._task, self._table, child.files, ticket)
            done = replace(done, ended_at=time.time(), wall_s=time.time() - now)
            with (
                self._ledger.transaction()
            ):  # an evaluation that a stop cuts off costs milliseconds: it needs no ticket on the disk
                self._ledger.open_ticket(ticket)
                self._ledger.close_ticket(done)
            return done

    def _key(self, child: Candidate, seed: int) -> str:
        parts = [self._task.name, self._task.evaluator, child.fingerprint, seed]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def evaluated(task: Task, table: Table, files: Mapping[str, str], ticket: Evaluation) -> Evaluation:
    """The outcome of this ticket's program: its objectives, or the kind of its failure."""
    failure, message, objectives = None, "", None
    try:
        objectives = of_candidate(lambda: _checked(task, table.evaluate(files, ticket.train_seed)))
    except ScoreError as e:
        known = e.failure in FAILURES and e.failure not in UNTRIED
        failure, message = e.failure if known else "contract", str(e)
    return replace(ticket, status="done", failure=failure, message=message, objectives=objectives)


def _checked(task: Task, said: Any) -> dict[str, float]:
    """Every objective of the task, as finite numbers; what else was said is left out. Raises ScoreError."""
    names = [o.name for o in task.objectives]
    if not isinstance(said, Mapping) or not set(names) <= set(said):
        came = ", ".join(sorted(map(str, said))) if isinstance(said, Mapping) else type(said).__name__
        raise ScoreError("contract", f"evaluate() must return {', '.join(names)}; it returned {came or 'nothing'}")
    values = {name: float(said[name]) for name in names}
    if bad := [f"{name} is {value}" for name, value in values.items() if not math.isfinite(value)]:
        raise ScoreError("nan", f"not finite: {', '.join(bad)}")
    return values
