"""What a run is after: what its programs must meet, which objective leads, and which program is the best. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from memory.better import Bound
from memory.dominance import Goals, costs, goals_of, side
from memory.goal import Condition, Values, conditions
from memory.numbers import bare
from memory.records import Candidate

BEST = (
    "The best is, of the elites that meet what is required, the one that is ahead in the leading objective; elites within the "
    "noise of it count as equal there, and of these the next objective decides, then the earliest."
)


@dataclass(frozen=True)
class Aim:
    """As it was set when the run was made. Without any setting nothing is required, and the task's first objective leads."""

    goals: Goals  # the leading objective first, then in the order of the task
    sides: Mapping[str, float]  # lengths of the reference box, in the units of each objective
    weights: Mapping[str, float]  # where there are any their sum leads, each objective as a share of its side
    require: str = ""
    required: tuple[Condition, ...] = ()

    def meets(self, objectives: Values, seed: Values | None) -> bool:
        """Whether a program with these objectives meets what is required, as the seed measures."""
        return all(one.met(objectives, seed) for one in self.required)

    def shortfall(self, objectives: Values, seed: Values | None) -> float:
        """By how much it misses that, all conditions summed, each as a share of the reference box (Deb 2002, section VI)."""
        return math.fsum(one.excess(objectives, seed) / self.sides.get(one.name, 1.0) for one in self.required)

    def weighed(self, objectives: Values) -> float:
        """The weighted sum of the objectives, each as a share of the reference box; less is better, 0 without weights."""
        return _sum(self._factors, dict(zip(self.goals, costs(objectives, self.goals), strict=True)))

    def best(self, candidates: Iterable[Candidate], seed: Values | None, bound: Bound) -> Candidate | None:
        """The one to show first, as `BEST` says; None where no measured one meets what is required. `bound` says what is chance."""
        left = [
            (one, dict(zip(self.goals, costs(one.objectives, self.goals), strict=True)))
            for one in candidates
            if one.status == "evaluated" and one.objectives and self.meets(one.objectives, seed)
        ]
        if not left:
            return None
        for factors in [*([self._factors] if self.weights else []), *({name: 1.0} for name in self.goals)]:
            ahead = min(left, key=lambda pair: (_sum(factors, pair[1]), pair[0].generation, pair[0].index))
            left = [pair for pair in left if _gap(pair, ahead, factors) <= _noise(pair[0], ahead[0], factors, bound)]
        return min((one for one, _ in left), key=lambda one: (one.generation, one.index))

    def told(self) -> str:
        """How the best is chosen here, in a few words."""
        leads = list(self.goals)
        if self.weights:
            parts = " + ".join(f"{bare(size)} {name}" for name, size in self.weights.items() if size)
            leads = [f"{parts}, each a share of its reference", *leads]
        first, *others = leads
        then = " and then ".join(others) or "the earliest"
        return f"the elite ahead in {first}; within the noise of it {then} decides"

    @property
    def _factors(self) -> dict[str, float]:
        return {name: size / self.sides[name] for name, size in self.weights.items()}


def aim_of(meta: Mapping[str, Any]) -> Aim:
    """The aim that a ledger's meta tells; that of a run before there were aims is the task's own order."""
    told, goals = meta.get("aim", {}), goals_of(meta)
    first = told.get("first")
    require = str(told.get("require", ""))
    return Aim(
        goals={first: goals[first], **goals} if first else goals,
        sides={str(item["name"]): side(item["goal"], item["reference"]) for item in meta.get("objectives", [])},
        weights=told.get("weights", {}),
        require=require,
        required=tuple(conditions(require)) if require else (),
    )


_Scored = tuple[Candidate, dict[str, float]]


def _sum(factors: Mapping[str, float], values: Mapping[str, float]) -> float:
    return math.fsum(factor * values[name] for name, factor in factors.items())


def _gap(one: _Scored, ahead: _Scored, factors: Mapping[str, float]) -> float:
    return math.fsum(factor * (one[1][name] - ahead[1][name]) for name, factor in factors.items())


def _noise(one: Candidate, other: Candidate, factors: Mapping[str, float], bound: Bound) -> float:
    """The difference of two sums that may be chance: the noises of their parts are of one another independent."""
    ours, theirs = one.objectives or {}, other.objectives or {}
    counts = max(1, one.n), max(1, other.n)
    return math.hypot(
        *(factor * bound(name, ours[name], counts[0], theirs[name], counts[1]) for name, factor in factors.items())
    )
