"""The baselines do what their names say, for any records and any seed, and are compared by the same archive."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from langchain_core.messages import HumanMessage
from oracles import dominates
from test_strategy import GOALS, OBJECTIVES, candidate, measured, seeds

from agents.offline.architect import mutate_blindly
from agents.offline.model import OfflineChatModel
from agents.offline.prompts import Reading
from graph.config import Config, Search, resolve
from graph.pareto import hypervolume
from graph.strategies import STRATEGIES, make_strategy
from graph.strategies.contract import Order, View
from graph.strategies.guided_evolution import GuidedEvolution
from graph.strategies.independent import Independent
from graph.strategies.one_plus_one import OnePlusOne
from graph.strategies.random_parents import RandomParents
from graph.strategies.sequential import Sequential
from memory.records import Candidate, Selection
from tasks import load_task

SEGMENTS = ["stem", "head"]
ALL = (GuidedEvolution, RandomParents, OnePlusOne, Independent, Sequential)
SEED = Candidate("seed", 0, 0, "seed", status="evaluated", objectives={"val_error": 50.0, "params": 5210.0})


def ask(
    strategy: GuidedEvolution, population: list[Candidate], rng: random.Random, commit: int = 1, want: int = 10
) -> list[Order]:
    return strategy.ask({}, View(commit, SEED, tuple(population), ()), want, rng)[1]


def tell(
    strategy: GuidedEvolution, population: list[Candidate], new: list[Candidate], archive: list[Candidate]
) -> Selection:
    return strategy.tell({}, View(1, SEED, tuple(population), tuple(archive), tuple(new)))[1]


@given(measured, measured)
def test_every_strategy_keeps_the_same_archive(first: list[Candidate], children: list[Candidate]) -> None:
    archives = {tell(kind(Search(), OBJECTIVES, SEGMENTS), [SEED], children, first).archive for kind in ALL}
    assert len(archives) == 1


@given(seeds)
def test_every_strategy_that_can_begins_with_the_same_draws(seed: int) -> None:
    plans = [ask(kind(Search(), OBJECTIVES, SEGMENTS), [SEED], random.Random(seed), commit=0) for kind in ALL]
    for plan in plans:
        assert plan == plans[0][: len(plan)]


@given(measured)
def test_random_parents_may_be_everything_measured(pool: list[Candidate]) -> None:
    chosen = tell(RandomParents(Search(), OBJECTIVES, SEGMENTS), [SEED], pool, [])
    assert set(chosen.population) == {"seed", *(c.id for c in pool)}


def test_random_parents_are_each_as_likely_as_the_others() -> None:
    pool = [candidate(n, 10.0 * n, 1000.0 * (n + 1)) for n in range(5)]  # each but the first is dominated
    strategy = RandomParents(Search(crossover=0), OBJECTIVES, SEGMENTS)
    drawn = [s.parents[0] for s in ask(strategy, pool, random.Random(1), want=500)]
    assert all(70 <= drawn.count(c.id) <= 130 for c in pool)


@given(measured, measured, seeds)
def test_independent_children_are_all_mutations_of_the_seed(
    first: list[Candidate], children: list[Candidate], seed: int
) -> None:
    strategy = Independent(Search(), OBJECTIVES, SEGMENTS)
    assert tell(strategy, [SEED], children, first).population == ("seed",)
    steps = ask(strategy, [SEED], random.Random(seed))
    assert len(steps) == 10
    assert {(s.operator, s.parents, s.thoughtful) for s in steps} == {("mutate", ("seed",), False)}


@given(measured, seeds)
def test_sequential_children_are_each_made_from_the_last_measured_one_however_bad(
    chain: list[Candidate], seed: int
) -> None:
    strategy = Sequential(Search(), OBJECTIVES, SEGMENTS)
    parent = SEED
    for child in chain:
        (step,) = ask(strategy, [parent], random.Random(seed))
        assert (step.operator, step.parents) == ("mutate", (parent.id,))
        assert tell(strategy, [parent], [child], []).population == (child.id,)
        assert tell(strategy, [parent], [], []).population == (parent.id,)
        parent = child


@given(measured)
def test_one_plus_one_moves_to_a_child_that_is_no_worse_and_never_to_a_worse_one(chain: list[Candidate]) -> None:
    strategy = OnePlusOne(Search(), OBJECTIVES, SEGMENTS)
    incumbent = SEED
    for child in chain:
        (chosen,) = tell(strategy, [incumbent], [child], []).population
        mine, theirs = child.objectives or {}, incumbent.objectives or {}
        if mine == theirs or dominates(mine, theirs, GOALS):
            assert chosen == child.id
        if dominates(theirs, mine, GOALS):
            assert chosen == incumbent.id
        if chosen == child.id:
            assert hypervolume([child], OBJECTIVES) >= hypervolume([incumbent], OBJECTIVES)
            incumbent = child
    assert tell(strategy, [incumbent], [], []).population == (incumbent.id,)


def test_one_plus_one_takes_the_trade_that_the_hypervolume_prefers() -> None:
    strategy = OnePlusOne(Search(), OBJECTIVES, SEGMENTS)
    small, large = candidate(1, 10.0, 5300.0), candidate(2, 9.0, 19000.0)
    assert tell(strategy, [SEED], [small], []).population == (small.id,)
    assert tell(strategy, [small], [large], []).population == (small.id,)


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategy_never_orders_more_than_is_wanted(name: str) -> None:
    strategy = make_strategy(Search(strategy=name), load_task("mnist1d"))
    for commit in (0, 3):
        for want in (1, 4, 16):
            _, orders = strategy.ask({}, View(commit, SEED, (SEED,), (SEED,)), want, random.Random(commit))
            assert len(orders) == (1 if name in ("one-plus-one", "sequential") else want)


def test_random_edits_ask_the_blind_model_unless_another_is_named() -> None:
    flags = {"task": "mnist1d", "search.strategy": "random-edits"}
    assert [m.name for m in resolve(None, flags, {}).models] == ["random"]
    assert [m.name for m in resolve(None, flags | {"models": [{"name": "offline"}]}, {}).models] == ["offline"]
    assert [m.name for m in Config(task="mnist1d", search=Search(strategy="independent")).models] == ["offline"]


def test_the_blind_model_draws_every_kind_of_edit_about_equally_whatever_intent_and_lessons_say() -> None:
    files = load_task("mnist1d").files
    plain = Reading("architect", files, scope=("body",), intent="tune")
    urged = Reading("architect", files, scope=("body",), intent="shrink", lessons="- kernel: effect: val_error down;")
    drawn = [mutate_blindly(plain, random.Random(n)) for n in range(60)]
    assert drawn == [mutate_blindly(urged, random.Random(n)) for n in range(60)]
    kinds = [edit.kind for edit in drawn if edit]
    assert len(kinds) == 60
    assert len(set(kinds)) >= 10
    assert max(map(kinds.count, kinds)) <= 15
    assert all(mutate_blindly(plain, random.Random(n), [e.text]) != e for n, e in enumerate(drawn) if e)


def test_a_reply_of_the_blind_model_says_whose_it_is() -> None:
    asked = [HumanMessage("# Role: Architect")]
    said = OfflineChatModel(name="random").invoke(asked, seed=1, temperature=0.2)
    assert said.response_metadata["model_name"] == "random"
    assert OfflineChatModel().invoke(asked, seed=1).response_metadata["model_name"] == "offline"
