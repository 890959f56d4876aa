"""Where the search stands: what authors are told of the best programs so far, of chance, and of where a new one would add most."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from agents.quote import line
from memory.dominance import costs, front, share
from memory.gaps import Gap, Point, contributions, gaps
from memory.ledger import Ledger
from memory.numbers import bare
from memory.records import Candidate
from memory.yardstick import Chance, chance
from tasks import Objective

_ROWS = 9  # most programs in the table
_DIGITS = 4


def kept_at(ledger: Ledger, upto: int) -> list[Candidate]:
    """The measured programs that the strategy kept after this commit, archive and population, as they stood then, and the seed."""
    last = ledger.selection(upto)
    ids = {"seed", *(last.archive if last else ()), *(last.population if last else ())}
    found = [ledger.stood(one, upto) for one in ledger.outcomes(ids, upto).values()]
    return [one for one in found if one.status == "evaluated"]


def standing_at(ledger: Ledger, objectives: Sequence[Objective], upto: int) -> str:
    """The same as `standing`, of what was known at this commit."""
    return standing(kept_at(ledger, upto), objectives, chance(ledger, upto))


def standing(kept: Iterable[Candidate], objectives: Sequence[Objective], known: Chance) -> str:
    """A table of these programs, at most so many rows, the best in the first objective first; what may be chance between them; what would
    add most. Empty where none is measured."""
    goals = {o.name: o.goal for o in objectives}
    told = {one.id: one for one in kept if one.objectives and all(_is_finite(one, o) for o in objectives)}
    order = sorted(told.values(), key=lambda one: (costs(one.objectives or {}, goals), one.id))
    if not order:
        return ""
    points: dict[str, Point] = {}
    if len(objectives) == 2:
        points = {one.id: (_share(one, objectives[0]), _share(one, objectives[1])) for one in front(order, goals)}
    shown = _shown(order, objectives, contributions(points))
    lines = _table(shown, objectives, len(order)) + _by_chance(order[0], objectives[0], known)
    if len(objectives) == 2:
        lines += _room(told, objectives, gaps(points))
    elif len(objectives) == 1:
        best = _value(order[0], objectives[0])
        lines.append(f"The one to beat is {line(order[0].id)}: {_bound(objectives[0], best)}.")
    return "\n".join(lines)


def _shown(order: Sequence[Candidate], objectives: Sequence[Objective], adds: dict[str, float]) -> list[Candidate]:
    """The seed, the best in each objective, and of the others those that add most, in the order given."""
    first = {one.id for one in order if one.operator == "seed"}
    first |= {min(order, key=lambda one: _cost(one, o)).id for o in objectives}
    place = {one.id: n for n, one in enumerate(order)}
    worth = sorted(order, key=lambda one: (one.id not in first, -adds.get(one.id, 0.0), place[one.id]))
    return sorted(worth[:_ROWS], key=lambda one: place[one.id])


def _table(shown: Sequence[Candidate], objectives: Sequence[Objective], of: int) -> list[str]:
    names = [f"{o.name} ({o.unit})" if o.unit else o.name for o in objectives]
    several = any(one.n > 1 for one in shown)
    rows = [["program", *names, *(["trainings"] if several else [])]]
    for one in shown:
        values = [bare(_value(one, o), _DIGITS) for o in objectives]
        rows.append([line(one.id), *values, *([str(max(1, one.n))] if several else [])])
    more = [f"and {of - len(shown)} more"] if of > len(shown) else []
    return [" | ".join(row) for row in rows] + more


def _by_chance(best: Candidate, metric: Objective, known: Chance) -> list[str]:
    level = _value(best, metric)
    size = known.bound(metric.name, level, 1, level, 1)
    if not size > 0:
        return []
    told = _amount(size, metric, 2)
    return [f"At the level of the best, two trainings that differ by {told} or less may differ by chance."]


def _room(told: dict[str, Candidate], objectives: Sequence[Objective], wide: Sequence[Gap]) -> list[str]:
    """The widest gap in words, as what a program must be better than, and the widest between two programs where it is another."""
    inside = [gap for gap in wide if gap.left and gap.right]
    said = [_sentence(told, objectives, gap, "could add most to the front") for gap in wide[:1]]
    if inside and inside[0] is not wide[0]:
        said.append(_sentence(told, objectives, inside[0], "could fill its widest gap"))
    return said


def _sentence(told: dict[str, Candidate], objectives: Sequence[Objective], gap: Gap, adds: str) -> str:
    first, second = objectives
    bounds = []
    if gap.right:
        bounds.append(_bound(first, _value(told[gap.right], first)))
    if gap.left:
        bounds.append(_bound(second, _value(told[gap.left], second)))
    if gap.left and gap.right:
        where = f"between {line(gap.left)} and {line(gap.right)}"
    elif gap.left or gap.right:
        where = f"beyond {line(gap.left or gap.right or '')}"
    else:
        bounds = [_bound(o, o.reference) for o in objectives]
        where = "nothing is there yet"
    return f"A program with {' and '.join(bounds)} {adds} ({where})."


def _bound(objective: Objective, value: float) -> str:
    return f"{objective.name} {'below' if objective.goal == 'min' else 'above'} {_amount(value, objective)}"


def _amount(value: float, objective: Objective, digits: int = _DIGITS) -> str:
    return f"{bare(value, digits)} {objective.unit}".strip()


def _value(one: Candidate, objective: Objective) -> float:
    return (one.objectives or {})[objective.name]


def _cost(one: Candidate, objective: Objective) -> float:
    value = _value(one, objective)
    return value if objective.goal == "min" else -value


def _share(one: Candidate, objective: Objective) -> float:
    return share(_value(one, objective), objective.goal, objective.reference)


def _is_finite(one: Candidate, objective: Objective) -> bool:
    return math.isfinite((one.objectives or {}).get(objective.name, math.nan))
