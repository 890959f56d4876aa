"""Ask and tell are pure: what they promise holds for any records and any seed."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from oracles import dominates

from graph.config import Search
from graph.pareto import hypervolume, ranked, strongest
from graph.strategies.contract import View
from graph.strategies.guided_evolution import GuidedEvolution
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
    strategy = GuidedEvolution(Search(), OBJECTIVES, ["stem", "head"])
    view = View(1, population[0], tuple(population), ())
    _, plan = strategy.ask({}, view, 10, random.Random(seed))
    assert ({}, plan) == strategy.ask({}, view, 10, random.Random(seed))
    assert len(plan) == 10
    ids = {c.id for c in population}
    for step in plan:
        assert set(step.parents) <= ids
        assert (step.operator == "cross") == (len(step.parents) == 2)
        assert (step.operator == "mutate") == (step.segments in {("stem",), ("head",)})
        assert len(set(step.parents)) == len(step.parents)


@given(measured)
def test_the_hall_of_fame_keeps_the_small_programs_too(population: list[Candidate]) -> None:
    """The published hall of fame ranks by accuracy first and evicts the small models; ours is a Pareto archive."""
    strategy = GuidedEvolution(Search(), OBJECTIVES, ["stem", "head"])
    _, chosen = strategy.tell({}, View(1, population[0], (), (), tuple(population)))
    smallest = min(population, key=lambda c: ((c.objectives or {})["params"], (c.objectives or {})["val_error"]))
    assert smallest.id in chosen.archive
