"""LLM Guided Evolution: NSGA-II parents, SPEA2 survivors, a Pareto hall of fame (Morris et al. 2024, sections 3 and 4)."""

from __future__ import annotations

import random
from collections.abc import Sequence

import genome
from graph.config import Search
from graph.pareto import hypervolume, ranked, strongest
from graph.strategies.contract import Order, State, View
from memory.dominance import front
from memory.records import Candidate, Selection
from tasks import Objective

Ranked = tuple[Candidate, int, float]


class GuidedEvolution:
    """One operator a child, so that every measured step has one cause: crossover or mutation, drawn by the paper's two
    probabilities as weights. A mutation rewrites one segment drawn uniformly."""

    def __init__(self, search: Search, objectives: Sequence[Objective], segments: Sequence[str]) -> None:
        self._search, self._objectives, self._segments = search, tuple(objectives), tuple(segments)

    def ask(self, state: State, view: View, want: int, rng: random.Random) -> tuple[State, list[Order]]:
        # the first children are mutations of the seed; there is no experience yet to think about
        first = [self._mutation(view.seed, rng) for _ in range(min(want, self._search.initial - view.made))]
        standing = ranked(self._parents(view), self._objectives, view.shortfall)
        return state, first + [self._order(standing, rng) for _ in range(want - len(first))]

    def _parents(self, view: View) -> Sequence[Candidate]:
        """Who may be a parent: at the end the elites alone, since what is made then is not varied any more."""
        return view.archive if view.late and view.archive else view.population

    def _order(self, standing: Sequence[Ranked], rng: random.Random) -> Order:
        thoughtful = rng.random() < self._search.eot
        cross = rng.random() * (self._search.crossover + self._search.mutation) < self._search.crossover
        a = self._tournament(standing, rng)
        mates = [s for s in standing if s[0].id != a.id and genome.changed_segments(a.files, s[0].files)]
        if cross and mates:
            return Order("cross", (a.id, self._tournament(mates, rng).id), thoughtful=thoughtful)
        return self._mutation(a, rng, thoughtful)

    def _mutation(self, parent: Candidate, rng: random.Random, thoughtful: bool = False) -> Order:
        return Order("mutate", (parent.id,), "segment", (rng.choice(self._segments),), thoughtful=thoughtful)

    def _tournament(self, standing: Sequence[Ranked], rng: random.Random) -> Candidate:
        """The better of two by rank, then by crowding distance (Deb 2002, section III-B)."""
        drawn = [standing[rng.randrange(len(standing))] for _ in range(2)]
        return min(drawn, key=lambda s: (s[1], -s[2], s[0].id))[0]

    def tell(self, state: State, view: View) -> tuple[State, Selection]:
        able = [c for c in [*view.archive, *view.new] if c.id not in view.shortfall]
        fame = sorted(front(able, {o.name: o.goal for o in self._objectives}), key=lambda c: c.id)
        return state, Selection(
            population=self._survivors(view),
            archive=tuple(c.id for c in fame),
            data={"hypervolume": hypervolume(fame, self._objectives)},
        )

    def _survivors(self, view: View) -> tuple[str, ...]:
        """Who may be a parent next."""
        pool = [*view.population, *view.new]
        return tuple(c.id for c in strongest(pool, self._objectives, self._search.population, view.shortfall))
