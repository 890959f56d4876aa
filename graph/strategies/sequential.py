"""One chain of edits, a baseline that matches published evolvers at equal budget (arXiv 2602.16805)."""

from __future__ import annotations

import random

from graph.strategies.contract import Order, State, View
from graph.strategies.guided_evolution import GuidedEvolution
from memory.records import Candidate


class Sequential(GuidedEvolution):
    """One child at a time, a mutation of the last measured one, whether or not that was better."""

    cites = False

    def ask(self, state: State, view: View, want: int, rng: random.Random) -> tuple[State, list[Order]]:
        return state, [self._mutation(view.population[0])]

    def _survivors(self, view: View) -> tuple[str, ...]:
        last, *later = [*view.population, *view.new]
        for child in later:
            last = self._next(last, child, view)
        return (last.id,)

    def _next(self, parent: Candidate, child: Candidate, view: View) -> Candidate:
        """Who is the next child's parent."""
        return child
