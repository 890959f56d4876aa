"""Guided evolution without selection pressure, a baseline that every claim has to be compared with (arXiv 2602.16805)."""

from __future__ import annotations

import random
from collections.abc import Sequence

from graph.strategies.contract import View
from graph.strategies.guided_evolution import GuidedEvolution, Ranked
from memory.records import Candidate


class RandomParents(GuidedEvolution):
    """Every measured program may be a parent, each as likely as the others."""

    def _tournament(self, standing: Sequence[Ranked], rng: random.Random) -> Candidate:
        return standing[rng.randrange(len(standing))][0]

    def _parents(self, view: View) -> Sequence[Candidate]:
        return view.population

    def _survivors(self, view: View) -> tuple[str, ...]:
        return tuple(dict.fromkeys(c.id for c in [*view.population, *view.new]))
