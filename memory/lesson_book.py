"""How every lesson has served, kept up to date commit by commit.

A commit costs its own children and the lessons cited beside them, however long the run is. What it answers depends on the
records alone: a run that goes on, and a reader who begins with the whole ledger, come to the same numbers.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import sub
from typing import TYPE_CHECKING, NamedTuple

from memory.better import NO_NOISE, Bound, better, rival
from memory.blocks import Blocks
from memory.credit import Credit, State, state, tried, wilson
from memory.dominance import Goals
from memory.exact import exact, rounded
from memory.experience import delta_of
from memory.records import Candidate, Lesson
from memory.stratified import TABLE, difference, interval, table

if TYPE_CHECKING:
    from memory.ledger import Ledger

_COUNTED = ("trials", "valid_first", "valid", "improved")
BLOCK = 20  # children committed while the world is taken to stay alike, see `benchmarks/credit.py`

Sums = Sequence[int]  # counts, and numbers in the unit of `memory.exact`; a name for each is in `LessonBook.names`
Stratum = tuple[
    str, str | None, str | None, int
]  # operator, scope, segment, block of commits: all decided before the child was made


@dataclass(frozen=True)
class Served:
    """What came of some children, as counts of `trials` and 95 % intervals of the shares (Wilson 1927).

    A child that the sandbox lost, or that is not finished, is no trial.
    """

    trials: int
    valid_first: int  # evaluated without a repair
    valid: int  # evaluated, or stopped on the way by the race
    improved: int  # better than its parent, see `memory.better`
    valid_first_interval: tuple[float, float]
    valid_interval: tuple[float, float]
    improved_interval: tuple[float, float]


@dataclass(frozen=True)
class LessonRecord(Served):
    """What came of the children whose prompt cited a lesson, or one that was merged into it."""

    id: str
    lesson: Lesson
    others: Served  # of the same strata, whose prompt did not cite it
    credit: Credit
    state: State


class Outcome(NamedTuple):
    """What is counted of one child."""

    generation: int
    cited: frozenset[str]  # lessons, and those that they were merged into
    counts: tuple[int, ...]  # those of `_COUNTED`, then for each objective whether its change is known, and the change


class LessonBook:
    """Takes committed children and answers how the lessons that they cited have served."""

    def __init__(self, goals: Goals, bound: Bound = NO_NOISE, block: int = BLOCK) -> None:
        self.judged_at = -1  # the commit as of which the noise was read
        self._goals, self._bound, self._blocks = goals, bound, Blocks(block)
        groups = (f"{who} {name}" for who in ("cited", "ours", "others") for name in _COUNTED)
        changes = (f"{what} of {name}" for name in goals for what in ("weight", "change"))
        self.names = (*groups, *TABLE, *changes)
        """What each of the numbers is that a stratum says of a lesson."""
        self.upto: int | None = None  # last commit that was followed
        self._known: dict[str, Candidate] = {}
        self._stratum: dict[str, Stratum] = {}  # of every child
        self._members: dict[Stratum, list[str]] = defaultdict(list)
        self._offspring: dict[str, list[str]] = defaultdict(list)
        self._cited_in: dict[str, set[Stratum]] = defaultdict(set)  # lesson -> where
        self._parts: dict[Stratum, dict[str, Sums]] = {}  # what each stratum adds to the sums of each lesson
        self._sums: dict[str, Sums] = {}
        self._stale: set[Stratum] = set()
        self._roots: dict[str, tuple[str, int]] = {}  # what each lesson became part of, and since when that was said
        self._since: dict[str, int] = {}  # commit after which it, or what was merged into it, was first written
        self._records: dict[str, LessonRecord] = {}

    def follow(self, ledger: Ledger, upto: int) -> None:
        """Take in what was committed since, up to a commit: the first time everything, from then on new commits alone."""
        if self.upto is None:
            every = [one for one in ledger.candidates(code=False) if one.committed is not None]
            known = [one for one in every if (one.committed or 0) <= upto]
            self.take(known if known == every else ledger.outcomes([one.id for one in known], upto).values())
            self.upto = upto
        for number in range(self.upto + 1, upto + 1):
            self.take(ledger.outcomes(ledger.touched(number), number).values())
            self.upto = number

    def take(self, candidates: Iterable[Candidate]) -> None:
        """Take in committed candidates, in the order of commits; one that was taken before is replaced by how it stands now.

        A child's parents must have come with it or before. One that is not committed is passed over.
        """
        taken = [one for one in candidates if one.committed is not None]
        for one in sorted(taken, key=lambda c: (c.committed or 0, c.generation, c.index, c.id)):
            known = self._known.get(one.id)
            if known == one:
                continue
            self._known[one.id] = one
            if known is None and one.operator != "seed":
                self._place(one)
            self._stale.update(self._stratum[id] for id in (one.id, *self._offspring[one.id]) if id in self._stratum)

    def _place(self, child: Candidate) -> None:
        stratum = (child.operator, child.scope, child.segment, self._blocks.place(child))
        self._stratum[child.id] = stratum
        self._members[stratum].append(child.id)
        for parent in child.parents:
            self._offspring[parent].append(child.id)
        for lesson in child.lessons:
            self._cited_in[lesson].add(stratum)

    def rejudge(self, bound: Bound, at: int) -> None:
        """Read everything that was taken against the noise as of a commit. It costs as much as taking all of it anew."""
        self._bound, self.judged_at = bound, at
        self._stale.update(self._members)

    def records(self, lessons: Sequence[Lesson]) -> list[LessonRecord]:
        """How each of these has served; they must be all that there are. Those that were merged count as one."""
        by_id = {lesson.id: lesson for lesson in lessons}
        into = {id: root_of(id, by_id) for id in by_id}
        first: dict[str, int] = {}
        for id, whole in into.items():
            first[whole] = min(first.get(whole, by_id[id].generation), by_id[id].generation)
        roots = {id: (whole, first[whole]) for id, whole in into.items()}
        for id, root in roots.items():
            if self._roots.get(id) != root:
                self._stale |= self._cited_in.get(id, set())
        self._roots = roots
        self._since = {id: first.get(id, by_id[id].generation) for id in by_id}
        for stratum in self._stale:
            self._refresh(stratum)
        self._stale.clear()
        return [self._record(lesson) for lesson in lessons]

    def _record(self, lesson: Lesson) -> LessonRecord:
        known = self._records.get(lesson.id)
        if known is None or known.lesson != lesson:
            sums = Counter(dict(zip(self.names, self._sums.get(lesson.id, ()), strict=False)))
            known = self._records[lesson.id] = _record_of(lesson, sums)
        return known

    def _refresh(self, stratum: Stratum) -> None:
        for id, part in self._parts.pop(stratum, {}).items():
            self._sums[id] = _less(self._sums[id], part)
            self._records.pop(id, None)
        outcomes = [self._outcome(child) for id in self._members[stratum] if tried(child := self._known[id])]
        citing: dict[str, list[Outcome]] = defaultdict(list)
        for one in outcomes:
            for id in one.cited:
                citing[id].append(one)
        first = min((one.generation for one in outcomes), default=0)
        later: dict[int, Sums] = {}  # what all who were ordered after some commit add up to
        parts = {}
        for id, ours in citing.items():
            since = max(first - 1, self._since[id])
            if since not in later:
                later[since] = _added([one.counts for one in outcomes if one.generation > since])
            parts[id] = part = _part(ours, since, later[since])
            self._sums[id] = _added((self._sums[id], part)) if id in self._sums else part
            self._records.pop(id, None)
        self._parts[stratum] = parts

    def _outcome(self, child: Candidate) -> Outcome:
        parents = [self._known[id] for id in child.parents if id in self._known]
        parent = rival(parents, self._goals)
        valid = child.status == "evaluated" or child.failure == "stopped"
        improved = better(child, [parent] if parent else [], self._goals, self._bound)
        change = (delta_of(child, parent) or {}) if parent else {}
        # two finite numbers may be further apart than a float can say
        steps = (change[name] if math.isfinite(change.get(name, math.nan)) else None for name in self._goals)
        return Outcome(
            generation=child.generation,
            cited=frozenset(x for id in child.lessons if id in self._roots for x in (id, self._roots[id][0])),
            counts=(
                *(1, int(valid and child.repairs == 0), int(valid), int(improved)),
                *(number for step in steps for number in ((0, 0) if step is None else (1, exact(step)))),
            ),
        )


def served(trials: int, valid_first: int, valid: int, improved: int) -> Served:
    """The counts with their intervals."""
    intervals = (wilson(count, trials) for count in (valid_first, valid, improved))
    return Served(trials, valid_first, valid, improved, *intervals)


def root_of(id: str, by_id: Mapping[str, Lesson]) -> str:
    """The lesson that this one was merged into, in the end; itself where it was not."""
    while by_id[id].into in by_id:
        id = by_id[id].into
    return id


def _part(ours: Sequence[Outcome], since: int, later: Sums) -> Sums:
    """What one stratum says of a lesson, from those who cite it and the sums of all who were ordered after it was written.

    Whoever was ordered before could not have cited it, and is no match.
    """
    mine = _added([one.counts for one in ours])
    matched = [one.counts for one in ours if one.generation > since]
    others = _less(later, _added(matched)) if matched else later
    cited, none = mine[: len(_COUNTED)], (0,) * len(_COUNTED)
    pairs = range(len(_COUNTED), len(mine), 2)
    if not others or not others[0]:
        return (*cited, *none, *none, *(0 for _ in TABLE), *(0 for _ in pairs for _ in range(2)))
    shares = table(mine[3], mine[0], others[3], others[0])
    contrasts = (number for at in pairs for number in _contrast(mine[at : at + 2], others[at : at + 2]))
    return (*cited, *cited, *others[: len(_COUNTED)], *(shares[name] for name in TABLE), *contrasts)


def _contrast(ours: Sums, others: Sums) -> tuple[int, int]:
    """The weight of this stratum, and the difference of two means times it; each side is a count and a sum."""
    (n, a), (m, b) = ours, others
    if not n or not m:
        return 0, 0
    weight = n * m / (n + m)
    return exact(weight), exact(weight * (rounded(a) / n - rounded(b) / m))


def _added(parts: Sequence[Sums]) -> Sums:
    return parts[0] if len(parts) == 1 else tuple(map(sum, zip(*parts, strict=True)))


def _less(whole: Sums, part: Sums) -> Sums:
    return tuple(map(sub, whole, part))


def _record_of(lesson: Lesson, sums: Counter[str]) -> LessonRecord:
    weights = {key.removeprefix("weight of "): value for key, value in sums.items() if key.startswith("weight of ")}
    earned = Credit(
        cited=sums["cited trials"],
        trials=sums["ours trials"],
        improved=sums["ours improved"],
        others=sums["others trials"],
        others_improved=sums["others improved"],
        difference=difference(sums),
        interval=interval(sums),
        weight=rounded(sums["weight"]),
        changes={name: sums[f"change of {name}"] / w for name, w in sorted(weights.items()) if w},
    )
    return LessonRecord(
        **vars(_served(sums, "cited")),
        id=lesson.id,
        lesson=lesson,
        others=_served(sums, "others"),
        credit=earned,
        state=state(lesson, earned),
    )


def _served(sums: Counter[str], who: str) -> Served:
    return served(*(sums[f"{who} {name}"] for name in ("trials", "valid_first", "valid", "improved")))
