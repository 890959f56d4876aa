"""Chance is drawn by purpose from a run's seed: always the same, and never the same for two purposes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from memory.seeds import fresh_seeds, generator, seed_for, training_seeds


@given(st.integers(-(2**63), 2**63), st.lists(st.one_of(st.text(), st.integers()), max_size=3))
def test_a_purpose_has_one_seed_and_one_generator(run_seed: int, purpose: list[str | int]) -> None:
    assert seed_for(run_seed, *purpose) == seed_for(run_seed, *purpose)
    assert 0 <= seed_for(run_seed, *purpose) < 2**31
    assert generator(run_seed, *purpose).random() == generator(run_seed, *purpose).random()


def test_draws_do_not_change_with_python_or_machine() -> None:
    assert (seed_for(1, "g01-00", 0), round(generator(1, "plan", 2).random(), 12)) == (654801053, 0.207923173213)


@given(st.integers(0, 10**6), st.integers(0, 8))
def test_the_first_training_has_the_seed_of_the_run_and_further_ones_begin_alike_for_any_number(
    run_seed: int, times: int
) -> None:
    assert training_seeds(run_seed, times) == training_seeds(run_seed, times + 1)[:times]
    assert training_seeds(run_seed, 1) == [run_seed]
    assert fresh_seeds(run_seed, times) == fresh_seeds(run_seed, times + 1)[:times]


def test_no_training_of_runs_beside_each_other_shares_a_seed() -> None:
    drawn = [seed for run in range(200) for seed in (*training_seeds(run, 6), *fresh_seeds(run, 10))]
    assert len(set(drawn)) == len(drawn)
