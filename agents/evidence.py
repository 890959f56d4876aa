"""Which measured steps the Critic is shown: near what led to the best, large beside the noise, gains and failures alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace

from memory.connect import LedgerError
from memory.index import Index
from memory.ledger import Ledger
from memory.records import Evidence, Loan
from memory.shared import SharedMemory, exhibit_from, run_key
from memory.steps import Exhibit, choose, size, units, verdict
from tasks import Task


class Gallery:
    """Asked by the Critic. Steps of other runs are looked up once a generation and kept in the ledger."""

    def __init__(
        self, task: Task, ledger: Ledger, index: Index, shared: SharedMemory | None, source: Ledger | None
    ) -> None:
        """`source` is the ledger of the run that is replayed: what it borrowed is borrowed again, whatever is shared now."""
        self._task, self._ledger, self._index, self._shared, self._source = task, ledger, index, shared, source
        self._goals = {o.name: o.goal for o in task.objectives}

    def choose(self, generation: int, focus: Sequence[str], most: int, borrowed: int) -> list[Exhibit]:
        """At most `most` steps, of which at most `borrowed` are of other runs."""
        fresh = self._ledger.evidence(commit=generation, upto=generation)
        leading = {e.child: e for e in self._ledger.evidence(children=focus, upto=generation)}
        like = [leading[child] for child in focus if child in leading]
        near: dict[str, float] = {}
        for found in self._index.near_each(like, most, self._ledger.committed(generation)):
            for child, distance in found:
                near[child] = max(near.get(child, 0.0), 1.0 - distance)
        older = self._ledger.evidence(children=near.keys() - {e.child for e in fresh}, upto=generation)
        unit = self._unit()
        ours = [
            replace(self._exhibit(e, unit), nearness=near.get(e.child, 0.0), fresh=new)
            for steps, new in ((fresh, True), (older, False))
            for e in steps
        ]
        return choose([*ours, *self._borrow(generation, like, borrowed)], most)

    def exhibit(self, step: Evidence) -> Exhibit:
        """A step of this run, read against the task's noise."""
        return self._exhibit(step, self._unit())

    def measured_here(self, ids: Iterable[str]) -> dict[str, Evidence]:
        """Those of these steps that are of this task, so that a lesson may rest on them, by the id that they are shown under."""
        wanted = set(ids)
        mine = {e.child: e for e in self._ledger.evidence(children=wanted)}
        loans = self._ledger.loans() if wanted - mine.keys() else []
        lent = [exhibit_from(data) for loan in loans for data in loan.steps]
        theirs = {one.step.child: one.step for one in lent if one.task == self._task.name and one.step.child in wanted}
        return {**theirs, **mine}

    def _exhibit(self, step: Evidence, unit: Mapping[str, float]) -> Exhibit:
        return Exhibit(step, verdict(step, self._task.noise, self._goals), size(step, unit))

    def _unit(self) -> dict[str, float]:
        return units(self._task.noise, self._ledger.known("seed").objectives)

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
