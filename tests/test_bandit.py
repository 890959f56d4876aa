"""Who is drawn next, from what children brought for their tokens: properties that must always hold, and a simulation."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.bandit import Tally, Trial, beats, draw, shares, tally, thompson
from memory.records import Candidate

ARMS = ("a", "b", "c", "d")


def by_persona(child: Candidate) -> str | None:
    return child.persona


def trial(number: int, arm: str, gain: float, tokens: int = 100, generation: int = 1) -> Trial:
    child = Candidate(f"g{generation:02d}-{number:02d}", generation, number, "mutate", persona=arm)
    return Trial(child, gain, tokens, generation)


records = st.lists(
    st.tuples(
        st.sampled_from(ARMS[:3]),
        st.one_of(st.just(0.0), st.sampled_from([0.01, 0.02, 0.5]), st.floats(1e-9, 1, allow_subnormal=False)),
        st.integers(0, 10_000),
        st.integers(1, 3),
    ),
    max_size=24,
).map(lambda rows: [trial(n, arm, gain, tokens, g) for n, (arm, gain, tokens, g) in enumerate(rows)])
weights = st.lists(st.floats(0.01, 10), min_size=4, max_size=4).map(lambda w: dict(zip(ARMS, w, strict=True)))
floors = st.floats(0, 1)


@given(records, weights, floors)
def test_chances_sum_to_one_and_none_is_negative(trials: list[Trial], prior: dict[str, float], floor: float) -> None:
    chances = thompson(prior, tally(trials, by_persona), floor)
    assert list(chances) == list(prior)
    assert sum(chances.values()) == pytest.approx(1)
    assert min(chances.values()) >= 0


@given(records, weights, floors)
def test_an_arm_never_tried_can_be_drawn_even_without_a_floor(
    trials: list[Trial], prior: dict[str, float], floor: float
) -> None:
    assert thompson(prior, tally(trials, by_persona), 0.0)["d"] > 0
    assert thompson(prior, tally(trials, by_persona), floor)["d"] >= floor * shares(prior)["d"]


@settings(max_examples=200)
@given(records.filter(bool), st.data(), weights, floors)
def test_more_reward_never_lowers_an_arms_chance_and_more_tokens_never_raise_it(
    trials: list[Trial], data: st.DataObject, prior: dict[str, float], floor: float
) -> None:
    at = data.draw(st.integers(0, len(trials) - 1))
    arm = str(trials[at].child.persona)

    def chance(changed: Trial) -> float:
        records = [*trials[:at], changed, *trials[at + 1 :]]
        return thompson(prior, tally(records, by_persona), floor)[arm]

    before = chance(trials[at])
    assert chance(replace(trials[at], gain=trials[at].gain + data.draw(st.floats(0, 1)))) >= before - 1e-9
    dearer = replace(trials[at], tokens=trials[at].tokens + data.draw(st.integers(0, 10_000)))
    assert tally([*trials[:at], dearer, *trials[at + 1 :]], by_persona)[arm].price >= (
        tally(trials, by_persona)[arm].price - 1e-9 if any(t.tokens for t in trials) else 0
    )


@given(records, st.randoms(use_true_random=False), weights)
def test_the_order_of_the_records_does_not_matter(
    trials: list[Trial], shuffler: random.Random, prior: dict[str, float]
) -> None:
    mixed = list(trials)
    shuffler.shuffle(mixed)
    assert thompson(prior, tally(mixed, by_persona), 0.1) == thompson(prior, tally(trials, by_persona), 0.1)


@given(weights)
def test_without_records_the_users_weights_stand(prior: dict[str, float]) -> None:
    assert thompson(prior, {}, 0.1) == shares(prior)


def test_an_arm_that_was_weighted_out_is_never_drawn_and_one_alone_always() -> None:
    tallies = tally([trial(0, "a", 0.5), trial(1, "b", 0.0)], by_persona)
    chances = thompson({"a": 0.0, "b": 1.0, "c": 1.0}, tallies, 0.1)
    assert chances["a"] == 0
    assert thompson({"a": 3.0}, tallies, 0.1) == {"a": 1.0}


def test_arms_that_were_weighted_out_do_not_change_what_is_learnt_of_the_others() -> None:
    tallies = {"a": Tally(trials=40, success=4.0, cost=40.0), "b": Tally(trials=40, success=6.0, cost=40.0)}
    alone = thompson({"a": 1.0, "b": 1.0}, tallies, 0.1)
    beside = thompson({"a": 1.0, "b": 1.0} | {f"out-{n}": 0.0 for n in range(8)}, tallies, 0.1)
    assert {arm: beside[arm] for arm in alone} == pytest.approx(alone)


def test_the_chance_of_being_best_is_that_of_two_sampled_posteriors() -> None:
    """Against sampling itself: 12 of 20 at the usual cost, and 9 of 20 at two thirds of it."""
    dear = Tally(trials=20, success=12.0, cost=20.0)
    cheap = Tally(trials=20, success=9.0, cost=12.0)
    rng = random.Random(5)
    sampled = [rng.betavariate(13, 9) / dear.price > rng.betavariate(10, 12) / cheap.price for _ in range(40_000)]
    assert beats(dear, cheap) == pytest.approx(sum(sampled) / len(sampled), abs=0.01)
    assert beats(dear, cheap) + beats(cheap, dear) == pytest.approx(1)


def test_success_is_the_share_of_siblings_beaten_and_cost_is_relative_to_them() -> None:
    found = tally([trial(0, "a", 0.3, 100), trial(1, "b", 0.1, 300), trial(2, "b", 0.0, 200)], by_persona)
    assert found["a"] == Tally(trials=1, success=1.0, cost=0.5, gained=1, gain=0.3, tokens=100)
    assert found["b"] == Tally(trials=2, success=0.5, cost=2.5, gained=1, gain=0.1, tokens=500)
    assert found["b"].gain_per_1000_tokens == pytest.approx(0.2)


def simulated(rates: dict[str, float], seed: int, price: dict[str, int], generations: int = 15) -> list[str]:
    """Who was drawn in the last five generations of ten, when each arm brings heavy-tailed gains at its own rate."""
    rng = random.Random(seed)
    trials: list[Trial] = []
    for generation in range(1, generations + 1):
        chances = thompson(dict.fromkeys(rates, 1.0), tally(trials, by_persona), 0.1)
        for n in range(10):
            arm = draw(chances, rng)
            gain = rng.lognormvariate(-6, 1.5) if rng.random() < rates[arm] else 0.0
            trials.append(trial(n, arm, gain, price[arm], generation))
    return [str(t.child.persona) for t in trials if t.child.generation > generations - 5]


def share_of(arm: str, rates: dict[str, float], price: dict[str, int]) -> float:
    drawn = [name for seed in range(8) for name in simulated(rates, seed, price)]
    return drawn.count(arm) / len(drawn)


def test_an_arm_that_is_truly_better_comes_to_be_drawn_more_often() -> None:
    rates = {"good": 0.5, "b": 0.15, "c": 0.15, "d": 0.15, "e": 0.15}
    assert share_of("good", rates, dict.fromkeys(rates, 100)) > 0.5  # 0.2 would be its share by lot


def test_of_equally_good_arms_the_one_with_fewer_tokens_comes_to_be_drawn_more_often() -> None:
    rates = dict.fromkeys(("cheap", "b", "c"), 0.4)
    assert share_of("cheap", rates, {"cheap": 100, "b": 300, "c": 300}) > 0.6


def test_when_all_arms_are_equal_none_is_given_up() -> None:
    rates = dict.fromkeys(ARMS, 0.3)
    drawn = [name for seed in range(8) for name in simulated(rates, seed, dict.fromkeys(ARMS, 100))]
    assert min(drawn.count(arm) for arm in ARMS) / len(drawn) > 0.08
