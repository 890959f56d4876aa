"""One meaning of better: beyond the noise in something, and not beyond it worse in anything; against the better parent."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from memory_world import GOALS, child
from oracles import dominates

from memory.better import better, compare, declared, noise_between, rival
from memory.records import Candidate
from memory.scores import Noise
from memory.yardstick import Chance

BOUND = declared({"val_error": 2.0})
values = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda v: {"val_error": v[0] / 2, "params": float(v[1])})


def measured(error: float, params: float, index: int = 0, **more: Any) -> Candidate:
    return child(1, index, objectives={"val_error": error, "params": params}, **more)


def test_a_lead_within_the_noise_is_no_gain_and_a_loss_within_it_no_loss() -> None:
    parent = measured(20.0, 100.0)
    assert not better(measured(18.0, 100.0), [parent], GOALS, BOUND)
    assert better(measured(17.9, 100.0), [parent], GOALS, BOUND)
    assert better(measured(22.0, 99.0), [parent], GOALS, BOUND), "fewer parameters, and an error that may be chance"
    assert not better(measured(22.1, 99.0), [parent], GOALS, BOUND), "a trade"
    assert not better(measured(10.0, 101.0), [parent], GOALS, BOUND), "a trade"


def test_a_crossover_is_held_against_its_better_parent() -> None:
    good, poor = measured(10.0, 5.0), measured(20.0, 5.0, 1)
    assert rival([poor, good], GOALS) == good
    assert rival([measured(10.0, 4.0, 2), good], GOALS) != good, "of equals in the first objective the next decides"
    assert not better(measured(15.0, 5.0), [poor, good], GOALS, BOUND)
    assert better(measured(7.0, 5.0), [poor, good], GOALS, BOUND)
    struck = measured(0.0, 0.0, 3)
    assert not better(measured(7.0, 5.0), [child(1, 4, objectives=None)], GOALS, BOUND), "nobody to compare with"
    assert rival([child(1, 4, objectives=None), struck], GOALS) == struck


def test_what_did_not_end_well_is_never_better() -> None:
    parent = measured(20.0, 100.0)
    assert not better(child(1, 1, status="failed", failure="nan", objectives=None), [parent], GOALS, BOUND)
    assert not better(measured(1.0, 1.0, status="failed", failure="unproven"), [parent], GOALS, BOUND)


def test_the_noise_is_asked_for_with_both_scores_and_what_they_rest_on() -> None:
    asked = []

    def bound(name: str, a: float, n: int, b: float, m: int) -> float:
        asked.append((name, a, n, b, m))
        return 0.1 * max(a, b)

    ours, theirs = measured(2.0, 5.0, scores=(1.0, 3.0)), measured(4.2, 5.0, 1)
    assert noise_between(ours, theirs, bound) == {"val_error": 0.42000000000000004, "params": 0.5}
    assert asked == [("val_error", 2.0, 2, 4.2, 1), ("params", 5.0, 2, 5.0, 1)]
    assert better(ours, [theirs], GOALS, bound), "half the error is a gain at a low level"


def test_the_same_lead_is_a_gain_at_a_low_error_and_chance_at_a_high_one() -> None:
    bound = Chance("val_error", 90.0, Noise(0.02, "binomial"), {}).bound
    assert not better(measured(18.0, 5.0), [measured(20.0, 5.0, 1)], GOALS, bound)
    assert better(measured(2.0, 5.0), [measured(4.0, 5.0, 1)], GOALS, bound)
    thrice = {"scores": (18.0, 18.0, 18.0)}
    assert better(measured(18.0, 5.0, **thrice), [measured(20.0, 5.0, 1, scores=(20.0,) * 3)], GOALS, bound)


@given(values, values, st.floats(0, 10))
def test_better_turns_round_to_worse_and_nobody_is_better_than_what_dominates_it(
    a: dict[str, float], b: dict[str, float], noise: float
) -> None:
    sizes = dict.fromkeys(GOALS, noise)
    there = compare({name: a[name] - b[name] for name in a}, sizes, GOALS)
    back = compare({name: b[name] - a[name] for name in a}, sizes, GOALS)
    assert back == {"win": "loss", "loss": "win"}.get(there, there)
    if dominates(b, a, GOALS):
        assert there != "win"
    if noise == 0 and there == "win":
        assert dominates(a, b, GOALS)
