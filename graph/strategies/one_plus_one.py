"""The (1+1) strategy, a baseline that matches published evolvers at equal budget (arXiv 2602.16805)."""

from __future__ import annotations

from graph.pareto import costs, hypervolume
from graph.strategies.contract import View
from graph.strategies.sequential import Sequential
from memory.records import Candidate


class OnePlusOne(Sequential):
    """One child at a time, a mutation of the incumbent, which it replaces when it is no worse.

    No worse in a scalar order, the share of the reference box that a program dominates alone: a child that dominates or
    equals the incumbent always replaces it, and of two trade-offs the one that the hypervolume prefers stays. Outside the box,
    where all have the same share, the first objective decides, then the next. Where the user weighs the objectives their sum
    stands in place of the share. Before all this, whoever meets what is required goes before whoever does not, and of two that do not
    the one that misses it less (constrained domination, Deb 2002, section VI).
    """

    def _next(self, parent: Candidate, child: Candidate, view: View) -> Candidate:
        return child if self._cost(child, view) <= self._cost(parent, view) else parent

    def _cost(self, one: Candidate, view: View) -> tuple[float, ...]:
        lead = view.weighed[one.id] if view.weighed else -hypervolume([one], self._objectives)
        short = view.shortfall.get(one.id, 0.0)
        return (one.id in view.shortfall, short, lead, *costs(one, self._objectives))
