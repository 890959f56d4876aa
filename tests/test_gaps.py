"""The gaps of a front are what a program could add at most, measured by the hypervolume itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.pareto import hypervolume
from memory.dominance import front
from memory.gaps import contributions, gaps
from tasks import Objective
from tests.memory_world import child

BOX = (Objective("val_error", "", "min", 1.0), Objective("params", "", "min", 1.0))
SHARE = st.integers(0, 12).map(lambda n: n / 10)
POINTS = st.lists(st.tuples(SHARE, SHARE), max_size=8)


def volume(points: list[tuple[float, float]]) -> float:
    measured = [child(1, n, objectives={"val_error": x, "params": y}) for n, (x, y) in enumerate(points)]
    return hypervolume(measured, BOX)


def front_of(points: list[tuple[float, float]]) -> dict[str, tuple[float, float]]:
    measured = [child(1, n, objectives={"val_error": x, "params": y}) for n, (x, y) in enumerate(points)]
    kept = front(measured, {"val_error": "min", "params": "min"})
    return {one.id: points[one.index] for one in kept}


@given(POINTS, st.tuples(SHARE, SHARE))
def test_a_gap_is_the_most_that_a_program_within_it_adds(
    points: list[tuple[float, float]], new: tuple[float, float]
) -> None:
    known = front_of(points)
    ends = {None: (0.0, 1.0)}, {None: (1.0, 0.0)}
    for gap in gaps(known):
        left, right = ({**known, **end}[id] for end, id in zip(ends, (gap.left, gap.right), strict=True))
        corner = (left[0], right[1])
        assert volume([*known.values(), corner]) - volume([*known.values()]) == pytest.approx(gap.area)
        if new[0] >= left[0] and new[1] >= right[1]:  # it dominates neither neighbour
            assert volume([*known.values(), new]) - volume([*known.values()]) <= gap.area + 1e-9


@given(POINTS)
def test_a_contribution_is_what_is_lost_without_the_program(points: list[tuple[float, float]]) -> None:
    known = front_of(points)
    for id, area in contributions(known).items():
        others = [point for other, point in known.items() if other != id]
        assert volume([*known.values()]) - volume(others) == pytest.approx(area)


@given(POINTS)
def test_the_widest_gap_comes_first_and_beyond_the_reference_nothing_counts(points: list[tuple[float, float]]) -> None:
    known = front_of(points)
    found = gaps(known)
    assert [gap.area for gap in found] == sorted((gap.area for gap in found), reverse=True)
    assert len(found) == 1 + len(contributions(known)) == 1 + sum(max(point) < 1 for point in known.values())
