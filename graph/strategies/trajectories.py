"""Several chains of edits, and a bandit that asks most of the one that gains most (after BaSE, arXiv 2605.29268)."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from graph.pareto import hypervolume
from graph.strategies.contract import Order, State, View
from graph.strategies.guided_evolution import GuidedEvolution
from memory.dominance import front
from memory.records import Candidate, Selection

Chain = dict[
    str, Any
]  # line: where it stood, its place last; asked: children; idle: since its last step; gain: hypervolume
_PATIENCE = 8  # children without a step after which a chain begins anew


class Trajectories(GuidedEvolution):
    """`search.trajectories` chains from the seed: a child that is no worse than where its chain stands is its next place.

    No worse in a scalar order, the share of the reference box that a program dominates alone. The next child is of the chain with
    the highest upper bound of the hypervolume that its children added to the front (UCB1: Auer et al. 2002), in units of the best
    chain's mean; a child counts as soon as it is asked for, so several at once are spread. A chain that makes no step any more
    begins anew at an elite where no chain stands.
    """

    def ask(self, state: State, view: View, want: int, rng: random.Random) -> tuple[State, list[Order]]:
        chains, orders = self._chains(state, view), []
        living = {c.id for c in (*view.population, *view.archive)}
        for place, chain in enumerate(chains):
            taken = {one["line"][-1] for one in chains}
            free = [c.id for c in view.archive if c.id not in taken]
            if chain["idle"] >= _PATIENCE and free:
                chains[place] = _begun(rng.choice(free))
        for _ in range(want):
            chain = max(chains, key=lambda one: (_bound(one, chains), rng.random()))
            chain["asked"] += 1
            chain["idle"] += 1
            here = chain["line"][-1]
            thoughtful = view.commit > 0 and rng.random() < self._search.eot
            orders.append(Order("mutate", (here if here in living else view.seed.id,), thoughtful=thoughtful))
        return {"chains": chains}, orders

    def tell(self, state: State, view: View) -> tuple[State, Selection]:
        _, chosen = super().tell(state, view)
        chains, goals = self._chains(state, view), {o.name: o.goal for o in self._objectives}
        known = {c.id: c for c in (*view.population, *view.archive, *view.new)}
        fame: Sequence[Candidate] = view.archive
        for child in view.new:
            before, fame = fame, front([*fame, child], goals)
            if chain := _of(child, chains):
                gain = hypervolume(fame, self._objectives) - hypervolume(before, self._objectives)
                chain["gain"] += max(0.0, gain)
                here = known.get(chain["line"][-1], view.seed)  # what was struck stands no more
                if self._cost(child, view) <= self._cost(here, view) and child.id not in chain["line"]:
                    chain.update(line=[*chain["line"], child.id][-_PATIENCE:], idle=0)
        places = dict.fromkeys(chain["line"][-1] for chain in chains if chain["line"][-1] in known)
        return {"chains": chains}, replace(chosen, population=tuple(places) or (view.seed.id,))

    def _chains(self, state: State, view: View) -> list[Chain]:
        """Of the state, to be changed; all at the seed at first."""
        known = state.get("chains") or [_begun(view.seed.id)] * self._search.trajectories
        return [dict(chain) for chain in known]


def _begun(id: str) -> Chain:
    return {"line": [id], "asked": 0, "idle": 0, "gain": 0.0}


def _bound(chain: Mapping[str, Any], chains: Sequence[Mapping[str, Any]]) -> float:
    """What may be hoped of a chain's next child, in units of what a child of the best one brought."""
    if not chain["asked"]:
        return math.inf
    unit = max(one["gain"] / max(1, one["asked"]) for one in chains) or 1.0
    unknown = math.sqrt(2 * math.log(sum(one["asked"] for one in chains)) / chain["asked"])
    return float(chain["gain"] / chain["asked"] / unit + unknown)


def _of(child: Candidate, chains: Sequence[Chain]) -> Chain | None:
    """The chain that a child was asked of, before others the one that still stands at its parent; None of a foreign one."""
    found = [chain for chain in chains if set(child.parents) & set(chain["line"])]
    return min(found, key=lambda chain: chain["line"][-1] not in child.parents, default=None)
