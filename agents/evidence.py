"""Which measured steps the Critic is shown: all that are new, and of the others those near what led to the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from agents.exhibits import Background
from memory.better import noise_between
from memory.connect import LedgerError
from memory.dominance import costs
from memory.index import Index
from memory.ledger import Ledger
from memory.records import Evidence, Loan
from memory.shared import SharedMemory, exhibit_from, run_key
from memory.steps import Exhibit, choose, size, units, verdict
from memory.yardstick import chance
from tasks import Task

_OLDER = 12  # most steps that are not new


@dataclass(frozen=True)
class Shown:
    """What one reflection is about."""

    full: tuple[Exhibit, ...]  # new ones, with all that is known of them
    brief: tuple[Exhibit, ...]  # the other new ones, a line each
    older: tuple[Exhibit, ...]  # likewise, near what leads now
    lent: tuple[Exhibit, ...]  # of other runs

    @property
    def new(self) -> tuple[Exhibit, ...]:
        """Of the children since the last reflection."""
        return self.full + self.brief

    @property
    def all(self) -> tuple[Exhibit, ...]:
        """Every step that may be cited."""
        return self.new + self.older + self.lent


class Gallery:
    """Asked by the Critic. Steps of other runs are looked up once a generation and kept in the ledger."""

    def __init__(
        self,
        task: Task,
        ledger: Ledger,
        index: Index,
        shared: SharedMemory | None,
        source: Ledger | None,
    ) -> None:
        """`source` is the ledger of the run that is replayed: what it borrowed is borrowed again, whatever is shared now."""
        self._task, self._ledger, self._index, self._shared, self._source = task, ledger, index, shared, source
        self._goals = {o.name: o.goal for o in task.objectives}

    def choose(self, generation: int, since: int, focus: Sequence[str], most: int, borrowed: int) -> Shown:
        """Every step of the commits after `since`, at most `most` of them in full, and few of those before and of other runs.

        In full come the largest, and always those that led to the best: to the candidates in `focus`, and to the best of the new
        ones in each objective.
        """
        new = self.exhibits(self._ledger.evidence(since=since, upto=generation), generation)
        leading = {e.child: e for e in self._ledger.evidence(children=focus, upto=generation)}
        like = [leading[child] for child in focus if child in leading]
        near: dict[str, float] = {}
        for found in self._index.near_each(like, _OLDER, self._ledger.committed(generation)):
            for child, distance in found:
                near[child] = max(near.get(child, 0.0), 1.0 - distance)
        before = self._ledger.evidence(children=near.keys() - {one.step.child for one in new}, upto=generation)
        older = [replace(one, nearness=near[one.step.child], fresh=False) for one in self.exhibits(before, generation)]
        ordered = choose(new, len(new), {*focus, *self._best(new, generation)})
        return Shown(
            full=tuple(ordered[:most]),
            brief=tuple(ordered[most:]),
            older=tuple(choose(older, _OLDER)),
            lent=tuple(self._borrow(generation, like, borrowed)),
        )

    def _best(self, new: Sequence[Exhibit], upto: int) -> list[str]:
        """Of new children the best in each objective."""
        ends = self._ledger.outcomes([one.step.child for one in new if one.step.delta], upto)
        known = [(id, one.objectives) for id, one in ends.items() if one.objectives]
        return [
            min(known, key=lambda pair: costs(pair[1], {name: goal}))[0] for name, goal in self._goals.items() if known
        ]

    def backgrounds(self, exhibits: Sequence[Exhibit], upto: int) -> dict[str, Background]:
        """What is known of steps of this run beside their change, by child, as of a commit."""
        steps = [one.step for one in exhibits if not one.run]
        children = self._ledger.outcomes([step.child for step in steps], upto, code=True)
        parents = self._ledger.outcomes({id for one in children.values() for id in one.parents}, upto)
        found = {}
        for step in steps:
            child = self._ledger.stood(children[step.child], upto)
            of = [self._ledger.stood(parents[id], upto) for id in (step.parent, *child.parents)]
            found[child.id] = Background(
                child.objectives or {},
                {one.id: one.objectives or {} for one in of},
                child.rationale,
                {id: self._ledger.curve(id, upto) for id in (step.child, step.parent)},
            )
        return found

    def exhibits(self, steps: Sequence[Evidence], upto: int | None = None) -> list[Exhibit]:
        """Steps of this run, each read against the noise of its two scores, as of a commit."""
        bound = chance(self._ledger, upto).bound
        found = self._ledger.outcomes({"seed", *(id for step in steps for id in (step.child, step.parent))}, upto)
        ends = {id: self._ledger.stood(one, upto) for id, one in found.items()}
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
