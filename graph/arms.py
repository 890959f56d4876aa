"""What the ledger knows of each arm that is drawn: personas by role, scopes, segments, intents, models, wordings."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, get_args

from agents.contract import ROLE_OF
from graph.bandit import Sums, Tally, Trial, shared_among, siblings, tallied
from graph.pareto import hypervolume, objectives_of
from memory.aim import Aim, aim_of
from memory.blocks import Blocks
from memory.credit import tried
from memory.dominance import front
from memory.ledger import Ledger
from memory.records import Candidate
from tasks import Objective

Kind = Literal["persona", "scope", "segment", "intent", "model", "prompt"]
Tallies = Callable[[Kind], Mapping[str, Tally]]  # of every arm of a kind
COHORT = 8  # children, at least, among whom one is ranked: the asks of a smaller population are put together


def arm_of(kind: Kind) -> Callable[[Candidate], str | None]:
    """The function that names a child's arm. A persona's begins with its role: `architect/minimalist`."""
    if kind != "persona":
        return lambda child: getattr(child, kind)
    return lambda child: f"{ROLE_OF[child.operator]}/{child.persona}" if child.persona else None


class TrialBook:
    """A trial for every committed child, and the tally of every arm, kept up to date commit by commit.

    A commit costs its own children and their siblings. A gain is what a child added to everything that was committed when it was
    ordered, each program with the scores that it had when its own commit closed. Who misses what the run requires adds nothing.
    """

    def __init__(self, objectives: Sequence[Objective], aim: Aim) -> None:
        self._objectives, self._goals, self._aim = tuple(objectives), {o.name: o.goal for o in objectives}, aim
        self._begin()

    def _begin(self) -> None:
        self.trials: list[Trial] = []
        self._blocks = Blocks(COHORT)
        self._taken: dict[str, Candidate] = {}
        self._numbers: list[int] = []  # of the commits, rising
        self._fronts: list[tuple[list[Candidate], float]] = []  # after each commit, with its hypervolume
        self._families: dict[tuple[int, str], list[Trial]] = defaultdict(list)
        self._parts: dict[tuple[Kind, tuple[int, str]], dict[str, Sums]] = {}
        self._sums: dict[Kind, dict[str, Sums]] = {kind: defaultdict(Counter) for kind in get_args(Kind)}

    def follow(self, ledger: Ledger, upto: int) -> None:
        """Take in what was committed since, up to a commit."""
        first = self._numbers[-1] + 1 if self._numbers else 0
        tokens = ledger.tokens() if first == 0 else None
        for number in range(first, upto + 1):
            if (commit := ledger.commit(number)) is None:
                continue
            found = ledger.outcomes(ledger.touched(number), number)
            if any(_audited_since(self._taken.get(id), one) for id, one in found.items()):
                self._begin()  # rare: it is read again, as a run that is taken up there would read it
                self.follow(ledger, upto)
                return
            spent = tokens if tokens is not None else {id: _spent(ledger, id) for id in commit.children}
            self.take(number, [found[id] for id in commit.children], spent)

    def take(self, number: int, children: Iterable[Candidate], tokens: Mapping[str, int]) -> None:
        """Take in the children of the next commit; `tokens` is what their calls cost, by id."""
        members = list(children)
        self._taken |= {child.id: child for child in members}
        touched = set()
        for child in members:
            cohort = self._blocks.place(child) if child.operator != "seed" else 0
            if child.operator != "seed" and tried(child):
                trial = Trial(child, self._gain(child), tokens.get(child.id, 0), cohort)
                self.trials.append(trial)
                self._families[siblings(trial)].append(trial)
                touched.add(siblings(trial))
        for family in sorted(touched):
            self._count(family)
        before = self._fronts[-1] if self._fronts else ([], 0.0)
        after = front([*before[0], *filter(self._counts, members)], self._goals)
        same = [c.id for c in after] == [c.id for c in before[0]]
        self._numbers.append(number)
        self._fronts.append(before if same else (after, hypervolume(after, self._objectives)))

    def tallies(self, kind: Kind) -> dict[str, Tally]:
        """The tally of every arm of this kind."""
        return {name: tallied(sums) for name, sums in self._sums[kind].items() if sums["trials"]}

    def _counts(self, one: Candidate) -> bool:
        """Whether it was measured, and meets what is required."""
        seed = self._taken.get("seed")
        return bool(one.objectives) and self._aim.meets(one.objectives or {}, seed.objectives if seed else None)

    def _gain(self, child: Candidate) -> float:
        if not self._counts(child):
            return 0.0
        at = bisect_left(self._numbers, child.generation) - 1  # the last commit of which its making may know
        archive, before = self._fronts[at] if at >= 0 else ([], 0.0)
        return max(0.0, hypervolume(front([*archive, child], self._goals), self._objectives) - before)

    def _count(self, family: tuple[int, str]) -> None:
        for kind, sums in self._sums.items():
            for name, part in self._parts.get((kind, family), {}).items():
                sums[name].subtract(part)
            self._parts[kind, family] = parts = shared_among(self._families[family], arm_of(kind))
            for name, part in parts.items():
                sums[name].update(part)


def _audited_since(known: Candidate | None, now: Candidate) -> bool:
    """Whether an audit struck a program that was taken in, or put its own measurements in place of what the program said."""
    if known is None:
        return False
    return (
        known.status != now.status
        or list((known.objectives or {}).values())[1:] != list((now.objectives or {}).values())[1:]
    )


def _spent(ledger: Ledger, child: str) -> int:
    return sum(call.tokens_in + call.tokens_out for call in ledger.calls(candidate=child))


def trial_book(ledger: Ledger) -> TrialBook:
    """An empty book for this run, to be kept while it runs."""
    meta = ledger.meta()
    return TrialBook(objectives_of(meta), aim_of(meta))


def next_generation(ledger: Ledger) -> int:
    """The first generation that is not closed: what is drawn for it rests on all before it."""
    return ledger.last_number() + 1
