"""An author is told of a program, in few words, what its parts cost and how its training went."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from agents.portrait import curve, parts, reading
from memory.records import Candidate

CODE = """
# EVOLVE-BLOCK-START stem
class Stem: ...
# EVOLVE-BLOCK-END
# EVOLVE-BLOCK-START block
class Block: ...
# EVOLVE-BLOCK-END
# EVOLVE-BLOCK-START optimiser
# EVOLVE-BLOCK-END
class Network: ...
"""
NUMBERS = st.floats(allow_nan=True, allow_infinity=True)
FINITE = st.floats(0, 1e6)


def part(name: str, line: int | None, own: int, into: Any = None, out: Any = None, times: int = 1) -> dict[str, Any]:
    file = None if line is None else "program.py"
    told = {"name": name, "kind": "X", "file": file, "line": line, "params": own, "own": own, "times": times}
    return told | {"in": into, "out": out}


def program(*anatomy: dict[str, Any]) -> Candidate:
    return Candidate("g01-00", 1, 0, "mutate", files={"program.py": CODE}, anatomy=anatomy)


def points(scores: list[float], losses: list[float] | None = None) -> list[dict[str, float]]:
    made = [{"step": 100.0 * n, "score": score} for n, score in enumerate(scores, start=1)]
    return [one | {"train_loss": loss} for one, loss in zip(made, losses, strict=True)] if losses else made


def test_a_line_a_segment_tells_its_parameters_and_shapes() -> None:
    told = program(
        part("", 11, 12),
        part("stem", 3, 150, [1, 40], [25, 19]),
        part("body.0", 6, 409_536, [25, 19], None, times=2),
        part("body.1", 6, 0, None, None),
    )
    assert parts(told).splitlines() == [
        "stem: 150 parameters, (1, 40) -> (25, 19)",
        "block, 3 times: 409,536 parameters, first (25, 19) -> ?",
        "outside the segments: 12 parameters",
    ]


def test_a_network_without_classes_in_segments_is_told_by_its_direct_parts_quoted() -> None:
    told = program(part("", None, 58, [4], [2]), part("0`x", None, 40, [4], [8]), part("0.deeper", None, 3))
    assert parts(told) == "``0`x``: 40 parameters, (4) -> (8)"


def test_nothing_is_told_where_nothing_is_known() -> None:
    assert (parts(program()), curve([]), curve([], points([1.0]))) == ("", "", "")


def test_many_parts_are_told_by_a_few_lines() -> None:
    told = parts(program(*(part(f"layer{n}", None, 1) for n in range(40)))).splitlines()
    assert (len(told), told[-1]) == (13, "and 28 more")


def test_six_even_steps_stand_beside_the_seeds() -> None:
    ours = points([50.0 - n for n in range(11)], [1 / (n + 1) for n in range(11)])
    seed = points([60.0 - n for n in range(11)])
    assert curve(ours, seed, "%").splitlines()[:7] == [
        "step | validation (%) | seed | train loss",
        "100 | 50 | 60 | 1",
        "300 | 48 | 58 | 0.333",
        "500 | 46 | 56 | 0.2",
        "700 | 44 | 54 | 0.143",
        "900 | 42 | 52 | 0.111",
        "1100 | 40 | 50 | 0.0909",
    ]


def test_a_seed_that_looked_elsewhere_has_no_numbers_beside_the_programs() -> None:
    assert curve(points([3.0, 2.0]), [{"step": 150.0, "score": 9.0}]) == "step | validation\n100 | 3\n200 | 2"


def test_the_plain_readings_are_said_and_no_others() -> None:
    steady = [0.9, 0.5, 0.4, 0.4, 0.4, 0.4]
    assert reading(points([40.0, 30, 25, 22, 21, 20.5], steady), "%") == []
    assert reading(points([40.0, 30, 25, 22, 21, 20.5], [2.0, 1.6, 1.3, 1, 0.8, 0.6]), "%") == [
        "Its train loss was still falling at the end."
    ]
    by_heart = [0.5, 0.02, 0.01, 0.01, 0.01, 0.01]
    assert reading(points([40.0, 30, 25, 22, 21, 20.5], by_heart), "%") == [
        "It fits what it is trained on far better than the validation set: by its loss about 1 % there."
    ]
    assert reading(points([40.0, 30, 25, 22, 21, 20.5], by_heart)) == []  # a loss says nothing of an unknown unit
    assert reading(points([40.0, 20, 21, 22, 30, 33], steady), "%") == [
        "Its validation score was best around step 300 and got worse after it."
    ]
    assert reading(points([40.0, 20, 21, 20, 22, 20], steady), "%") == []  # a single look says little


@example([(1.0, 1e308)] * 9, [1e308])
@given(st.lists(st.tuples(FINITE, NUMBERS), max_size=40), st.lists(NUMBERS, max_size=40))
def test_any_curve_can_be_told_and_is_short(told: list[tuple[float, float]], seeds: list[float]) -> None:
    ours = points([score for score, _ in told], [loss for _, loss in told]) if told else []
    text = curve(ours, points(seeds), "%")
    assert len(text) < 700
    assert len(text.splitlines()) <= 1 + 6 + 3
    assert all(math.isfinite(float(row.split(" | ")[0])) for row in text.splitlines()[1 : 1 + min(6, len(ours))])
