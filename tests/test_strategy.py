"""Ask and tell are pure: what they promise holds for any records and any seed."""

from __future__ import annotations

import json
import random
from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from oracles import dominates

import genome
from graph.config import Search
from graph.pareto import contributing, contributions, hypervolume, ranked, strongest, trades
from graph.strategies.contract import State, View
from graph.strategies.guided_evolution import GuidedEvolution
from memory.dominance import front
from memory.records import Candidate
from tasks import Objective

OBJECTIVES = (Objective("val_error", "%", "min", 90.0), Objective("params", "", "min", 20000.0))
GOALS = {o.name: o.goal for o in OBJECTIVES}
CODE = "# EVOLVE-BLOCK-START {}\nx = {}\n# EVOLVE-BLOCK-END\n"


def candidate(n: int, error: float, params: float, generation: int = 1) -> Candidate:
    files = {"program.py": CODE.format("stem", n) + CODE.format("head", n % 2)}
    values = {"val_error": error, "params": params}
    return Candidate(
        f"g{generation:02d}-{n:02d}",
        generation,
        n,
        "mutate",
        ("seed",),
        files=files,
        status="evaluated",
        objectives=values,
    )


measured = st.lists(
    st.tuples(st.floats(0, 100, allow_subnormal=False), st.integers(10, 30000)), min_size=1, max_size=25
).map(lambda values: [candidate(n, e, float(p)) for n, (e, p) in enumerate(values)])
seeds = st.integers(0, 2**31)


@given(measured)
def test_the_front_is_rank_zero_and_nobody_in_it_is_dominated(population: list[Candidate]) -> None:
    first = [c for c, rank, _ in ranked(population, OBJECTIVES) if rank == 0]
    for c in population:
        beaten = any(dominates(o.objectives or {}, c.objectives or {}, GOALS) for o in population)
        assert (c in first) == (not beaten)


@given(measured, st.integers(1, 12))
def test_elites_hold_the_whole_front_when_there_is_room_and_never_depend_on_order(
    population: list[Candidate], most: int
) -> None:
    kept = strongest(population, OBJECTIVES, most)
    assert len(kept) == min(most, len(population))
    assert kept == strongest(population[::-1], OBJECTIVES, most)
    front = {c.id for c, rank, _ in ranked(population, OBJECTIVES) if rank == 0}
    assert front <= {c.id for c in kept} or len(front) > most


@given(measured)
def test_hypervolume_lies_between_0_and_1_and_never_falls_when_a_program_is_added(population: list[Candidate]) -> None:
    volumes = [hypervolume(population[: n + 1], OBJECTIVES) for n in range(len(population))]
    assert all(0 <= v <= 1 for v in volumes)
    assert all(b >= a - 1e-12 for a, b in pairwise(volumes))


def test_hypervolume_of_a_known_point() -> None:
    assert abs(hypervolume([candidate(0, 45.0, 5000.0)], OBJECTIVES) - 0.5 * 0.75) < 1e-12


@given(measured, seeds)
def test_a_plan_is_the_same_for_the_same_seed_and_names_only_living_parents(
    population: list[Candidate], seed: int
) -> None:
    strategy = GuidedEvolution(Search(initial=1), OBJECTIVES, ["stem", "head"])
    view = View(1, population[0], tuple(population), (), made=1)
    state, plan = strategy.ask({}, view, 10, random.Random(seed))
    assert (state, plan) == strategy.ask({}, view, 10, random.Random(seed))
    assert len(plan) == 10
    ids = {c.id for c in population}
    for step in plan:
        assert set(step.parents) <= ids
        assert (step.operator == "cross") == (len(step.parents) == 2)
        assert (step.scope, step.segments) == (None, ())  # how wide it goes, and where, is not the strategy's to say
        assert len(set(step.parents)) == len(step.parents)
    assert state == {"offspring": Counter(id for step in plan for id in step.parents)}
    assert json.loads(json.dumps(state)) == state


def drawn(strategy: GuidedEvolution, population: list[Candidate], want: int, offspring: dict[str, int]) -> list[str]:
    """The parents of so many mutations, as they are ordered eight at a time."""
    state: State = {"offspring": offspring}
    parents: list[str] = []
    for asked in range(want // 8):
        view = View(1, population[0], tuple(population), (), made=1)
        state, plan = strategy.ask(state, view, 8, random.Random(asked))
        parents += [step.parents[0] for step in plan]
    return parents


MUTATIONS = Search(initial=1, crossover=0)
# from a corner of 45 % error to one of 20,000 parameters; the next smallest program has hardly more parameters and half the error
FRONT = [
    candidate(n, error, params)
    for n, (error, params) in enumerate(
        [(45.0, 590.0), (22.0, 600.0), (12.0, 2000.0), (9.0, 4000.0), (6.0, 8000.0), (5.9, 19990.0)]
    )
]


def test_every_member_of_the_front_keeps_a_chance_and_a_corner_gets_no_more_than_its_share() -> None:
    parents = drawn(GuidedEvolution(MUTATIONS, OBJECTIVES, []), FRONT, 400, {})
    shares = {c.id: parents.count(c.id) / len(parents) for c in FRONT}
    assert min(shares.values()) > 0
    assert shares["g01-00"] + shares["g01-05"] < 1 / len(FRONT)  # the corners add next to nothing alone
    published = drawn(
        GuidedEvolution(Search(initial=1, crossover=0, parents="crowding"), OBJECTIVES, []), FRONT, 400, {}
    )
    assert min(published.count("g01-00"), published.count("g01-05")) / len(published) > 0.2


def test_the_children_of_a_front_are_spread_as_its_members_contribute() -> None:
    parents = drawn(GuidedEvolution(MUTATIONS, OBJECTIVES, []), FRONT, 800, {})
    share = dict(zip((c.id for c in FRONT), contributions(FRONT, OBJECTIVES), strict=True))
    order = sorted(share, key=lambda id: -share[id])
    found = [parents.count(id) for id in order[:4]]
    assert found == sorted(found, reverse=True)


@given(st.integers(0, 5))
def test_a_parent_of_whom_many_children_were_asked_yields(tried: int) -> None:
    strategy = GuidedEvolution(MUTATIONS, OBJECTIVES, [])
    before, after = drawn(strategy, FRONT, 80, {}), drawn(strategy, FRONT, 80, {FRONT[tried].id: 1000})
    assert after.count(FRONT[tried].id) <= min(before.count(FRONT[tried].id), 8)


@given(measured)
def test_offspring_is_remembered_of_the_living_alone(population: list[Candidate]) -> None:
    strategy = GuidedEvolution(Search(population=3), OBJECTIVES, [])
    state = {"offspring": {c.id: 2 for c in population} | {"g00-99": 5}}
    kept, chosen = strategy.tell(state, View(1, population[0], tuple(population), ()))
    assert set(kept["offspring"]) == {*chosen.population, *chosen.archive}


@given(measured)
def test_what_each_member_of_a_rank_adds_is_what_is_lost_without_it(population: list[Candidate]) -> None:
    ranks = contributing(population, OBJECTIVES)
    assert sorted((c.id, rank) for c, rank, _ in ranks) == sorted(
        (c.id, rank) for c, rank, _ in ranked(population, OBJECTIVES)
    )
    group = [c for c, rank, _ in ranks if rank == 0]
    added = {c.id: share for c, rank, share in ranks if rank == 0}
    whole = hypervolume(group, OBJECTIVES)
    assert all(share >= 0 for share in added.values())
    assert sum(added.values()) <= whole + 1e-9
    for one in group:
        equals = [c for c in group if c.objectives == one.objectives]
        rest = [c for c in group if c.objectives != one.objectives]
        assert abs(added[one.id] * len(equals) - (whole - hypervolume(rest, OBJECTIVES))) < 1e-9


def test_a_single_objective_has_contributions_too() -> None:
    added = contributions([candidate(0, 45.0, 1.0), candidate(1, 45.0, 2.0)], OBJECTIVES[:1])
    assert added == [0.25, 0.25]


@given(measured, seeds)
def test_only_programs_are_crossed_that_each_do_something_better_and_differ_in_two_segments(
    population: list[Candidate], seed: int
) -> None:
    by_id = {c.id: c for c in population}

    def pairs(search: Search) -> list[list[Candidate]]:
        view = View(1, population[0], tuple(population), (), made=1)
        _, plan = GuidedEvolution(search, OBJECTIVES, []).ask({}, view, 20, random.Random(seed))
        return [[by_id[id] for id in step.parents] for step in plan if step.operator == "cross"]

    for a, b in pairs(Search(initial=1, mutation=0, crossover=1)):
        assert trades(a, b, OBJECTIVES)
        assert len(front([a, b], GOALS)) == 2
        assert len(genome.changed_segments(a.files, b.files)) == 2
    for a, b in pairs(Search(initial=1, mutation=0, crossover=1, parents="crowding")):
        assert genome.changed_segments(a.files, b.files)


def test_two_programs_that_each_do_something_better_are_crossed() -> None:
    pair = [candidate(0, 10.0, 9000.0), candidate(1, 20.0, 900.0)]
    search = Search(initial=1, mutation=0, crossover=1)
    _, plan = GuidedEvolution(search, OBJECTIVES, []).ask(
        {}, View(1, pair[0], tuple(pair), (), made=1), 4, random.Random(1)
    )
    assert {(step.operator, *sorted(step.parents)) for step in plan} == {("cross", "g01-00", "g01-01")}


@given(measured)
def test_the_hall_of_fame_keeps_the_small_programs_too(population: list[Candidate]) -> None:
    """The published hall of fame ranks by accuracy first and evicts the small models; ours is a Pareto archive."""
    strategy = GuidedEvolution(Search(), OBJECTIVES, ["stem", "head"])
    _, chosen = strategy.tell({}, View(1, population[0], (), (), tuple(population)))
    smallest = min(population, key=lambda c: ((c.objectives or {})["params"], (c.objectives or {})["val_error"]))
    assert smallest.id in chosen.archive
