"""What is stored counts, what is hidden strikes, and predictions are the same only where their decisions and rows are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.agreement import differs
from agents.written import Written, hidden, parameters

X, W = {"tensor": "x"}, "w:"


def passed(*ops: list[Any], made: tuple[str, ...] = (), constants: Any = None) -> Written:
    graph = {"batch": 1, "weights": {}, "ops": [list(op) for op in ops], "output": "9", "looks": False, "floats": False}
    return Written([graph], None, None, frozenset(made), constants or {})


def stored(**sizes: int) -> dict[str, np.ndarray]:
    return {name.replace("__", "."): np.ones(size, np.float32) for name, size in sizes.items()}


def t(name: str) -> dict[str, str]:
    return {"tensor": name}


NORM = stored(n__weight=8, n__bias=8, n__running_mean=8, n__running_var=8)
NORMALISED = [
    "aten.native_batch_norm.default",
    [X, t("w:n.weight"), t("w:n.bias"), t("w:n.running_mean"), t("w:n.running_var")],
    {},
    "9",
]


def test_statistics_that_are_used_as_such_beside_a_scale_and_a_shift_do_not_count() -> None:
    assert parameters(passed(NORMALISED), NORM) == (16, "")


@pytest.mark.parametrize(
    "ops",
    [
        [["aten.sub.Tensor", [X, t("w:n.running_mean")], {}, "9"]],
        [["aten.view.default", [t("w:n.running_var"), [2, 4]], {}, "1"], ["aten.mm.default", [X, t("1")], {}, "9"]],
        [["aten.relu.default", [t("c:0/1")], {}, "1"], [NORMALISED[0], [t("1"), *NORMALISED[1][1:]], {}, "9"]],
        [[NORMALISED[0], [X, None, None, *NORMALISED[1][3:]], {}, "9"]],
        [[NORMALISED[0], [X, t("w:n.running_var"), *NORMALISED[1][2:]], {}, "9"]],
    ],
    ids=["subtracted", "reshaped and multiplied", "of a constant", "without scale and shift", "as the scale"],
)
def test_statistics_that_do_anything_else_count(ops: Any) -> None:
    count, why = parameters(passed(*ops, constants={"c:0/1": np.ones(1, np.float32)}), NORM)
    assert count > 16
    assert "used as a parameter" in why


def test_statistics_of_a_pass_that_could_not_be_followed_count() -> None:
    assert parameters(None, NORM)[0] == 32


@pytest.mark.parametrize(
    "ops",
    [
        [["aten.view.dtype", [t("w:a"), {"dtype": "torch.int8"}], {}, "1"]],
        [["aten._to_copy.default", [t("w:a")], {}, "1"], ["aten.bitwise_and.Scalar", [t("1"), 255], {}, "2"]],
        [["aten.mul.Tensor", [t("w:a"), 256.0], {}, "1"], ["aten.__rshift__.Scalar", [t("1"), 8], {}, "2"]],
    ],
    ids=["another type", "masked", "shifted"],
)
def test_each_byte_of_a_number_that_is_taken_apart_counts(ops: Any) -> None:
    assert parameters(passed(*ops), stored(a=10, b=5)) == (45, "a is taken apart into bits: each byte counts")


def test_buffers_made_at_every_build_count_and_other_constants_strike() -> None:
    constants = {"c:1/500": np.ones(500, np.float32)}
    ops = ["aten.add.Tensor", [X, t("c:1/500")], {}, "9"]
    assert parameters(passed(ops, made=("c:1/500",), constants=constants), stored(a=10))[0] == 510
    assert hidden(passed(ops, made=("c:1/500",), constants=constants), stored(a=10)) == ""
    assert "500 numbers lie outside the stored weights" in hidden(passed(ops, constants=constants), stored(a=10))


# ---- the same predictions

SCORES = np.random.default_rng(0).normal(size=(200, 10)).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 99), st.floats(0, 1e3), st.floats(1e-3, 1e3))
def test_rounding_and_what_is_added_to_all_scores_of_an_example_change_nothing(
    seed: int, offset: float, scale: float
) -> None:
    rng = np.random.default_rng(seed)
    told = SCORES * scale
    near = told * (1 + 1e-5 * rng.normal(size=told.shape))
    assert differs(near + offset * 0, told, True) == ""
    assert differs(told.astype(np.float64) + offset * rng.normal(size=(200, 1)), told, True) == ""


@pytest.mark.parametrize(
    "told",
    [
        SCORES + 1e6 * np.random.default_rng(1).normal(size=(200, 1)).astype(np.float32),
        SCORES * np.where(np.arange(200) < 3, 1e6, 1.0)[:, None].astype(np.float32),
        SCORES * np.float32(1e25),
    ],
    ids=["an offset for each example", "a few large rows", "large scores"],
)
def test_large_numbers_hide_no_difference(told: np.ndarray) -> None:
    other = told.copy()
    other[100:] = np.roll(told[100:], 1, axis=1)
    assert "are not those of the training" in differs(other, told, True)
    assert differs(told.copy(), told, True) == ""


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_scores_that_are_not_finite_are_refused(bad: float) -> None:
    told = SCORES.copy()
    told[0, 0] = bad
    assert differs(told, told, True) == "scores are not finite"


def test_numbers_are_held_against_their_usual_spread() -> None:
    told = np.random.default_rng(2).normal(size=300)
    told[0] = 1e9
    assert differs(told * (1 + 1e-6), told, False) == ""
    assert "are not those of the training" in differs(told + np.where(np.arange(300) > 100, 0.5, 0.0), told, False)
