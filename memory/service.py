"""How lessons and personas have served so far, counted from the ledger, each share with its uncertainty.

A share of a handful of trials says little; so each comes with a Wilson score interval (Wilson 1927), which stays inside
[0, 1] and is honest at 0 of n.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from memory.ledger import Ledger
from memory.pareto import Goals, dominates, goals_of
from memory.records import Candidate, Lesson

Z95 = 1.959964  # two-sided 95 % of the normal distribution


@dataclass(frozen=True)
class Served:
    """What came of some children, as counts of `trials` and 95 % intervals of the shares.

    A child that the sandbox lost, or that is not finished, is no trial.
    """

    trials: int
    valid_first: int  # evaluated without a repair
    valid: int  # evaluated, or stopped on the way by the race
    improved: int  # better than a parent, see `improves`
    valid_first_interval: tuple[float, float]
    valid_interval: tuple[float, float]
    improved_interval: tuple[float, float]


@dataclass(frozen=True)
class LessonRecord(Served):
    """What came of the children whose prompt cited a lesson."""

    id: str
    lesson: Lesson
    others: Served  # children of the same generations whose prompt did not cite it


@dataclass(frozen=True)
class PersonaRecord(Served):
    """What came of the children whose author spoke as a persona."""

    persona: str


def wilson(count: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of the share `count` of `trials`; [0, 1] when nothing was tried."""
    if not 0 <= count <= trials:
        raise ValueError(f"expected 0 <= count <= trials, got {count} of {trials}")
    if trials == 0:
        return 0.0, 1.0
    share = count / trials
    middle = share + Z95**2 / (2 * trials)
    half = Z95 * math.sqrt(share * (1 - share) / trials + Z95**2 / (4 * trials**2))
    scale = 1 + Z95**2 / trials
    # rounding may leave the ends a hair off 0 and 1, where they are exact
    return (0.0 if count == 0 else (middle - half) / scale, 1.0 if count == trials else (middle + half) / scale)


def improves(child: Candidate, by_id: Mapping[str, Candidate], goals: Goals) -> bool:
    """True if the child dominates one of its parents and none of them dominates it."""
    if child.status != "evaluated" or child.objectives is None:
        return False
    ours = child.objectives
    parents = [by_id[id].objectives for id in child.parents if id in by_id]
    theirs = [objectives for objectives in parents if objectives is not None]
    return any(dominates(ours, t, goals) for t in theirs) and not any(dominates(t, ours, goals) for t in theirs)


def lesson_record(ledger: Ledger) -> list[LessonRecord]:
    """Each lesson with what came of the children that cited it and of their siblings that did not."""
    children, by_id, goals = _world(ledger)
    records = []
    for lesson in ledger.lessons():
        generations = {child.generation for child in children if lesson.id in child.lessons}
        siblings = [child for child in children if child.generation in generations]
        cited = _serve((child for child in siblings if lesson.id in child.lessons), by_id, goals)
        others = _serve((child for child in siblings if lesson.id not in child.lessons), by_id, goals)
        records.append(LessonRecord(**vars(cited), id=lesson.id, lesson=lesson, others=others))
    return records


def persona_record(ledger: Ledger) -> list[PersonaRecord]:
    """Each persona that made children, by name, with what came of them."""
    children, by_id, goals = _world(ledger)
    names = sorted({child.persona for child in children if child.persona is not None})
    served = {name: _serve((c for c in children if c.persona == name), by_id, goals) for name in names}
    return [PersonaRecord(**vars(served[name]), persona=name) for name in names]


def _world(ledger: Ledger) -> tuple[list[Candidate], dict[str, Candidate], dict[str, str]]:
    candidates = ledger.candidates()
    children = [candidate for candidate in candidates if candidate.operator != "seed"]
    return children, {candidate.id: candidate for candidate in candidates}, goals_of(ledger.meta())


def _serve(children: Iterable[Candidate], by_id: Mapping[str, Candidate], goals: Goals) -> Served:
    tried = [child for child in children if child.status in ("evaluated", "failed") and child.failure != "lost"]
    valid = [child for child in tried if child.status == "evaluated" or child.failure == "stopped"]
    counts = {
        "valid_first": sum(child.repairs == 0 for child in valid),
        "valid": len(valid),
        "improved": sum(improves(child, by_id, goals) for child in valid),
    }
    intervals = {f"{name}_interval": wilson(count, len(tried)) for name, count in counts.items()}
    return Served(trials=len(tried), **counts, **intervals)  # type: ignore[arg-type]
