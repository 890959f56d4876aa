"""Pareto ranks, crowding, contributions, strength and hypervolume, by DEAP and moocore; this file only turns records into its form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Any

import moocore
import numpy as np
from deap import base, tools

from memory.dominance import costs as goal_costs
from memory.dominance import front, share, side
from memory.records import Candidate
from tasks import Objective

Shortfall = Mapping[str, float]  # id -> by how much it misses what is required; whoever is not in it meets it

_MANY = 500  # candidates among whom SPEA2, which takes the square and more, is still quick


def _individuals(candidates: Sequence[Candidate], objectives: Sequence[Objective]) -> list[Any]:
    # DEAP wants a class with the weights as an attribute; every objective becomes one to minimise, and a share of its box:
    # distances between percents and thousands of parameters would be those of the parameters alone
    fitness = type("Minimised", (base.Fitness,), {"weights": (-1.0,) * len(objectives)})
    out = []
    for c in candidates:
        individual = type("Individual", (list,), {})([c.id])
        individual.fitness = fitness(scaled(c, objectives))
        individual.candidate = c
        out.append(individual)
    return out


def costs(candidate: Candidate, objectives: Sequence[Objective]) -> tuple[float, ...]:
    """The objectives of a measured candidate, signed so that lower is better."""
    assert candidate.objectives is not None
    return goal_costs(candidate.objectives, {o.name: o.goal for o in objectives})


def scaled(candidate: Candidate, objectives: Sequence[Objective]) -> tuple[float, ...]:
    """The same in units of the box of the hypervolume: 0 is ideal, 1 the reference corner."""
    sides = (side(o.goal, o.reference) for o in objectives)
    return tuple(cost / length for cost, length in zip(costs(candidate, objectives), sides, strict=True))


def objectives_of(meta: Mapping[str, Any]) -> tuple[Objective, ...]:
    """The objectives in the task's order with the references of this run, from a ledger's meta."""
    return tuple(
        Objective(item["name"], item.get("unit", ""), item["goal"], item["reference"])
        for item in meta.get("objectives", [])
    )


def ranked(
    candidates: Sequence[Candidate], objectives: Sequence[Objective], shortfall: Shortfall = MappingProxyType({})
) -> list[tuple[Candidate, int, float]]:
    """Each candidate with its non-domination rank (0 is the front) and crowding distance (Deb 2002, NSGA-II).

    Those that miss what is required come after all others, by how much they miss it (constrained domination, Deb 2002, section VI).
    """
    out = []
    for rank, group in enumerate(_ranks(candidates, objectives, shortfall)):
        tools.emo.assignCrowdingDist(group)
        out += [(i.candidate, rank, i.fitness.crowding_dist) for i in group]
    return out


def contributing(
    candidates: Sequence[Candidate], objectives: Sequence[Objective], shortfall: Shortfall = MappingProxyType({})
) -> list[tuple[Candidate, int, float]]:
    """Each candidate with its non-domination rank, as in `ranked`, and what it alone adds to the hypervolume of its rank.

    That is a share of the reference box. Equals part what they add, and outside the box nothing is added.
    """
    out = []
    for rank, group in enumerate(_ranks(candidates, objectives, shortfall)):
        members = [i.candidate for i in group]
        added = contributions(members, objectives)
        out += [(c, rank, share) for c, share in zip(members, added, strict=True)]
    return out


def contributions(group: Sequence[Candidate], objectives: Sequence[Objective]) -> list[float]:
    """What the hypervolume of a group would lose without each member; equals part it."""
    points = [costs(c, objectives) for c in group]
    distinct, times = dict(zip(points, group, strict=True)), Counter(points)
    whole = hypervolume(list(distinct.values()), objectives)
    lost = {
        point: whole - hypervolume([c for p, c in distinct.items() if p != point], objectives) for point in distinct
    }
    return [max(0.0, lost[point]) / times[point] for point in points]


def _ranks(candidates: Sequence[Candidate], objectives: Sequence[Objective], shortfall: Shortfall) -> list[list[Any]]:
    """The individuals of each non-domination rank, in an order that does not depend on the one given."""
    ordered = sorted(candidates, key=lambda c: c.id)
    short = sorted((c for c in ordered if c.id in shortfall), key=lambda c: shortfall[c.id])
    classes = [[c for c in ordered if c.id not in shortfall]]
    classes += [list(group) for _, group in groupby(short, key=lambda c: shortfall[c.id])]
    found: list[list[Any]] = []
    for some in filter(None, classes):
        found += tools.sortNondominated(_individuals(some, objectives), len(some))
    return found


def trades(a: Candidate, b: Candidate, objectives: Sequence[Objective]) -> bool:
    """Whether each of two is better than the other in some objective."""
    pairs = list(zip(costs(a, objectives), costs(b, objectives), strict=True))
    return any(x < y for x, y in pairs) and any(x > y for x, y in pairs)


def alone(
    candidate: Candidate,
    objectives: Sequence[Objective],
    shortfall: Shortfall = MappingProxyType({}),
    weighed: Mapping[str, float] = MappingProxyType({}),
) -> tuple[float, ...]:
    """A scalar order of all measured programs, less is better: by the share of the reference box that each dominates by itself.

    Outside the box, where all have the same share, the first objective decides, then the next. Where the user weighs the objectives
    their sum stands in place of the share. Before all this, whoever meets what is required goes before whoever does not, and of two
    that do not the one that misses it less (constrained domination, Deb 2002, section VI).
    """
    lead = weighed[candidate.id] if weighed else -hypervolume([candidate], objectives)
    missed = candidate.id in shortfall
    return (missed, shortfall.get(candidate.id, 0.0), lead, *costs(candidate, objectives))


def strongest(
    candidates: Sequence[Candidate],
    objectives: Sequence[Objective],
    most: int,
    shortfall: Shortfall = MappingProxyType({}),
) -> list[Candidate]:
    """At most `most` candidates by strength and density (Zitzler 2001, SPEA2), in a stable order.

    Those that miss what is required fill places that are left, whoever misses it least first.
    """
    unique = {c.id: c for c in candidates}
    ordered = sorted(unique.values(), key=lambda c: (costs(c, objectives), c.id))
    kept = _strongest([c for c in ordered if c.id not in shortfall], objectives, most)
    short = sorted((c for c in ordered if c.id in shortfall), key=lambda c: shortfall[c.id])
    return kept + short[: most - len(kept)]


def _strongest(ordered: list[Candidate], objectives: Sequence[Objective], most: int) -> list[Candidate]:
    if len(ordered) <= most:
        return ordered
    if len(ordered) > _MANY:  # as after a run's end, when everything measured is told again
        ordered = _layers(ordered, objectives, most)
    kept = tools.selSPEA2(_individuals(ordered, objectives), most)
    return sorted((i.candidate for i in kept), key=lambda c: (costs(c, objectives), c.id))


def _layers(candidates: Sequence[Candidate], objectives: Sequence[Objective], least: int) -> list[Candidate]:
    """The front, then the front of the rest and so on, until at least so many are together."""
    goals = {o.name: o.goal for o in objectives}
    left, kept = list(candidates), list[Candidate]()
    while left and len(kept) < least:
        layer = front(left, goals) or left
        ids = {c.id for c in layer}
        kept, left = [*kept, *layer], [c for c in left if c.id not in ids]
    return kept


def hypervolume(points: Sequence[Candidate], objectives: Sequence[Objective]) -> float:
    """The share of the box between the ideal corner (0 of each objective) and the reference corner that the points dominate, 0 to 1.

    Minimised objectives run from 0 to their reference, maximised ones from their reference to 1 above it.
    """
    scaled = [[scale(c, o) for o in objectives] for c in points if c.objectives]
    inside = [p for p in scaled if all(x < 1 for x in p)]
    return float(moocore.hypervolume(np.array(inside), ref=np.ones(len(objectives)))) if inside else 0.0


def scale(candidate: Candidate, objective: Objective) -> float:
    """One objective as a cost between 0 (ideal) and 1 (the reference corner); beyond the reference it exceeds 1."""
    assert candidate.objectives is not None
    return share(candidate.objectives[objective.name], objective.goal, objective.reference)
