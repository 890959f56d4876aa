"""LLM Guided Evolution: NSGA-II parents, SPEA2 elites, a Pareto hall of fame (Morris et al. 2024, sections 3 and 4)."""

from __future__ import annotations

import random
from collections.abc import Sequence

import genome
from graph.config import Search
from graph.pareto import hypervolume, ranked, strongest
from graph.strategy import Selection, Step
from memory.pareto import front
from memory.records import Candidate
from tasks import Objective


class GuidedEvolution:
    """One operator a child, so that every measured step has one cause: crossover or mutation, drawn by the paper's two
    probabilities as weights. A mutation rewrites one segment drawn uniformly."""

    def __init__(self, search: Search, objectives: Sequence[Objective], segments: Sequence[str]) -> None:
        self._search, self._objectives, self._segments = search, tuple(objectives), tuple(segments)

    def plan(self, generation: int, population: Sequence[Candidate], rng: random.Random) -> list[Step]:
        if generation == 1:
            # the first children are mutations of the seed; there is no experience yet to think about
            return [self._mutation(population[0], rng, False, n) for n in range(self._search.initial)]
        standing = ranked(population, self._objectives)
        steps = []
        for n in range(self._search.population):
            thoughtful = rng.random() < self._search.eot
            cross = rng.random() * (self._search.crossover + self._search.mutation) < self._search.crossover
            a = self._tournament(standing, rng)
            mates = [s for s in standing if s[0].id != a.id and genome.changed_segments(a.files, s[0].files)]
            if cross and mates:
                steps.append(Step("cross", (a.id, self._tournament(mates, rng).id), None, thoughtful))
            else:
                steps.append(self._mutation(a, rng, thoughtful, n))
        return steps

    def _mutation(self, parent: Candidate, rng: random.Random, thoughtful: bool, number: int) -> Step:
        return Step("mutate", (parent.id,), rng.choice(self._segments), thoughtful)

    def _tournament(self, standing: Sequence[tuple[Candidate, int, float]], rng: random.Random) -> Candidate:
        """The better of two by rank, then by crowding distance (Deb 2002, section III-B)."""
        drawn = [standing[rng.randrange(len(standing))] for _ in range(2)]
        return min(drawn, key=lambda s: (s[1], -s[2], s[0].id))[0]

    def select(
        self, population: Sequence[Candidate], children: Sequence[Candidate], archive: Sequence[Candidate]
    ) -> Selection:
        measured = [c for c in children if c.objectives]
        goals = {o.name: o.goal for o in self._objectives}
        fame = sorted(front([*archive, *measured], goals), key=lambda c: c.id)
        return Selection(
            population=self._survivors(population, measured),
            archive=tuple(c.id for c in fame),
            data={"hypervolume": hypervolume(fame, self._objectives)},
        )

    def _survivors(self, population: Sequence[Candidate], measured: Sequence[Candidate]) -> tuple[str, ...]:
        """Who may be a parent next."""
        return tuple(c.id for c in strongest([*population, *measured], self._objectives, self._search.population))
