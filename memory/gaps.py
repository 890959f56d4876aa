"""Where a front of two objectives has room, as areas of the box between the ideal and the reference corner. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

Point = tuple[float, float]  # of a program: its share of the box in each objective, 0 is ideal, 1 the reference


class Gap(NamedTuple):
    """The room between two neighbours on a front, or beyond one of its ends."""

    left: str | None  # id of the neighbour that is better in the first objective; None beyond the best in it
    right: str | None  # of the one that is better in the second; None beyond the best in that
    area: (
        float  # that a program may add at most which is better than `right` in the first and than `left` in the second
    )


def gaps(front: Mapping[str, Point]) -> list[Gap]:
    """The gaps of these programs, none of which dominates another, the widest first; of equals the one with less of the first objective.

    A program beyond the reference in either objective adds nothing, and bounds no gap.
    """
    found = [
        Gap(a or None, b or None, (there[0] - here[0]) * (here[1] - there[1]))
        for (a, here), (b, there) in pairwise(_row(front))
    ]
    return sorted(found, key=lambda gap: -gap.area)


def contributions(front: Mapping[str, Point]) -> dict[str, float]:
    """The area that each of them alone dominates."""
    row = _row(front)
    return {
        id: (after[0] - here[0]) * (before[1] - here[1])
        for (_, before), (id, here), (_, after) in zip(row, row[1:], row[2:], strict=False)
    }


def _row(front: Mapping[str, Point]) -> Sequence[tuple[str, Point]]:
    """From the best in the first objective to the best in the second, between the ends of the box, whose id is empty."""
    inside = [(id, point) for id, point in front.items() if max(point) < 1]
    return [("", (0.0, 1.0)), *sorted(inside, key=lambda one: (one[1], one[0])), ("", (1.0, 0.0))]
