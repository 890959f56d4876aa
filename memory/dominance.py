"""Who is better than whom, for objectives that are minimised or maximised. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from memory.records import Candidate

Goals = Mapping[str, str]  # objective -> "min" | "max", the most important first


def goals_of(meta: Mapping[str, Any]) -> dict[str, str]:
    """Objective names and goals in the task's order, from a ledger's meta."""
    return {str(item["name"]): str(item["goal"]) for item in meta.get("objectives", [])}


def costs(objectives: Mapping[str, float], goals: Goals) -> tuple[float, ...]:
    """The objectives in the order of `goals`, turned so that less is better. Raises ValueError if one is missing."""
    values = []
    for name, goal in goals.items():
        if name not in objectives:
            raise ValueError(f"expected objective {name!r}, got {sorted(objectives)}; is it another task's candidate?")
        if goal not in ("min", "max"):
            raise ValueError(f"goal of {name!r} must be 'min' or 'max', got {goal!r}")
        values.append(float(objectives[name]) if goal == "min" else -float(objectives[name]))
    return tuple(values)


def side(goal: str, reference: float) -> float:
    """How long the box of the hypervolume is along an objective: from 0 to the reference, of one to maximise from the reference to 1 above it."""
    return abs(reference) or 1.0 if goal == "min" else 1.0


def share(value: float, goal: str, reference: float) -> float:
    """An objective as a cost between 0 (ideal) and 1 (its reference, the worst value worth a place); beyond the reference it exceeds 1.

    What is minimised runs from 0 to its reference, what is maximised from its reference to 1 above it.
    """
    return max(0.0, value / side(goal, reference) if goal == "min" else 1.0 - (value - reference))


def front(candidates: Iterable[Candidate], goals: Goals) -> list[Candidate]:
    """The evaluated candidates that no other one dominates, in the order given; of equals the first stands for all."""
    scored = [(c, costs(c.objectives, goals)) for c in candidates if c.status == "evaluated" and c.objectives]
    scored = [(c, cost) for c, cost in scored if all(map(math.isfinite, cost))]
    # sweeping by the first cost keeps this near n log n for two objectives: only front members are compared with
    kept: list[tuple[float, ...]] = []
    for _, cost in sorted(scored, key=lambda pair: pair[1]):
        if not any(other != cost and all(x <= y for x, y in zip(other, cost, strict=True)) for other in kept):
            kept.append(cost)
    first: dict[tuple[float, ...], Candidate] = {}
    for c, cost in scored:
        first.setdefault(cost, c)
    survivors = set(kept)
    return [c for cost, c in first.items() if cost in survivors]
