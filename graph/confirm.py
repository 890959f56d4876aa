"""Who of those that are kept must be trained again and who must be audited. Pure functions.

An elite is a program that the strategy keeps, trained at least so often, and audited. `wanted` says what those who are kept lack
after a selection. It is done beside the children that are made next and taken in by a later commit, so that nobody waits for it;
when no child is made any more it goes on until nothing is wanted.
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
    costs: tuple[float, ...]  # every objective so that less is better, the leading one first
    n: int  # trainings
    audited: bool = False
    enough: bool = False  # whether it is what the run looks for, should its score hold
    leads: bool = False  # whether it would be the best of the run, should its score hold


@dataclass(frozen=True)
class Wanted:
    """What must be done before those who were kept are elites. False when nothing is."""

    again: dict[str, int] = field(default_factory=dict)  # further trainings of each, the leader first
    audit: tuple[str, ...] = ()  # the leader first

    def __bool__(self) -> bool:
        return bool(self.again or self.audit)


def wanted(kept: Iterable[Standing], least: int, everyone: bool = True) -> Wanted:
    """What those whom the strategy keeps lack, newcomers and old elites alike.

    With `everyone` each of them is to have `least` trainings, which makes them elites; without, the leader alone, who would be
    the best or else is the lowest in the leading objective: most of a front is gone before the search ends, and trainings spent on it would have made children
    (`benchmarks/confirmation.py`), and whoever would end the run. The leader is given all that it lacks at once, which keeps many slots waiting least; others
    one at a time: who falls behind after the second is not trained a third time. Audits are for all at once: they take no slot,
    and who is struck is a parent no longer.
    """
    order = sorted(kept, key=_rank)
    asked = [one for one in order if everyone or one is order[0] or one.enough]
    again = {one.id: 1 if one is not order[0] else least - one.n for one in asked if one.n < least}
    return Wanted(again, tuple(one.id for one in order if not one.audited))


def _rank(one: Standing) -> tuple[bool, tuple[float, ...], int, int, str]:
    return not one.leads, one.costs, one.committed, one.place, one.id
