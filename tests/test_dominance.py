from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import dominates

from memory.dominance import front, goals_of
from tests.memory_world import GOALS, META, child

points = st.fixed_dictionaries({"val_error": st.integers(0, 9).map(float), "params": st.integers(0, 9).map(float)})
sides = st.fixed_dictionaries({"val_error": st.sampled_from(["min", "max"]), "params": st.sampled_from(["min", "max"])})


@given(st.lists(points, max_size=30), sides)
def test_the_front_is_exactly_what_nobody_dominates(values: list[dict[str, float]], goals: dict[str, str]) -> None:
    candidates = [child(1, index, objectives=value) for index, value in enumerate(values)]
    expected = [one for one in candidates if not any(dominates(o, one.objectives or {}, goals) for o in values)]
    first = {tuple(sorted((one.objectives or {}).items())): one for one in reversed(expected)}  # of equals
    assert front(candidates, goals) == [one for one in expected if one in first.values()]


@given(points, points)
def test_domination_has_one_winner_and_turns_with_the_goals(a: dict[str, float], b: dict[str, float]) -> None:
    assert not (dominates(a, b, GOALS) and dominates(b, a, GOALS))
    assert dominates(a, b, GOALS) == dominates(b, a, dict.fromkeys(GOALS, "max"))


def test_a_win_in_one_objective_with_the_other_equal_dominates() -> None:
    here, better = {"val_error": 10.0, "params": 5.0}, {"val_error": 9.0, "params": 5.0}
    assert dominates(better, here, GOALS)
    assert not dominates(here, here, GOALS)


def test_what_is_not_finite_beats_nothing() -> None:
    nan, fine = {"val_error": math.nan, "params": 1.0}, {"val_error": 9.0, "params": 9.0}
    assert not dominates(nan, fine, GOALS)
    assert dominates(fine, nan, GOALS)
    assert front([child(1, 0, objectives=nan), child(1, 1, objectives=fine)], GOALS) == [child(1, 1, objectives=fine)]


def test_only_evaluated_candidates_are_on_the_front() -> None:
    assert (
        front([child(1, 0, status="failed", failure="nan"), child(1, 1, status="planned", objectives=None)], GOALS)
        == []
    )


def test_a_missing_objective_is_named() -> None:
    with pytest.raises(ValueError, match=r"expected objective 'params', got \['val_error'\]"):
        front([child(1, 0, objectives={"val_error": 1.0})], GOALS)


def test_goals_keep_the_order_of_the_task() -> None:
    assert list(goals_of(META).items()) == [("val_error", "min"), ("params", "min")]
