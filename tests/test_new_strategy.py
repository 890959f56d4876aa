"""A strategy of one's own is one short file: this one is here, and a whole run is made with it."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

import graph.strategies as known
from benchmarks import instant
from graph.pareto import costs
from graph.strategies.contract import Order, State, View
from memory.dominance import front
from memory.ledger import Ledger
from memory.records import Selection
from memory.verify import verify


class Annealing:
    """One chain: a worse child is taken with a chance that falls as the run cools down; the temperature is the state."""

    cites = False
    confirms_all = False

    def __init__(self, search, objectives, segments) -> None:  # type: ignore[no-untyped-def]
        self._objectives, self._segments = objectives, segments

    def ask(self, state: State, view: View, want: int, rng: random.Random) -> tuple[State, list[Order]]:
        here, heat = view.population[0].id, state.get("heat", 8.0)
        scopes = [(rng.choice(self._segments),) for _ in range(want)]
        return {**state, "luck": rng.random()}, [
            Order("mutate", (here,), segments=s, temperature=round(heat / 10, 3)) for s in scopes
        ]

    def tell(self, state: State, view: View) -> tuple[State, Selection]:
        here, *new = [*view.population, *view.new]
        heat = state.get("heat", 8.0)
        for child in new:
            worse = costs(child, self._objectives)[0] - costs(here, self._objectives)[0]
            if worse <= 0 or state.get("luck", 0.0) < 2.0 ** -(worse / heat):
                here = child
        kept = front([*view.archive, *view.new], {o.name: o.goal for o in self._objectives})
        return {**state, "heat": heat * 0.8}, Selection((here.id,), tuple(c.id for c in kept), {"heat": heat})


def test_a_new_strategy_is_one_short_class_and_needs_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(known.STRATEGIES, "sequential", Annealing)
    instant.begin(
        instant.settings("mnist1d", strategy="sequential", generations=4, initial=3, population=3), tmp_path / "r"
    )
    asyncio.run(instant.go(tmp_path / "r"))
    with Ledger.open(tmp_path / "r" / "ledger.sqlite", read_only=True) as ledger:
        assert verify(ledger) == []
        heats = [s.data["heat"] for s in ledger.selections()]
        assert heats == pytest.approx([8.0 * 0.8**n for n in range(len(heats))])
        assert all(len(s.population) == 1 for s in ledger.selections())
        children = [one for one in ledger.candidates() if one.operator != "seed"]
        assert [one.temperature for one in children] == [round(0.8 * 0.8**one.generation, 3) for one in children]
        sent = {call.candidate: call.sampling["temperature"] for call in ledger.calls()}
        assert {one.id: one.temperature for one in children}.items() <= sent.items()
        assert all(one.persona and one.model for one in children)  # left open, so drawn
