"""Sums whose last digit does not depend on the order of their parts: whole numbers of a small unit."""

from __future__ import annotations

_BITS = 64
_UNIT = float(1 << _BITS)
_LARGE = 1e280  # beyond it a float has no places after the point, and its product with the unit may not be finite


def exact(value: float) -> int:
    """A finite number in units of 2**-64."""
    return int(value * _UNIT) if abs(value) < _LARGE else int(value) << _BITS


def rounded(units: int) -> float:
    """The number again, or a sum of such."""
    return units / (1 << _BITS)
