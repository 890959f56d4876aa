"""How lessons and personas have served so far, counted from the ledger, each share with its uncertainty.

A share of a handful of trials says little; so each comes with a Wilson score interval (Wilson 1927), which stays inside
[0, 1] and is honest at 0 of n.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from memory.credit import Credit, State, credit, matched, state, tried, wilson
from memory.dominance import Goals, dominates, goals_of
from memory.ledger import Ledger
from memory.records import Candidate, Lesson


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
    """What came of the children whose prompt cited a lesson, or one that was merged into it."""

    id: str
    lesson: Lesson
    others: Served  # the matched children, whose prompt did not cite it
    credit: Credit
    state: State


def improves(child: Candidate, by_id: Mapping[str, Candidate], goals: Goals) -> bool:
    """True if the child dominates one of its parents and none of them dominates it."""
    if child.status != "evaluated" or child.objectives is None:
        return False
    ours = child.objectives
    parents = [by_id[id].objectives for id in child.parents if id in by_id]
    theirs = [objectives for objectives in parents if objectives is not None]
    return any(dominates(ours, t, goals) for t in theirs) and not any(dominates(t, ours, goals) for t in theirs)


def lesson_record(ledger: Ledger, before: int | None = None) -> list[LessonRecord]:
    """Each lesson with what came of the children that cited it and of matched ones that did not.

    With `before` only generations below it count, so that what is decided from this does not depend on who is done.
    """
    children, by_id, goals = _world(ledger)
    children = [child for child in children if before is None or child.generation < before]
    lessons = ledger.lessons()
    records = []
    for lesson in lessons:
        family = {one.id for one in lessons if lesson.id in (one.id, _root(one, lessons))}

        def gain(child: Candidate) -> bool:
            return improves(child, by_id, goals)

        earned = credit(children, family, lesson.generation, gain, lambda child: _change(child, by_id))
        ours, _, others = matched(children, family, lesson.generation)
        records.append(
            LessonRecord(
                **vars(_serve(ours, by_id, goals)),
                id=lesson.id,
                lesson=lesson,
                others=_serve(others, by_id, goals),
                credit=earned,
                state=state(lesson, earned),
            )
        )
    return records


def noise_of(meta: Mapping[str, Any]) -> dict[str, float]:
    """Objective -> change that may be chance, from a ledger's meta; ledgers of the first versions do not say it."""
    return {str(item["name"]): float(item["noise"]) for item in meta.get("objectives", []) if item.get("noise")}


def served_by(ledger: Ledger, arm: Callable[[Candidate], str | None]) -> dict[str, Served]:
    """What came of the children of each arm, such as a persona, by the name that `arm` gives; None is nobody's."""
    children, by_id, goals = _world(ledger)
    names = sorted({name for child in children if (name := arm(child)) is not None})
    return {name: _serve((c for c in children if arm(c) == name), by_id, goals) for name in names}


def none_served() -> Served:
    """The record of an arm that has made no child."""
    return _serve((), {}, {})


def _world(ledger: Ledger) -> tuple[list[Candidate], dict[str, Candidate], dict[str, str]]:
    candidates = ledger.candidates()
    children = [candidate for candidate in candidates if candidate.operator != "seed"]
    return children, {candidate.id: candidate for candidate in candidates}, goals_of(ledger.meta())


def _root(lesson: Lesson, lessons: Sequence[Lesson]) -> str:
    """The lesson that this one was merged into, in the end."""
    by_id = {one.id: one for one in lessons}
    while lesson.into in by_id:
        lesson = by_id[lesson.into]
    return lesson.id


def _change(child: Candidate, by_id: Mapping[str, Candidate]) -> dict[str, float] | None:
    """The child's step from its first parent; None when either was not measured."""
    parent = by_id.get(child.parents[0]) if child.parents else None
    if not child.objectives or parent is None or not parent.objectives:
        return None
    theirs = parent.objectives
    return {name: value - theirs[name] for name, value in child.objectives.items() if name in theirs}


def _serve(children: Iterable[Candidate], by_id: Mapping[str, Candidate], goals: Goals) -> Served:
    ended = [child for child in children if tried(child)]
    valid = [child for child in ended if child.status == "evaluated" or child.failure == "stopped"]
    counts = {
        "valid_first": sum(child.repairs == 0 for child in valid),
        "valid": len(valid),
        "improved": sum(improves(child, by_id, goals) for child in valid),
    }
    intervals = {f"{name}_interval": wilson(count, len(ended)) for name, count in counts.items()}
    return Served(trials=len(ended), **counts, **intervals)  # type: ignore[arg-type]
