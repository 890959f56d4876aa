"""Whole runs of the strategy `greedy`: nothing is kept on a lucky score, and the run waits for what it must know."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from world import differences

from benchmarks import instant
from benchmarks.stops import Stopped, watched
from graph.resolve import resolve
from memory.ledger import Ledger
from memory.records import Candidate, Evaluation
from memory.seeds import training_seeds
from memory.verify import verify

LEAST = 3  # trainings of an elite, of a run with the usual settings
SIZE = {"seed": 3, "search__generations": 16}


def begin(folder: Path, **flags: Any) -> None:
    said = {"task": "mnist1d", "search.strategy": "greedy", **{key.replace("__", "."): v for key, v in flags.items()}}
    instant.begin(resolve(None, said, {}), folder)


def opened(folder: Path) -> Ledger:
    return Ledger.open(folder / "ledger.sqlite", read_only=True)


def incumbents(ledger: Ledger) -> list[Candidate]:
    """Of each selection, as it was known then."""
    return [ledger.outcomes(s.population, s.number)[s.population[0]] for s in ledger.selections()]


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    with instant.quick_replies():
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("greedy") / "whole"
    begin(folder, **SIZE)
    asyncio.run(instant.go(folder))
    return folder


def test_whoever_is_kept_was_trained_as_often_as_an_elite_and_audited_before(whole: Path) -> None:
    with opened(whole) as ledger:
        kept = [one for one in incumbents(ledger) if one.operator != "seed"]
        assert len({one.id for one in kept}) > 1
        assert all(one.n >= LEAST and one.audited is not None for one in kept)
        assert all(s.archive[0] == s.population[0] for s in ledger.selections())
        assert verify(ledger) == []


def test_nothing_is_made_while_a_challenger_is_confirmed_and_the_run_goes_on_afterwards(whole: Path) -> None:
    with opened(whole) as ledger:
        waits = [s.number for s in ledger.selections() if "challenger" in s.state]
        asks = {ask.number: ask for ask in ledger.asks()}
        assert waits
        assert all(not asks[number + 1].children for number in waits)
        last = max(ask.number for ask in asks.values() if ask.children)
        assert any(number < last for number in waits)
        assert not any(asks[number + 1].closing for number in waits if number < last)
        assert ledger.made() == 16
        children = [one for one in ledger.candidates(code=False) if one.operator != "seed"]
        assert {(one.scope, one.segment, one.segments, one.lessons) for one in children} == {("rewrite", None, (), ())}


def test_each_child_is_made_from_the_incumbent(whole: Path) -> None:
    with opened(whole) as ledger:
        place = dict(zip((s.number for s in ledger.selections()), incumbents(ledger), strict=True))
        for ask in ledger.asks():
            assert len(ask.children) <= 1
            assert all(ledger.known(id).parents == (place[ask.number - 1].id,) for id in ask.children)


def test_its_replay_is_that_run(whole: Path, tmp_path: Path) -> None:
    instant.replay(whole, tmp_path / "again")
    asyncio.run(instant.go(tmp_path / "again"))
    assert differences(tmp_path / "again", whole) == []


def test_stopped_while_it_waits_it_ends_as_if_it_had_not_been(whole: Path, tmp_path: Path) -> None:
    for write in (40, 90, 140):
        folder = tmp_path / f"stopped-{write}"
        begin(folder, **SIZE)
        with pytest.raises(Stopped):
            asyncio.run(instant.go(folder, lambda ledger, write=write: watched(ledger, write, [])))  # type: ignore[misc]
        asyncio.run(instant.go(folder))
        assert differences(folder, whole) == [], write


def test_a_budget_of_trainings_leaves_room_for_those_of_the_challenger(tmp_path: Path) -> None:
    for most in (12, 13, 14):
        begin(tmp_path / f"{most}", seed=3, budget__evaluations=most)
        asyncio.run(instant.go(tmp_path / f"{most}"))
        with opened(tmp_path / f"{most}") as ledger:
            assert ledger.trained() <= most
            (kept,) = ledger.outcomes(ledger.selections()[-1].archive).values()
            assert kept.operator == "seed" or kept.n >= LEAST


def test_a_challenger_whose_further_training_is_lost_is_dropped_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, lost = instant.InstantTrainer._trained, []

    def trained(self: Any, child: Candidate, n: int) -> Evaluation:
        if n < LEAST - 1 or child.operator == "seed" or len(lost) > 2:
            return usual(self, child, n)
        lost.append(child.id)  # as on a machine that has no time for it
        seed = training_seeds(self._seed, n + 1)[n]
        gone = Evaluation(f"{child.fingerprint}/{n}", child.id, "quick", seed, "running", attempt=child.repairs)
        self._ledger.open_ticket(gone)
        gone = replace(gone, status="done", failure="lost", message="the machine is too busy")
        self._ledger.close_ticket(gone)
        return gone

    monkeypatch.setattr(instant.InstantTrainer, "_trained", trained)
    begin(tmp_path / "busy", **SIZE)
    asyncio.run(instant.go(tmp_path / "busy"))
    with opened(tmp_path / "busy") as ledger:
        assert len(lost) == 3
        assert ledger.made() == 16
        kept = {one.id for one in incumbents(ledger)}
        assert not kept & set(lost)
        assert kept > {"seed"}
        assert verify(ledger) == []
