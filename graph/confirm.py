"""Who must be trained again and who must be audited before a selection counts. Pure functions.

An elite is a program that the strategy keeps, trained at least so often, and audited. The strategy is asked on trial whom it
would keep, by what scores are believed to be worth. `wanted` says what those lack; it is done, the scores are made anew, and
the strategy is asked again, until nothing is wanted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Standing:
    """A measured program as it stands: when it came, what it scored, what was done to be sure of it."""

    id: str
    committed: int
    place: int  # in its commit
    costs: tuple[float, ...]  # every objective so that less is better, the first one first
    n: int  # trainings
    audited: bool = False


@dataclass(frozen=True)
class Wanted:
    """What must be done before those who were kept are elites. False when nothing is."""

    again: dict[str, int] = field(default_factory=dict)  # further trainings of each, the leader first
    audit: tuple[str, ...] = ()  # the leader first

    def __bool__(self) -> bool:
        return bool(self.again or self.audit)


def wanted(kept: Iterable[Standing], least: int, everyone: bool = True) -> Wanted:
    """What those whom the strategy would keep lack, newcomers and old elites alike: trainings first, then audits.

    With `everyone` each of them is to have `least` trainings, which makes them elites; without, the leader alone, the lowest in
    the first objective: most of a front is gone before the search ends, and trainings spent on it would have made children
    (`benchmarks/confirmation.py`). The leader is given all that it lacks at once, which keeps many slots waiting least; others
    one at a time: who falls behind after the second is not trained a third time. Audits are asked for only when nobody is to
    be trained again, so that none is spent on a program that more trainings put out.
    """
    order = sorted(kept, key=_rank)
    asked = order if everyone else order[:1]
    if again := {one.id: 1 if one is not order[0] else least - one.n for one in asked if one.n < least}:
        return Wanted(again)
    return Wanted(audit=tuple(one.id for one in order if not one.audited))


def _rank(one: Standing) -> tuple[tuple[float, ...], int, int, str]:
    return one.costs, one.committed, one.place, one.id
