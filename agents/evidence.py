"""Which measured steps the Critic is shown: near what led to the best, large beside the noise, gains and failures alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from memory.better import noise_between
from memory.connect import LedgerError
from memory.index import Index
from memory.ledger import Ledger
from memory.records import Evidence, Loan
from memory.shared import SharedMemory, exhibit_from, run_key
from memory.steps import Exhibit, choose, size, units, verdict
from memory.yardstick import chance
from tasks import Task


class Gallery:
    """Asked by the Critic. Steps of other runs are looked up once a generation and kept in the ledger."""

    def __init__(
        self, task: Task, ledger: Ledger, index: Index, shared: SharedMemory | None, source: Ledger | None
    ) -> None:
        """`source` is the ledger of the run that is replayed: what it borrowed is borrowed again, whatever is shared now."""
        self._task, self._ledger, self._index, self._shared, self._source = task, ledger, index, shared, source
        self._goals = {o.name: o.goal for o in task.objectives}

    def choose(self, generation: int, since: int, focus: Sequence[str], most: int, borrowed: int) -> list[Exhibit]:
        """At most `most` steps, of which at most `borrowed` are of other runs; those of the commits after `since` are fresh."""
        fresh = self._ledger.evidence(since=since, upto=generation)
        leading = {e.child: e for e in self._ledger.evidence(children=focus, upto=generation)}
        like = [leading[child] for child in focus if child in leading]
        near: dict[str, float] = {}
        for found in self._index.near_each(like, most, self._ledger.committed(generation)):
            for child, distance in found:
                near[child] = max(near.get(child, 0.0), 1.0 - distance)
        older = self._ledger.evidence(children=near.keys() - {e.child for e in fresh}, upto=generation)
        ours = [
            replace(one, nearness=near.get(one.step.child, 0.0), fresh=new)
            for steps, new in ((fresh, True), (older, False))
            for one in self.exhibits(steps, generation)
        ]
        return choose([*ours, *self._borrow(generation, like, borrowed)], most)

    def exhibits(self, steps: Sequence[Evidence], upto: int | None = None) -> list[Exhibit]:
        """Steps of this run, each read against the noise of its two scores, as of a commit."""
        bound = chance(self._ledger, upto).bound
        ends = self._ledger.outcomes({"seed", *(id for step in steps for id in (step.child, step.parent))}, upto)
        shown = []
        for step in steps:
            noise = noise_between(ends[step.child], ends[step.parent], bound)
            unit = units(noise, ends["seed"].objectives)
            shown.append(Exhibit(step, verdict(step, noise, self._goals), size(step, unit), noise=noise))
        return shown

    def measured_here(self, ids: Sequence[str]) -> list[Exhibit]:
        """Of the steps that were shown under these ids those of this task, on which a lesson may rest."""
        lent: dict[str, Exhibit] = {}
        if any("/" in id for id in ids):
            every = [exhibit_from(data) for loan in self._ledger.loans() for data in loan.steps]
            # one that was shared before steps told their noise is read against the task's
            lent = {
                x.step.child: replace(x, noise=x.noise or self._task.noise) for x in every if x.task == self._task.name
            }
        mine = self._ledger.evidence(children=[id for id in ids if "/" not in id])
        here = {one.step.child: one for one in self.exhibits(mine)}
        return [found for id in ids if (found := here.get(id) or lent.get(id))]

    def _borrow(self, generation: int, like: Sequence[Evidence], most: int) -> list[Exhibit]:
        key = f"{generation:02d}/steps"
        loan = self._ledger.loan(key) or (self._source.loan(key) if self._source else None)
        if loan is None and self._shared is not None and self._source is None:
            loan = Loan(key, generation, steps=tuple(asdict(one) for one in self._ask(like, most)))
        if loan is None:
            return []
        return [exhibit_from(data) for data in self._ledger.put_loan(loan).steps]

    def _ask(self, like: Sequence[Evidence], most: int) -> list[Exhibit]:
        """The steps of other runs nearest to these; none, with a warning, when the shared memory does not answer."""
        assert self._shared is not None
        try:
            return self._shared.steps(like, most, run_key(self._ledger.meta()))
        except LedgerError as error:
            self._ledger.add_event("warning", {"about": "shared memory", "why": str(error)})
            return []
