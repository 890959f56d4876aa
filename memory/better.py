"""What "better" means wherever it is told: of steps, children, lessons and personas.

A program is better than another when some objective is better beyond the noise of the two scores and none is worse beyond it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from memory.dominance import Goals, costs
from memory.records import Candidate

_RESIDUE = 1e-9  # share of the larger of two numbers: nearer ones are equal, and differ in how they were summed
Comparison = Literal["win", "loss", "trade", "within noise"]
Bound = Callable[[str, float, int, float, int], float]
"""The change of an objective that may be chance, from its name, then value and number of trainings of either program."""


def declared(noise: Mapping[str, float]) -> Bound:
    """The same bound at every level and for any number of trainings, 0 where none is named."""
    return lambda name, *_: noise.get(name, 0.0)


NO_NOISE = declared({})


def noise_between(child: Candidate, parent: Candidate, bound: Bound) -> dict[str, float]:
    """For each objective that both have, the change from parent to child that may be chance."""
    ours, theirs = child.objectives or {}, parent.objectives or {}
    counts = max(1, child.n), max(1, parent.n)
    return {name: bound(name, ours[name], counts[0], theirs[name], counts[1]) for name in ours if name in theirs}


def change(ours: float, theirs: float) -> float:
    """How much more `ours` is. What the last digits of two equal numbers differ in is no change."""
    found = ours - theirs
    return 0.0 if abs(found) < _RESIDUE * max(abs(ours), abs(theirs)) else found


def compare(delta: Mapping[str, float], noise: Mapping[str, float], goals: Goals) -> Comparison:
    """What a change of the objectives shows. Up to the noise it may be chance: it is neither gain nor loss."""
    ways = {name: way(value, noise.get(name, 0.0)) for name, value in delta.items()}
    gains = {(moved == "down") == (goals.get(name, "min") == "min") for name, moved in ways.items() if moved != "same"}
    if not gains:
        return "within noise"
    return "trade" if len(gains) == 2 else "win" if gains.pop() else "loss"


def way(change: float, noise: float) -> Literal["down", "up", "same"]:
    """Where an objective went, if that is more than noise."""
    return "down" if change < -noise else "up" if change > noise else "same"


def rival(parents: Iterable[Candidate], goals: Goals) -> Candidate | None:
    """The parent that a child is held against: the best by the first objective, then the next; None if none is measured."""
    measured = [parent for parent in parents if parent.objectives]
    if len(measured) == 1:
        return measured[0]
    return min(measured, key=lambda one: costs(one.objectives or {}, goals), default=None)


def better(child: Candidate, parents: Iterable[Candidate], goals: Goals, bound: Bound) -> bool:
    """Whether a measured child is better than its parent; of a crossover the better parent counts."""
    parent = rival(parents, goals)
    if child.status != "evaluated" or not child.objectives or parent is None or not parent.objectives:
        return False
    noise, theirs = noise_between(child, parent, bound), parent.objectives
    delta = {name: change(child.objectives[name], theirs[name]) for name in noise}
    return compare(delta, noise, goals) == "win"
