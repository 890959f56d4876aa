"""What is known as autoresearch, a baseline: one program, rewritten again and again, each change kept or dropped by its score."""

from __future__ import annotations

import random

from graph.pareto import hypervolume
from graph.strategies.contract import Order, State, View
from graph.strategies.guided_evolution import GuidedEvolution
from memory.records import Candidate, Selection


class Greedy(GuidedEvolution):
    """One child at a time, the incumbent rewritten as its author likes; it replaces the incumbent when it is surely better.

    Better in a scalar order, the share of the reference box that a program dominates alone. A child that looks better is the
    challenger: nothing is made while it is trained until it has as many trainings as an elite, and audited. It is the incumbent
    then if it is still better, and dropped as soon as it is not, or when nothing more can be found of it, as where a training was lost.

    The archive holds the incumbent, and the challenger while there is one: what such a loop hands to its user is one program, no
    front. What it measured on the way is in the ledger, where studies that compare strategies read it.
    """

    cites = False
    confirms_all = True

    def ask(self, state: State, view: View, want: int, rng: random.Random) -> tuple[State, list[Order]]:
        if "challenger" in state and not view.idle:
            return state, []
        return state, [Order("mutate", (view.population[0].id,), scope="rewrite", intent="free")]

    def tell(self, state: State, view: View) -> tuple[State, Selection]:
        incumbent, *others = {c.id: c for c in [*view.population, *view.archive, *view.new]}.values()
        bar, stuck = self._cost(incumbent, view), state.get("challenger")
        better = [c for c in others if self._cost(c, view) < bar and _found(c) != stuck]
        challenger = min(better, key=lambda c: (self._cost(c, view), c.id), default=None)
        if challenger and challenger.n >= view.least and challenger.audited is not None:
            incumbent, challenger = challenger, None
        kept = [one.id for one in (incumbent, challenger) if one]
        data = {"hypervolume": hypervolume([incumbent], self._objectives)}
        return {"challenger": _found(challenger)} if challenger else {}, Selection((incumbent.id,), tuple(kept), data)


def _found(one: Candidate) -> list[str | int | None]:
    """What is known of a challenger: the same twice says that nothing more will be."""
    return [one.id, one.n, one.audited]
