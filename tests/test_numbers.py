"""Numbers as readers see them: what is written parses back, keeps its digits, and is zero only for zero."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from memory.numbers import LEAST, bare, bare_change, give_or_take, number, signed, within

FINITE = st.floats(-1e308, 1e308)
USUAL = st.floats(LEAST, 1e14) | st.floats(-1e14, -LEAST)
POSITIVE = st.floats(1e-8, 1e12)


def read(text: str) -> float:
    return float(text.replace(",", ""))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (5210.0, "5210"),
        (1234567.0, "1,234,567"),
        (-10000.0, "-10,000"),
        (3.26667, "3.267"),
        (14.6, "14.6"),
        (9.99996, "10"),
        (0.00031, "0.00031"),
        (12345.678, "12,346"),
        (-0.0, "0"),
        (1e-9, "1e-09"),
        (1.5e18, "1.5e+18"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
    ],
)
def test_numbers_read_well(value: float | None, text: str) -> None:
    assert number(value) == text


def test_changes_read_well() -> None:
    assert [signed(value) for value in (-0.5, 0.0, -0.0, 1790.0, 2.25, 12345.0)] == [
        "-0.5", "±0", "±0", "+1790", "+2.25", "+12,345",
    ]  # fmt: skip
    assert [bare_change(value) for value in (-0.5, 0.0, -0.0, 1234567.0)] == ["-0.5", "+0", "+0", "+1234567"]


@pytest.mark.parametrize(
    ("value", "half", "text"),
    [
        (12.3, 0.4512, "12.30 ± 0.45"),
        (0.00123, 0.0000456, "0.001230 ± 0.000046"),
        (3.0, 0.0996, "3.00 ± 0.10"),
        (45678.0, 1234.0, "45,700 ± 1200"),
        (0.0001, 0.05, "0.0001 ± 0.050"),
        (5.0, 0.0, "5 ± 0"),
        (5.25, None, "5.25"),
        (5.0, math.inf, "5 ± inf"),
    ],
)
def test_means_are_as_exact_as_their_interval(value: float, half: float | None, text: str) -> None:
    assert give_or_take(value, half) == text


def test_the_ends_of_an_interval_have_the_decimals_of_its_middle() -> None:
    assert within(3.2, 2.867, 3.562) == "3.20 (2.87 to 3.56)"


@given(FINITE)
@example(999.95)
@example(5e-324)
@example(0.00001)
def test_what_is_written_parses_back_to_the_digits_that_it_shows(value: float) -> None:
    for digits in (2, 4, 6):
        for text in (number(value, digits), bare(value, digits)):
            assert math.isclose(read(text), value, rel_tol=10.0 ** (1 - digits))
            assert (read(text) == 0) == (value == 0)
    assert not value or math.copysign(1, read(signed(value))) == math.copysign(1, value)


@given(USUAL)
def test_no_exponent_in_the_usual_ranges(value: float) -> None:
    assert not {"e", "E"} & set(number(value) + bare(value) + signed(value) + bare_change(value))


@given(st.integers(-(10**15) + 1, 10**15 - 1))
def test_a_whole_number_is_told_in_full(value: int) -> None:
    assert int(read(number(value))) == int(bare(value)) == int(bare_change(value)) == value


@given(FINITE.filter(lambda value: abs(value) < 1e12), POSITIVE)
@example(0.0, 0.0099999)
@example(0.0, 9.96)
def test_an_interval_shows_two_digits_of_its_half_and_no_false_zero(value: float, half: float) -> None:
    middle, around = map(read, give_or_take(value, half).split(" ± "))
    assert around > 0
    assert math.isclose(around, half, rel_tol=0.05)
    assert abs(middle - value) <= max(0.06 * half, abs(value) * 1e-3)
    assert (middle == 0) == (value == 0)
