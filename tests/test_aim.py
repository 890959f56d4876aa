"""What a run is after: what it requires, what leads, and the one definition of its best program."""

from __future__ import annotations

import math
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.config import Search
from graph.pareto import objectives_of, ranked, strongest
from graph.strategies.contract import View
from graph.strategies.guided_evolution import GuidedEvolution
from graph.strategies.one_plus_one import OnePlusOne
from memory.aim import BEST, Aim, aim_of
from memory.better import NO_NOISE, declared
from memory.goal import conditions, meets
from memory.records import Candidate
from tests.memory_world import META, child

ROOT = Path(__file__).resolve().parent.parent
SEED = {"val_error": 17.25, "params": 5210.0}
OBJECTIVES = objectives_of(META)
values = st.fixed_dictionaries({"val_error": st.integers(0, 20).map(float), "params": st.integers(1, 20).map(float)})
programs = st.lists(values, min_size=1, max_size=12).map(
    lambda told: [child(1, n, objectives=one) for n, one in enumerate(told)]
)


def aim(**told: Any) -> Aim:
    return aim_of({**META, "aim": told})


def program(index: int, error: float, params: float) -> Candidate:
    return child(1, index, objectives={"val_error": error, "params": params})


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("params < 3000", 3000.0),
        ("params >= -1e3", -1000.0),
        ("params <= seed", 5210.0),
        ("params <= seed + 0.5", 5210.5),
        ("params<=seed-10", 5200.0),
        ("params <= seed * 1.1", 5210 * 1.1),
        ("params <= SEED*.5", 2605.0),
    ],
)
def test_a_limit_is_a_number_or_said_by_the_seed(text: str, limit: float) -> None:
    (one,) = conditions(text)
    assert one.limit(SEED) == pytest.approx(limit)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "params",
        "params < ",
        "params < seed +",
        "params < seed / 2",
        "params < seed + x",
        "params = 3",
        "seed < 3 or",
    ],
)
def test_what_is_no_condition_is_told_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected e\.g\. 'val_error < 2 and params < 3000'.*seed \+ 0\.5"):
        conditions(text)


@given(values, values, st.sampled_from(["<", "<=", ">", ">="]), st.integers(-5, 5))
def test_a_program_misses_a_condition_by_nothing_exactly_where_it_is_met_or_on_the_limit(
    ours: dict[str, float], seed: dict[str, float], how: str, more: int
) -> None:
    text = f"val_error {how} seed {'-' if more < 0 else '+'} {abs(more)}"
    (one,) = conditions(text)
    assert meets(text, ours, seed) is eval(f"{ours['val_error']} {how} {seed['val_error']} + {more}")
    assert (one.excess(ours, seed) == 0) is (one.met(ours, seed) or ours["val_error"] == seed["val_error"] + more)


def test_nothing_is_met_that_the_seed_says_before_it_is_measured() -> None:
    assert not meets("val_error <= seed + 100", {"val_error": 1.0}, None)
    assert meets("val_error <= 100", {"val_error": 1.0}, None)


def test_a_far_lower_error_leads_though_it_takes_a_few_more_parameters() -> None:
    seed, found = program(0, 17.25, 5210.0), program(1, 4.75, 5265.0)
    assert aim().best([seed, found], SEED, declared({"val_error": 4.3})) == found
    assert aim(first="params").best([seed, found], SEED, NO_NOISE) == seed


def test_within_the_noise_the_next_objective_decides_and_then_the_earliest() -> None:
    lucky, small, same, large = (
        program(3, 4.0, 900.0),
        program(2, 4.5, 800.0),
        program(4, 4.2, 800.0),
        program(1, 9.0, 10.0),
    )
    for order in permutations([lucky, small, same, large]):
        assert aim().best(order, SEED, declared({"val_error": 1.0})) == small
        assert aim().best(order, SEED, NO_NOISE) == lucky


@given(programs, st.permutations(["val_error", "params"]))
def test_without_noise_the_best_is_the_first_by_the_order_of_the_objectives(
    found: list[Candidate], order: list[str]
) -> None:
    def key(one: Candidate) -> tuple[float, float, int]:
        told = one.objectives or {}
        return told[order[0]], told[order[1]], one.index

    assert aim(first=order[0]).best(found[::-1], SEED, NO_NOISE) == min(found, key=key)


@given(programs, st.floats(0, 5), st.integers(0, 20))
def test_the_best_meets_what_is_required_and_is_within_the_noise_of_whoever_leads(
    found: list[Candidate], noise: float, limit: int
) -> None:
    here = aim(require=f"params <= {limit}")
    able = [one for one in found if (one.objectives or {})["params"] <= limit]
    best = here.best(found, SEED, declared({"val_error": noise}))
    if not able:
        assert best is None
        return
    assert best in able
    lowest = min((one.objectives or {})["val_error"] for one in able)
    near = [one for one in able if (one.objectives or {})["val_error"] - lowest <= noise]
    assert best in near
    assert (best.objectives or {})["params"] == min((one.objectives or {})["params"] for one in near)


def test_weights_lead_by_their_sum_in_shares_of_the_box() -> None:
    # the box is 100 % by 10,000 parameters: 0.10 + 0.50, 0.20 + 0.30, 0.55 + 0.01
    found = [program(0, 10.0, 5000.0), program(1, 20.0, 3000.0), program(2, 55.0, 100.0)]
    even = aim(weights={"val_error": 1.0, "params": 1.0})
    assert [even.weighed(one.objectives or {}) for one in found] == pytest.approx([0.6, 0.5, 0.56])
    assert even.best(found, SEED, NO_NOISE) == found[1]
    assert aim(weights={"val_error": 3.0, "params": 1.0}).best(found, SEED, NO_NOISE) == found[0]
    assert aim(weights={"params": 1.0}).best(found, SEED, NO_NOISE) == found[2]
    # 4 % of noise are 0.04 of the sum here, and params has none: the last is as far ahead as chance may be no more
    assert even.best(found, SEED, declared({"val_error": 6.0})) == found[1]
    assert (
        aim(weights={"val_error": 1.0, "params": 1.0}, first="params").best(found, SEED, declared({"val_error": 6.0}))
        == found[2]
    )


def test_an_objective_that_is_maximised_leads_where_it_is_highest() -> None:
    meta = {
        "objectives": [
            {"name": "gain", "goal": "max", "reference": 0.0},
            {"name": "cost", "goal": "min", "reference": 10.0},
        ]
    }
    found = [
        child(1, n, objectives={"gain": g, "cost": c}) for n, (g, c) in enumerate([(0.2, 1.0), (0.9, 9.0), (0.8, 2.0)])
    ]
    assert aim_of(meta).best(found, None, NO_NOISE) == found[1]
    assert aim_of(meta).best(found, None, declared({"gain": 0.1})) == found[2]
    assert aim_of({**meta, "aim": {"weights": {"gain": 1.0, "cost": 1.0}}}).best(found, None, NO_NOISE) == found[2]
    assert aim_of({**meta, "aim": {"require": "gain >= 0.9"}}).shortfall(
        {"gain": 0.5, "cost": 1.0}, None
    ) == pytest.approx(0.4)


@given(programs, st.integers(0, 20), st.integers(1, 12))
def test_whoever_meets_what_is_required_goes_before_whoever_does_not_and_of_these_who_misses_it_less(
    found: list[Candidate], limit: int, most: int
) -> None:
    here = aim(require=f"params < {limit}")
    short = {
        one.id: here.shortfall(one.objectives or {}, None)
        for one in found
        if not here.meets(one.objectives or {}, None)
    }
    ranks = {one.id: rank for one, rank, _ in ranked(found, OBJECTIVES, short)}
    assert ranks.keys() == {one.id for one in found}
    for a in ranks:
        for b in ranks:
            if (a in short, short.get(a, 0.0)) < (b in short, short.get(b, 0.0)):
                assert ranks[a] < ranks[b]
    kept = [one.id for one in strongest(found, OBJECTIVES, most, short)]
    assert len(kept) == min(most, len(found))
    able = [id for id in ranks if id not in short]
    assert len([id for id in kept if id in able]) == min(most, len(able))
    left = [short[id] for id in short if id not in kept]
    assert all(short[id] <= min(left, default=math.inf) for id in kept if id in short)

    view = View(1, found[0], (), (), tuple(found), shortfall=short)
    _, chosen = GuidedEvolution(Search(), OBJECTIVES, ["head"]).tell({}, view)
    assert not short.keys() & set(chosen.archive)
    assert bool(chosen.archive) is bool(able)
    assert chosen.population
    _, one = OnePlusOne(Search(), OBJECTIVES, ["head"]).tell(
        {}, View(1, found[0], (found[0],), (), tuple(found), shortfall=short)
    )
    assert ranks[one.population[0]] == min(ranks.values()) or one.population[0] in able


def test_one_plus_one_goes_by_the_weighted_sum_where_the_user_weighs() -> None:
    here, there = program(0, 10.0, 5000.0), program(1, 60.0, 100.0)
    strategy = OnePlusOne(Search(), OBJECTIVES, ["head"])

    def next_parent(**told: Any) -> tuple[str, ...]:
        return strategy.tell({}, View(1, here, (here,), (), (there,), **told))[1].population

    assert next_parent() == (here.id,)
    assert next_parent(weighed={here.id: 0.6, there.id: 0.1}) == (there.id,)
    assert next_parent(weighed={here.id: 0.6, there.id: 0.1}, shortfall={there.id: 0.2}) == (here.id,)


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md"])
def test_the_documents_say_what_the_best_is_in_the_words_of_the_program(page: str) -> None:
    assert BEST in " ".join((ROOT / page).read_text().split())
