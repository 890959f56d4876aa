"""How a run goes on: how many children are asked for next, and which that have landed the next commit takes in.

A run of its own decides by what is under way and what is left of its budget; a replay does what the run that it repeats did.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from agents.chat import ReplayDiverged
from graph.budget import Budget
from graph.config import Search
from graph.pool import Pool
from memory.ledger import Ledger
from memory.names import is_child, of_kind
from memory.records import Ask, Attempt, Commit

Record = TypeVar("Record", Ask, Commit)
Enough = Callable[[list[str], bool], bool]


@dataclass(frozen=True)
class Next:
    """What an ask is to be: `want` children at most, and what `memory.records.Ask` says of it."""

    want: int
    thought: int
    late: bool = False
    closing: bool = False


class Course(Protocol):
    """Asked by the nodes `ask`, `make` and `confirm`, and by those of a child's way."""

    def ask(self, number: int) -> Next:
        """What is asked for with this number."""
        ...

    def enough(self, number: int) -> Enough:
        """Whether a commit can be made of these names, which have landed; the second argument: nothing flies any more."""
        ...

    def order(self, number: int, landed: Sequence[str]) -> list[str]:
        """Those that the commit takes in, in its order."""
        ...

    def starts(self, name: str, trainings: int = 0) -> bool:
        """Whether this is begun that may be: further trainings, so many, an audit or a reflection."""
        ...

    def mend(self, failed: Attempt) -> Attempt | None:
        """What the author of an answer is told that failed in training; None where it is not asked again."""
        ...

    def over(self, number: int) -> bool:
        """Whether nothing follows this commit."""
        ...


class Own:
    """A run of its own. Without overlap a commit takes in all that was asked for, in the order of the plan; with it what there is."""

    def __init__(self, search: Search, budget: Budget, ledger: Ledger, pool: Pool, slots: int) -> None:
        self._search, self._budget, self._ledger, self._pool, self._slots = search, budget, ledger, pool, slots
        self._begun = ledger.last_number()

    def ask(self, number: int) -> Next:
        flying = len(self._ledger.open_children())  # also those that a stop has left open
        made = self._ledger.made()
        left = self._budget.children(made, flying)
        each = self._search.first - made if made < self._search.first else self._search.each
        if self._search.ahead:
            most = self._slots + self._search.ahead
            each = most - flying
            if flying and each < min(self._search.ideas, most):
                each = 0  # until there is room for all that one call brings
        want = max(0, min(each, left))
        return Next(
            want,
            thought_before(self._ledger, number) if self._search.ahead else number - 1,
            late=self._budget.late(made + want),
            closing=not want and not flying and not left,
        )

    def enough(self, number: int) -> Enough:
        return lambda landed, idle: idle or (self._search.ahead > 0 and bool(landed))

    def order(self, number: int, landed: Sequence[str]) -> list[str]:
        if self._search.ahead:
            return list(landed)
        places = {id: place for place, id in enumerate(self._ledger.open_children())}
        return sorted(landed, key=lambda name: (places.get(name, len(places)), name))

    def starts(self, name: str, trainings: int = 0) -> bool:
        for (begun,) in of_kind(
            "thought", [name]
        ).values():  # of no use when no more children are made, unless it was paid for
            if self._ledger.calls(generation=int(begun), agent="critic"):
                return True
            return self._budget.children(self._ledger.made(), len(self._ledger.open_children())) > 0
        return not trainings or self._budget.again(trainings, self._flying())

    def mend(self, failed: Attempt) -> Attempt | None:
        """Where the budget has room for another training: this child's own, which is done, still counts as under way."""
        return failed if self._budget.again(0, self._flying()) else None

    def over(self, number: int) -> bool:
        asked = self._ledger.ask(number)
        if asked is None or not asked.closing or self._pool.under_way():
            return False
        # a run that had ended goes on where more is asked of it now
        return number != self._begun or not self._budget.children(self._ledger.made(), 0)

    def _flying(self) -> int:
        """Trainings under way."""
        names = self._pool.under_way()
        return sum(map(is_child, names)) + len(of_kind("again", names))


class Followed:
    """A replay: the same asks, and commits of the same."""

    def __init__(self, source: Ledger, overlap: bool) -> None:
        self._source, self._overlap = source, overlap
        self._found = {name for commit in source.commits() for name in commit.findings}

    def ask(self, number: int) -> Next:
        ask = self._known(self._source.ask(number), number)
        return Next(len(ask.children), ask.thought, ask.late, ask.closing)

    def enough(self, number: int) -> Enough:
        wanted = set(self.order(number, ()))

        def enough(landed: list[str], idle: bool) -> bool:
            if idle and (missing := wanted - set(landed)):
                raise ReplayDiverged(
                    f"replay left the stored run at commit {number}, which took in {min(missing)}: here it was never begun"
                )
            return wanted <= set(landed)

        return enough

    def order(self, number: int, landed: Sequence[str]) -> list[str]:
        commit = self._known(self._source.commit(number), number)
        return [*commit.children, *commit.findings]

    def starts(self, name: str, trainings: int = 0) -> bool:
        thought = of_kind("thought", [name])
        if self._overlap or not thought:
            return name in self._found
        next = self._source.ask(int(thought[name][0]) + 1)  # for whom it was asked, and awaited
        return next is not None and not next.closing

    def mend(self, failed: Attempt) -> Attempt | None:
        """In the words of then: how far a training came before it ran out of time is another matter on another day."""
        then = self._source.attempt(failed.child, failed.attempt)
        if then is None or then.failure != failed.failure or not self._source.attempt(failed.child, failed.attempt + 1):
            return None
        return replace(failed, message=then.message)

    def over(self, number: int) -> bool:
        return number > 0 and self._source.finished() and self._source.ask(number + 1) is None

    def _known(self, found: Record | None, number: int) -> Record:
        if found is None:
            raise ReplayDiverged(
                f"replay left the stored run at commit {number}, which is not in it: it was stopped there, or is of an earlier version"
            )
        return found


def thought_before(ledger: Ledger, number: int) -> int:
    """The last reflection whose lessons were taken in by the commit before this one."""
    last, commit = ledger.ask(number - 1), ledger.commit(number - 1)
    landed = of_kind("thought", commit.findings if commit else ())
    return max([last.thought if last else 0, *(int(begun) for (begun,) in landed.values())])
