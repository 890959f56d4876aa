"""Best of many samples, a baseline that matches published evolvers at equal budget (arXiv 2602.16805)."""

from __future__ import annotations

import random
from dataclasses import replace

from graph.strategies.contract import Order, State, View
from graph.strategies.guided_evolution import GuidedEvolution


class Independent(GuidedEvolution):
    """Every child is a mutation of the seed and knows of no other; the best is taken at the end.

    Samples that are asked for together are independent; prompts of later ones list what was tried before, as they always do.
    """

    cites = False

    def ask(self, state: State, view: View, want: int, rng: random.Random) -> tuple[State, list[Order]]:
        return state, [replace(self._mutation(view.seed), context=()) for _ in range(want)]

    def _survivors(self, view: View) -> tuple[str, ...]:
        return (view.seed.id,)
