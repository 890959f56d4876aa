"""The (1+1) strategy, a baseline that matches published evolvers at equal budget (arXiv 2602.16805)."""

from __future__ import annotations

from graph.strategies.contract import View
from graph.strategies.sequential import Sequential
from memory.records import Candidate


class OnePlusOne(Sequential):
    """One child at a time, a mutation of the incumbent, which it replaces when it is no worse.

    No worse in a scalar order, the share of the reference box that a program dominates alone: a child that dominates or
    equals the incumbent always replaces it, and of two trade-offs the one that the hypervolume prefers stays.
    """

    def _next(self, parent: Candidate, child: Candidate, view: View) -> Candidate:
        return child if self._cost(child, view) <= self._cost(parent, view) else parent
