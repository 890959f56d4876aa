"""The baselines do what their names say, for any records and any seed, and are compared by the same archive."""

from __future__ import annotations

import random

import pytest
from graph.baselines import Independent, OnePlusOne, RandomParents, Sequential
from graph.guided_evolution import GuidedEvolution
from hypothesis import given
from langchain_core.messages import HumanMessage
from test_strategy import GOALS, OBJECTIVES, candidate, measured, seeds

from agents.offline.architect import mutate_blindly
from agents.offline.model import OfflineChatModel
from agents.offline.prompts import Reading
from graph.config import Config, Search, resolve
from graph.pareto import hypervolume
from graph.strategies import make_strategy
from memory.dominance import dominates
from memory.records import Candidate
from tasks import load_task

SEGMENTS = ["stem", "head"]
ALL = (GuidedEvolution, RandomParents, OnePlusOne, Independent, Sequential)
SEED = Candidate("seed", 0, 0, "seed", status="evaluated", objectives={"val_error": 50.0, "params": 5210.0})
FAILED = Candidate("g09-00", 9, 0, "mutate", ("seed",), status="failed", failure="nan")


@given(measured, measured)
def test_every_strategy_keeps_the_same_archive(first: list[Candidate], children: list[Candidate]) -> None:
    archives = {kind(Search(), OBJECTIVES, SEGMENTS).select([SEED], [*children, FAILED], first).archive for kind in ALL}
    assert len(archives) == 1


@given(seeds)
def test_every_strategy_that_can_begins_with_the_same_draws(seed: int) -> None:
    plans = [kind(Search(), OBJECTIVES, SEGMENTS).plan(1, [SEED], random.Random(seed)) for kind in ALL]
    for plan in plans:
        assert plan == plans[0][: len(plan)]


@given(measured)
def test_random_parents_may_be_everything_measured(pool: list[Candidate]) -> None:
    chosen = RandomParents(Search(), OBJECTIVES, SEGMENTS).select([SEED], [*pool, FAILED], [])
    assert set(chosen.population) == {"seed", *(c.id for c in pool)}


def test_random_parents_are_each_as_likely_as_the_others() -> None:
    pool = [candidate(n, 10.0 * n, 1000.0 * (n + 1)) for n in range(5)]  # each but the first is dominated
    strategy = RandomParents(Search(population=500, crossover=0), OBJECTIVES, SEGMENTS)
    drawn = [s.parents[0] for s in strategy.plan(2, pool, random.Random(1))]
    assert all(70 <= drawn.count(c.id) <= 130 for c in pool)


@given(measured, measured, seeds)
def test_independent_children_are_all_mutations_of_the_seed(
    first: list[Candidate], children: list[Candidate], seed: int
) -> None:
    strategy = Independent(Search(), OBJECTIVES, SEGMENTS)
    assert strategy.select([SEED], children, first).population == ("seed",)
    steps = strategy.plan(3, [SEED], random.Random(seed))
    assert len(steps) == Search().population
    assert {(s.operator, s.parents, s.thoughtful) for s in steps} == {("mutate", ("seed",), False)}


@given(measured, seeds)
def test_sequential_children_are_each_made_from_the_last_measured_one_however_bad(
    chain: list[Candidate], seed: int
) -> None:
    strategy = Sequential(Search(), OBJECTIVES, SEGMENTS)
    parent = SEED
    for child in chain:
        (step,) = strategy.plan(2, [parent], random.Random(seed))
        assert (step.operator, step.parents) == ("mutate", (parent.id,))
        assert strategy.select([parent], [child], []).population == (child.id,)
        assert strategy.select([parent], [FAILED], []).population == (parent.id,)
        parent = child


@given(measured)
def test_one_plus_one_moves_to_a_child_that_is_no_worse_and_never_to_a_worse_one(chain: list[Candidate]) -> None:
    strategy = OnePlusOne(Search(), OBJECTIVES, SEGMENTS)
    incumbent = SEED
    for child in chain:
        (chosen,) = strategy.select([incumbent], [child], []).population
        mine, theirs = child.objectives or {}, incumbent.objectives or {}
        if mine == theirs or dominates(mine, theirs, GOALS):
            assert chosen == child.id
        if dominates(theirs, mine, GOALS):
            assert chosen == incumbent.id
        if chosen == child.id:
            assert hypervolume([child], OBJECTIVES) >= hypervolume([incumbent], OBJECTIVES)
            incumbent = child
    assert strategy.select([incumbent], [FAILED], []).population == (incumbent.id,)


def test_one_plus_one_takes_the_trade_that_the_hypervolume_prefers() -> None:
    strategy = OnePlusOne(Search(), OBJECTIVES, SEGMENTS)
    small, large = candidate(1, 10.0, 5300.0), candidate(2, 9.0, 19000.0)
    assert strategy.select([SEED], [small], []).population == (small.id,)
    assert strategy.select([small], [large], []).population == (small.id,)


@pytest.mark.parametrize(
    ("name", "children"),
    [
        ("guided-evolution", 16 + 5 * 10),
        ("random-parents", 16 + 5 * 10),
        ("independent", 16 + 5 * 10),
        ("random-edits", 16 + 5 * 10),
        ("one-plus-one", 6),
        ("sequential", 6),
    ],
)
def test_a_run_has_as_many_children_as_its_strategy_plans(name: str, children: int) -> None:
    search = Search(strategy=name)  # type: ignore[arg-type]
    strategy = make_strategy(search, load_task("mnist1d"))
    planned = [len(strategy.plan(g, [SEED], random.Random(g))) for g in (1,)]
    later = candidate(0, 40.0, 5000.0)
    planned += [len(strategy.plan(g, [SEED, later], random.Random(g))) for g in range(2, search.generations + 1)]
    assert sum(planned) == search.children == children


def test_random_edits_ask_the_blind_model_unless_another_is_named() -> None:
    flags = {"task": "mnist1d", "search.strategy": "random-edits"}
    assert [m.name for m in resolve(None, flags, {}).models] == ["random"]
    assert [m.name for m in resolve(None, flags | {"models": [{"name": "offline"}]}, {}).models] == ["offline"]
    assert [m.name for m in Config(task="mnist1d", search=Search(strategy="independent")).models] == ["offline"]


def test_the_blind_model_draws_every_kind_of_edit_about_equally_whatever_intent_and_lessons_say() -> None:
    files = load_task("mnist1d").files
    plain = Reading("architect", files, segment="body", intent="tune")
    urged = Reading("architect", files, segment="body", intent="shrink", lessons="- kernel: effect: val_error down;")
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
