"""Scores: what is chance at a level, what a failed repetition costs, what a single lucky run is worth."""

from __future__ import annotations

import math
import random
from statistics import fmean

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from memory.scores import LEAST, SHIFT, Noise, Score, believed, noise_of, score, usual_step, worth

percent = st.floats(0, 100)
levels = st.floats(0.01, 100)
noises = st.builds(
    Noise, st.just(0.0) | st.floats(1e-6, 0.3), st.sampled_from(["binomial", "proportional", "constant"])
)
repetitions = st.lists(st.lists(st.integers(0, 100).map(float), min_size=1, max_size=5), max_size=8)
many = st.integers(1, 9)


@given(st.floats(0.1, 20), st.floats(1, 99), st.booleans())
def test_without_repetitions_two_trainings_at_the_level_of_the_declaration_differ_by_what_was_declared(
    declared: float, at: float, share: bool
) -> None:
    noise = noise_of([], declared, at, share)
    assert noise.bound(at, 1, at, 1) == pytest.approx(declared)
    assert noise.sd(at) == pytest.approx(declared / 2.77, rel=1e-2)


def test_an_error_that_doubles_far_below_the_seeds_is_no_chance() -> None:
    noise = noise_of([], 2.4, 11.5, True)
    assert noise.bound(2.0, 1, 4.2, 1) < 2.2 < noise.bound(11.0, 1, 13.2, 1)


def test_an_error_that_is_ten_times_smaller_varies_ten_times_less_where_it_is_no_share() -> None:
    noise = noise_of([[0.5, 0.6]], 0.1, 0.5, False)
    assert noise.sd(0.05) == pytest.approx(noise.sd(0.5) / 10)
    crossing = noise_of([[-0.5, 0.6]], 0.1, 0.5, False)
    assert crossing.sd(0.05) == crossing.sd(0.5)


@given(st.lists(st.tuples(levels, st.integers(1, 5)), max_size=6), st.booleans(), levels)
def test_what_never_differs_and_is_not_declared_noisy_has_no_noise(
    found: list[tuple[float, int]], share: bool, at: float
) -> None:
    noise = noise_of([[value] * times for value, times in found], 0.0, at, share)
    assert noise.sd(at) == 0
    assert noise.bound(at, 1, at, 1) == 0


@pytest.mark.parametrize("factor", [0.02, 0.05])
@pytest.mark.parametrize("declared", [0.0, 0.5, 10.0])
def test_the_noise_is_found_from_repetitions_at_many_levels_whatever_was_declared(
    factor: float, declared: float
) -> None:
    rng, true = random.Random(5), Noise(factor, "binomial")
    found = [[rng.gauss(p, true.sd(p)) for _ in range(3)] for p in [rng.uniform(3, 60) for _ in range(200)]]
    assert noise_of(found, declared, 11.5, True).factor == pytest.approx(factor, rel=0.1)


def test_one_program_that_diverged_once_does_not_make_everything_chance() -> None:
    rng, true = random.Random(6), Noise(0.04, "binomial")
    found = [[rng.gauss(p, true.sd(p)) for _ in range(3)] for p in [rng.uniform(3, 20) for _ in range(12)]]
    assert noise_of([*found, [5.0, 5.4, 89.0]], 2.4, 11.5, True).factor < 1.3 * noise_of(found, 2.4, 11.5, True).factor


@given(repetitions, st.sampled_from([0.0, 2.4]), st.booleans(), st.randoms())
def test_the_order_of_programs_and_of_trainings_changes_no_digit(
    found: list[list[float]], declared: float, share: bool, rng: random.Random
) -> None:
    shuffled = [rng.sample(values, len(values)) for values in rng.sample(found, len(found))]
    noise = noise_of(found, declared, 11.5, share)
    assert noise_of(shuffled, declared, 11.5, share) == noise
    for one, other in zip(sorted(map(sorted, found)), sorted(map(sorted, shuffled)), strict=True):
        assert score(one, 90.0, noise) == score(other, 90.0, noise)


@given(noises, levels, many, levels, many)
def test_more_trainings_make_less_chance_and_the_bound_asks_not_who_is_first(
    noise: Noise, a: float, n_a: int, b: float, n_b: int
) -> None:
    assert noise.bound(a, n_a, b, n_b) == pytest.approx(noise.bound(b, n_b, a, n_a))
    assert noise.bound(a, 2 * n_a, b, 2 * n_b) == pytest.approx(noise.bound(a, n_a, b, n_b) / math.sqrt(2))
    assert noise.sd(a) >= 0


@given(st.lists(st.none() | percent, min_size=1, max_size=6), noises)
def test_a_failed_repetition_counts_as_one_that_learnt_nothing(values: list[float | None], noise: Noise) -> None:
    found = score(values, 90.0, noise)
    assert found.n == len(values)
    assert found.mean == pytest.approx(fmean(90.0 if v is None else v for v in values))
    if None not in values:
        assert found.se == pytest.approx(noise.sd(found.mean) / math.sqrt(found.n))


def test_a_program_that_fails_now_and_then_is_known_less_well() -> None:
    noise = noise_of([], 2.4, 11.5, True)
    assert score([5.0, 5.0, None], 90.0, noise).se > 10 * score([5.0, 5.0, 5.0], 90.0, noise).se
    with pytest.raises(ValueError, match="at least one training"):
        score([], 90.0, noise)


@given(percent, many, percent, st.floats(0, 50) | st.just(math.inf), noises)
def test_a_single_run_is_believed_between_what_was_seen_and_what_is_usual(
    seen: float, n: int, anchor: float, spread: float, noise: Noise
) -> None:
    found = score([seen] * n, 90.0, noise)
    worth = believed(found, anchor, spread, noise)
    assert min(found.mean, anchor) - 1e-9 <= worth <= max(found.mean, anchor) + 1e-9
    assert abs(worth - found.mean) <= SHIFT * noise.sd(found.mean) / math.sqrt(n) + 1e-9
    if n >= LEAST or noise.factor == 0 or spread == math.inf:
        assert worth == found.mean


@given(percent, percent, percent, st.floats(0, 50), noises.filter(lambda n: n.factor < 0.25))
def test_of_two_siblings_the_one_that_scored_less_is_believed_less(
    a: float, b: float, anchor: float, spread: float, noise: Noise
) -> None:
    assume(a <= b)
    one, other = (believed(Score(x, 1, noise.sd(x)), anchor, spread, noise) for x in (a, b))
    assert one <= other + 1e-9


def test_the_usual_step_leaves_out_chance_and_the_few_that_break_altogether() -> None:
    rng, noise = random.Random(7), Noise(1.0, "constant")
    steps = []
    for _ in range(400):
        true = 90.0 if rng.random() < 0.1 else 12 + rng.gauss(0.5, 2.0)
        steps.append((Score(10 + rng.gauss(0, 1), 1, 1.0), Score(true + rng.gauss(0, 1), 1, 1.0)))
    usual = usual_step(steps, noise)
    assert 2 < usual.mean < 3.5  # 2.5 were it not for those; the plain mean is 10
    assert 1.5 < usual.spread < 3  # 2, and 24
    assert usual_step(reversed(steps), noise) == usual
    assert usual_step(steps[:2], noise) == (0.0, math.inf)
    assert believed(steps[0][1], 10.0, math.inf, noise) == steps[0][1].mean


@given(st.lists(st.tuples(levels, levels, many), min_size=1, max_size=10), noises, levels, levels, many)
def test_a_score_of_three_trainings_or_without_noise_is_its_mean(
    steps: list[tuple[float, float, int]], noise: Noise, ours: float, theirs: float, n: int
) -> None:
    usual = usual_step(((score([a], 90.0, noise), score([b] * m, 90.0, noise)) for a, b, m in steps), noise)
    found = score([ours] * n, 90.0, noise)
    moved = worth(found, score([theirs] * 3, 90.0, noise), usual, noise) - found.mean
    assert abs(moved) <= SHIFT * found.se * (1 + 1e-9)
    if n >= LEAST or noise.factor == 0 or len(steps) < 5:
        assert moved == 0


def test_of_programs_alike_the_lucky_child_of_a_good_parent_is_believed_most() -> None:
    noise = Noise(1.0, "constant")
    good, bad, child = Score(5.0, 3, 0.6), Score(9.0, 3, 0.6), Score(4.8, 1, 1.0)
    usual = usual_step(((one, Score(one.mean + 0.2 * (k - 2), 3, 0.6)) for one in (good, bad) for k in range(5)), noise)
    assert 4.8 < worth(child, good, usual, noise) < worth(child, bad, usual, noise)


def test_a_usual_step_at_a_high_level_does_not_shrink_what_was_won_at_a_low_one() -> None:
    noise = Noise(0.05, "proportional")
    usual = usual_step(((Score(1.0, 3, 0.03), Score(1.5, 1, 0.075)) for _ in range(8)), noise)
    good, best = Score(0.01, 3, 0.0003), Score(0.009, 1, 0.00045)
    assert worth(best, good, usual, noise) == pytest.approx(0.009, rel=0.03)
