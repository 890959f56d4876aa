"""The (1+1) strategy, a baseline that matches published evolvers at equal budget (arXiv 2602.16805)."""

from __future__ import annotations

from graph.pareto import costs, hypervolume
from graph.strategies.sequential import Sequential
from memory.records import Candidate


class OnePlusOne(Sequential):
    """One child at a time, a mutation of the incumbent, which it replaces when it is no worse.

    No worse in a scalar order, the share of the reference box that a program dominates alone: a child that dominates or
    equals the incumbent always replaces it, and of two trade-offs the one that the hypervolume prefers stays. Outside the box,
    where all have the same share, the first objective decides, then the next.
    """

    def _next(self, parent: Candidate, child: Candidate) -> Candidate:
        return child if self._cost(child) <= self._cost(parent) else parent

    def _cost(self, one: Candidate) -> tuple[float, ...]:
        return (-hypervolume([one], self._objectives), *costs(one, self._objectives))
