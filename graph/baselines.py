"""Simple strategies that every claim has to be compared with; they match published evolvers at equal budget (arXiv 2602.16805).

All keep the same archive, the Pareto front of everything measured, so that runs of any strategy are compared by the same measure.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from graph.guided_evolution import GuidedEvolution
from graph.pareto import costs, hypervolume
from graph.strategy import Step
from memory.records import Candidate

Ranked = tuple[Candidate, int, float]


class RandomParents(GuidedEvolution):
    """Guided evolution without selection pressure: every measured program may be a parent, each as likely as the others."""

    def _tournament(self, standing: Sequence[Ranked], rng: random.Random) -> Candidate:
        return standing[rng.randrange(len(standing))][0]

    def _survivors(self, population: Sequence[Candidate], measured: Sequence[Candidate]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(c.id for c in [*population, *measured] if c.objectives))


class Independent(GuidedEvolution):
    """Every child is a mutation of the seed and knows of no other; the best is taken at the end.

    Samples of one generation are independent; prompts of a later one list what was tried before, as they always do.
    """

    def plan(self, generation: int, population: Sequence[Candidate], rng: random.Random) -> list[Step]:
        most = self._search.initial if generation == 1 else self._search.population
        return [self._mutation(population[0], rng, False, n) for n in range(most)]

    def _survivors(self, population: Sequence[Candidate], measured: Sequence[Candidate]) -> tuple[str, ...]:
        return (population[0].id,)


class Sequential(GuidedEvolution):
    """One child a generation, a mutation of the last measured one, whether or not that was better."""

    def plan(self, generation: int, population: Sequence[Candidate], rng: random.Random) -> list[Step]:
        thoughtful = generation > 1 and rng.random() < self._search.eot
        return [self._mutation(population[0], rng, thoughtful, 0)]

    def _survivors(self, population: Sequence[Candidate], measured: Sequence[Candidate]) -> tuple[str, ...]:
        last = population[0]
        for child in measured:
            last = self._next(last, child)
        return (last.id,)

    def _next(self, parent: Candidate, child: Candidate) -> Candidate:
        """Who is the next child's parent."""
        return child


class OnePlusOne(Sequential):
    """The (1+1) strategy: one child a generation, a mutation of the incumbent, which it replaces when it is no worse.

    No worse in a scalar order, the share of the reference box that a program dominates alone: a child that dominates or
    equals the incumbent always replaces it, and of two trade-offs the one that the hypervolume prefers stays. Outside the box,
    where all have the same share, the first objective decides, then the next.
    """

    def _next(self, parent: Candidate, child: Candidate) -> Candidate:
        return child if self._cost(child) <= self._cost(parent) else parent

    def _cost(self, one: Candidate) -> tuple[float, ...]:
        return (-hypervolume([one], self._objectives), *costs(one, self._objectives))
