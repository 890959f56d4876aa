"""The baselines do what their names say, for any records and any seed, and are compared by the same archive."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage
from oracles import dominates
from test_strategy import GOALS, OBJECTIVES, candidate, measured, seeds

from agents.offline.architect import mutate_blindly
from agents.offline.model import OfflineChatModel
from agents.offline.prompts import Reading
from graph.config import Config, Search
from graph.pareto import alone, hypervolume
from graph.resolve import resolve
from graph.strategies import STRATEGIES, make_strategy
from graph.strategies.contract import Order, State, View
from graph.strategies.greedy import Greedy
from graph.strategies.guided_evolution import GuidedEvolution
from graph.strategies.independent import Independent
from graph.strategies.one_plus_one import OnePlusOne
from graph.strategies.random_parents import RandomParents
from graph.strategies.sequential import Sequential
from graph.strategies.trajectories import Trajectories
from memory.records import Candidate, Selection
from tasks import load_task

SEGMENTS = ["stem", "head"]
ALL = (
    GuidedEvolution,
    Trajectories,
    RandomParents,
    OnePlusOne,
    Independent,
    Sequential,
)  # but for `greedy`, which keeps one program
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
def test_every_strategy_that_keeps_a_front_keeps_the_same(first: list[Candidate], children: list[Candidate]) -> None:
    archives = {tell(kind(Search(), OBJECTIVES, SEGMENTS), [SEED], children, first).archive for kind in ALL}
    assert len(archives) == 1


@given(seeds)
def test_every_strategy_that_can_begins_with_the_same_draws(seed: int) -> None:
    plans = [ask(kind(Search(), OBJECTIVES, SEGMENTS), [SEED], random.Random(seed), commit=0) for kind in ALL]
    for plan in plans:  # `independent` shows no other program, and there is none yet
        assert [replace(order, context=None) for order in plan] == plans[0][: len(plan)]


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
            view = View(commit, SEED, (SEED,), (SEED,), made=16 * commit)
            _, orders = strategy.ask({}, view, want, random.Random(commit))
            assert len(orders) == (1 if name in ("greedy", "one-plus-one", "sequential") else want)


@pytest.mark.parametrize("name", STRATEGIES)
@given(seed=seeds)
def test_a_strategy_that_cites_nothing_orders_nothing_thoughtful(name: str, seed: int) -> None:
    strategy = make_strategy(Search(strategy=name, eot=1), load_task("mnist1d"))
    view = View(3, SEED, (SEED,), (SEED,), made=16)
    _, orders = strategy.ask({}, view, 4, random.Random(seed))
    assert {order.thoughtful for order in orders} == {strategy.cites}
    assert strategy.cites == (name in ("guided-evolution", "trajectories", "random-parents"))


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


def trained(one: Candidate, n: int, audited: int | None = 2) -> Candidate:
    """The same after so many trainings, all alike, and perhaps audited."""
    assert one.objectives
    return replace(one, scores=(one.objectives["val_error"],) * n, audited=audited)


def test_greedy_rewrites_the_whole_incumbent_and_asks_for_nothing_while_a_challenger_is_confirmed() -> None:
    strategy = Greedy(Search(), OBJECTIVES, SEGMENTS)
    rewrite = [Order("mutate", ("seed",), scope="rewrite", intent="free")]
    good = candidate(1, 20.0, 5000.0)
    assert strategy.ask({}, View(1, SEED, (SEED,), (SEED,)), 4, random.Random(1)) == ({}, rewrite)
    state, chosen = strategy.tell({}, View(1, SEED, (SEED,), (SEED,), (trained(good, 1, None),), least=3))
    assert (chosen.population, chosen.archive) == (("seed",), ("seed", good.id))
    waiting = View(1, SEED, (SEED,), (SEED, good), least=3)
    assert strategy.ask(state, waiting, 1, random.Random(1)) == (state, [])
    # where nothing is under way nothing more will be found, and it goes on from the incumbent
    assert strategy.ask(state, replace(waiting, idle=True), 1, random.Random(1)) == (state, rewrite)
    # trained twice more, but not audited yet; then everything is known of it
    state, chosen = strategy.tell(state, View(2, SEED, (SEED,), (SEED, trained(good, 3, None)), least=3))
    assert chosen.population == ("seed",)
    state, chosen = strategy.tell(state, View(3, SEED, (SEED,), (SEED, trained(good, 3)), least=3))
    assert (state, chosen.population, chosen.archive) == ({}, (good.id,), (good.id,))


def test_greedy_drops_a_challenger_whose_luck_runs_out_and_one_of_whom_nothing_more_is_found() -> None:
    strategy = Greedy(Search(), OBJECTIVES, SEGMENTS)
    lucky = candidate(1, 20.0, 5000.0)
    state, _ = strategy.tell({}, View(1, SEED, (SEED,), (SEED,), (trained(lucky, 1),), least=3))
    worse = trained(candidate(1, 60.0, 5000.0), 2)
    dropped = ({}, ("seed",), ("seed",))
    kept, chosen = strategy.tell(state, View(2, SEED, (SEED,), (SEED, worse), least=3))
    assert (kept, chosen.population, chosen.archive) == dropped
    kept, chosen = strategy.tell(state, View(2, SEED, (SEED,), (SEED, trained(lucky, 1)), least=3))
    assert (kept, chosen.population, chosen.archive) == dropped
    kept, chosen = strategy.tell(state, View(2, SEED, (SEED,), (SEED,), least=3))  # struck by its audit
    assert (kept, chosen.population, chosen.archive) == dropped


@given(measured)
def test_greedy_moves_only_to_programs_that_are_better_and_have_all_that_an_elite_needs(chain: list[Candidate]) -> None:
    strategy = Greedy(Search(), OBJECTIVES, SEGMENTS)
    state, incumbent = {}, SEED
    for child in chain:
        child = trained(child, child.index % 4, child.index % 3 or None)
        state, chosen = strategy.tell(state, View(1, SEED, (incumbent,), (incumbent,), (child,), least=2))
        better = alone(child, OBJECTIVES) < alone(incumbent, OBJECTIVES)
        known = child.n >= 2 and child.audited is not None
        assert chosen.population == ((child if better and known else incumbent).id,)
        assert (child.id in chosen.archive) == better
        assert bool(state) == (better and not known)
        incumbent, state = (child if better and known else incumbent), {}


def walk(strategy: Trajectories, steps: int, seed: int, better: Callable[[str, int], bool]) -> list[str]:
    """The parents that were asked for, one at a time; `better` says whether a child of this parent, made in this step, is better."""
    state: State = {}
    state, chosen = strategy.tell(state, View(0, SEED, (), (), (SEED,)))
    known, parents = {"seed": SEED}, []
    for step in range(1, steps + 1):
        population, archive = (tuple(known[id] for id in ids) for ids in (chosen.population, chosen.archive))
        state, (order,) = strategy.ask(state, View(step - 1, SEED, population, archive), 1, random.Random(seed + step))
        (parent,) = order.parents
        error = (known[parent].objectives or {})["val_error"] + (-1.0 if better(parent, step) else 1.0)
        child = replace(candidate(step, error, 5210.0, step), parents=(parent,))
        known[child.id] = child
        parents.append(parent)
        state, chosen = strategy.tell(state, View(step, SEED, population, archive, (child,)))
        assert json.loads(json.dumps(state)) == state
    return parents


def test_trajectories_ask_every_chain_first_and_then_most_of_the_one_that_gains() -> None:
    strategy = Trajectories(Search(trajectories=3), OBJECTIVES, SEGMENTS)
    line = {"seed"}

    def first_line_alone(parent: str, step: int) -> bool:
        won = step == 1 or (parent in line and parent != "seed")
        if won:
            line.add(f"g{step:02d}-{step:02d}")
        return won

    parents = walk(strategy, 40, 1, first_line_alone)
    assert parents[:3].count("seed") >= 2
    assert sum(parent in line - {"seed"} for parent in parents) > 20
    assert parents[20:].count("seed") > 0  # the others are tried now and then


def test_a_chain_that_makes_no_step_any_more_begins_anew_at_an_elite() -> None:
    strategy = Trajectories(Search(trajectories=2), OBJECTIVES, SEGMENTS)
    elite = candidate(9, 10.0, 900.0)
    tired = {"line": ["seed"], "asked": 20, "idle": 20, "gain": 0.1}
    state = {"chains": [tired, {"line": ["g01-03"], "asked": 5, "idle": 0, "gain": 0.1}]}
    here = candidate(3, 20.0, 800.0)
    view = View(4, SEED, (SEED, here), (elite, here))
    told, orders = strategy.ask(state, view, 1, random.Random(1))
    assert [chain["line"] for chain in told["chains"]] == [[elite.id], [here.id]]
    assert orders[0].parents == (elite.id,)  # nothing is known of it
    assert state["chains"][0] is tired  # what was given is left as it was


@given(measured, measured, seeds, st.integers(1, 12), st.integers(1, 5))
def test_trajectories_are_the_same_for_the_same_seed_and_name_living_parents(
    population: list[Candidate], children: list[Candidate], seed: int, want: int, several: int
) -> None:
    strategy = Trajectories(Search(trajectories=several), OBJECTIVES, SEGMENTS)
    state, chosen = strategy.tell({}, View(1, SEED, (SEED,), tuple(population), tuple(children)))
    by_id = {c.id: c for c in [SEED, *population, *children]}
    places, archive = (tuple(by_id[id] for id in ids) for ids in (chosen.population, chosen.archive))
    view = View(1, SEED, places, archive)
    plan = strategy.ask(state, view, want, random.Random(seed))
    assert plan == strategy.ask(state, view, want, random.Random(seed))
    assert len(plan[1]) == want
    assert len(chosen.population) <= several
    assert {id for order in plan[1] for id in order.parents} <= {"seed", *chosen.population, *chosen.archive}
    assert sum(chain["asked"] for chain in plan[0]["chains"]) == want
