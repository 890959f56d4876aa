"""LLM Guided Evolution: parents by what they could bring, SPEA2 survivors, a Pareto hall of fame (Morris et al. 2024, sections 3 and 4)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence

import genome
from graph.config import Search
from graph.pareto import alone, contributing, hypervolume, ranked, strongest, trades
from graph.strategies.contract import Order, State, View
from memory.dominance import front
from memory.records import Candidate, Selection
from tasks import Objective

Ranked = tuple[Candidate, int, float]
_APART = 2  # segments in which two programs differ before there is anything to merge


class GuidedEvolution:
    """One operator a child, so that every measured step has one cause: crossover or mutation, drawn by the paper's two
    probabilities as weights. How wide a mutation goes, and where, is left open.

    A parent is the better of two that are drawn, by non-domination rank as in NSGA-II. Of equal rank it is not the less crowded
    one, since the corners of a front are never crowded and took a fifth of all children, however bad: it is the one that adds
    more to the hypervolume alone, by what it adds over one more than the children that were asked of it. So the children of a
    front tend to be spread as its members contribute, and whoever was tried often yields. Two programs are crossed where each
    is better in some objective and they differ in two segments at least; with less there is nothing to merge.

    `search.parents = "crowding"` is the published rule: crowding distance, and a cross of any two that differ.
    """

    cites = True
    confirms_all = False

    def __init__(self, search: Search, objectives: Sequence[Objective], segments: Sequence[str]) -> None:
        self._search, self._objectives = search, tuple(objectives)

    def ask(self, state: State, view: View, want: int, rng: random.Random) -> tuple[State, list[Order]]:
        offspring = Counter[str](state.get("offspring", {}))
        standing = self._standing(view)
        orders = []
        for made in range(view.made, view.made + want):
            # the first children are mutations of the seed; there is no experience yet to think about
            first = made < self._search.initial
            order = self._mutation(view.seed) if first else self._order(standing, offspring, rng)
            offspring.update(order.parents)
            orders.append(order)
        return {**state, "offspring": dict(offspring)}, orders

    def _standing(self, view: View) -> list[Ranked]:
        """Who may be a parent: at the end the elites alone, since what is made then is not varied any more."""
        parents = view.archive if view.late and view.archive else view.population
        rank = contributing if self._search.parents == "promise" else ranked
        return rank(parents, self._objectives, view.shortfall)

    def _order(self, standing: Sequence[Ranked], offspring: Mapping[str, int], rng: random.Random) -> Order:
        thoughtful = rng.random() < self._search.eot
        cross = rng.random() * (self._search.crossover + self._search.mutation) < self._search.crossover
        a = self._drawn(standing, offspring, rng)
        mates = [s for s in standing if self._mate(a, s[0])] if cross else []
        if mates:
            return Order("cross", (a.id, self._drawn(mates, offspring, rng).id), thoughtful=thoughtful)
        return self._mutation(a, thoughtful)

    def _mutation(self, parent: Candidate, thoughtful: bool = False) -> Order:
        return Order("mutate", (parent.id,), thoughtful=thoughtful)

    def _mate(self, a: Candidate, b: Candidate) -> bool:
        """Whether these two may be crossed."""
        if self._search.parents == "crowding":
            return bool(genome.changed_segments(a.files, b.files))
        return trades(a, b, self._objectives) and len(genome.changed_segments(a.files, b.files)) >= _APART

    def _drawn(self, standing: Sequence[Ranked], offspring: Mapping[str, int], rng: random.Random) -> Candidate:
        """The better of two that are drawn (Deb 2002, section III-B)."""

        def place(one: Ranked) -> tuple[float, ...]:
            candidate, rank, worth = one
            if self._search.parents == "crowding":
                return rank, -worth
            asked = offspring.get(candidate.id, 0)
            return rank, -worth / (1 + asked), asked

        drawn = [standing[rng.randrange(len(standing))] for _ in range(2)]
        return min(drawn, key=lambda one: (place(one), one[0].id))[0]

    def tell(self, state: State, view: View) -> tuple[State, Selection]:
        able = [c for c in [*view.archive, *view.new] if c.id not in view.shortfall]
        fame = sorted(front(able, {o.name: o.goal for o in self._objectives}), key=lambda c: c.id)
        chosen = Selection(
            population=self._survivors(view),
            archive=tuple(c.id for c in fame),
            data={"hypervolume": hypervolume(fame, self._objectives)},
        )
        return _living(state, chosen), chosen

    def _survivors(self, view: View) -> tuple[str, ...]:
        """Who may be a parent next."""
        pool = [*view.population, *view.new]
        return tuple(c.id for c in strongest(pool, self._objectives, self._search.population, view.shortfall))

    def _cost(self, one: Candidate, view: View) -> tuple[float, ...]:
        """In a scalar order of all programs, less is better: for strategies that hold one against another."""
        return alone(one, self._objectives, view.shortfall, view.weighed)


def _living(state: State, chosen: Selection) -> State:
    """The state without the offspring of programs that are no parents any more."""
    alive = {*chosen.population, *chosen.archive}
    counts = {id: asked for id, asked in state.get("offspring", {}).items() if id in alive}
    return {**state, "offspring": counts} if "offspring" in state else state
