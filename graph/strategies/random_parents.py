"""Guided evolution without selection pressure, a baseline that every claim has to be compared with (arXiv 2602.16805)."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from graph.strategies.contract import Order, State, View
from graph.strategies.guided_evolution import GuidedEvolution, Ranked
from memory.records import Candidate


class RandomParents(GuidedEvolution):
    """Every measured program may be a parent, each as likely as the others."""

    def ask(self, state: State, view: View, want: int, rng: random.Random) -> tuple[State, list[Order]]:
        _, orders = super().ask({}, view, want, rng)  # nobody yields, so nothing is counted
        return state, orders

    def _standing(self, view: View) -> list[Ranked]:
        return [(c, 0, 0.0) for c in view.population]

    def _drawn(self, standing: Sequence[Ranked], offspring: Mapping[str, int], rng: random.Random) -> Candidate:
        return standing[rng.randrange(len(standing))][0]

    def _survivors(self, view: View) -> tuple[str, ...]:
        return tuple(dict.fromkeys(c.id for c in [*view.population, *view.new]))
