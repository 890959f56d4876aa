"""The difference of two shares within strata: Mantel and Haenszel's, with an interval that holds in sparse strata too.

Each stratum is a table of two groups, those who cite and the others; what moves the odds of a whole stratum cannot look like a
difference between the groups. All that is needed of a table are four numbers, which may be summed over any number of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

from memory.exact import exact, rounded

Z95 = 1.959964  # two-sided 95 % of the normal distribution

TABLE = ("weight", "excess", "slope", "spread")  # what is summed of a table

# one even table of two gains and two failures (Agresti and Caffo 2000): without it the interval has no width where nobody gained
_AGRESTI_CAFFO = {"weight": 1.0, "excess": 0.0, "slope": 0.0, "spread": 0.25}


@lru_cache(1 << 14)  # strata are small, so the same few tables come again and again
def table(gains: int, trials: int, others_gains: int, others: int) -> Mapping[str, int]:
    """What one stratum adds to the sums, see `memory.exact`."""
    a, n, c, m = gains, trials, others_gains, others
    total = n + m
    parts = {
        "weight": n * m / total,
        "excess": (a * m - c * n) / total,
        # P and Q of Sato (1989), "On the variance estimator for the Mantel-Haenszel risk difference"
        "slope": (c * n * n - a * m * m + n * m * (m - n) / 2) / total**2,
        "spread": (a * (m - c) + c * (n - a)) / (2 * total),
    }
    return {name: exact(value) for name, value in parts.items()}


def difference(sums: Mapping[str, int]) -> float | None:
    """The share of gains among those who cite less that among the others; None where no stratum holds both."""
    weight = sums.get("weight", 0)
    return sums["excess"] / weight if weight else None


def interval(sums: Mapping[str, int]) -> tuple[float, float]:
    """The 95 % interval of the difference; [-1, 1] where no stratum holds both groups.

    A score interval with Sato's variance at each difference that it asks about (Klingenberg 2014, "A new and improved confidence
    interval for the Mantel-Haenszel risk difference").
    """
    found = difference(sums)
    if found is None:
        return -1.0, 1.0
    weight, excess, slope, spread = (rounded(sums.get(name, 0)) + more for name, more in _AGRESTI_CAFFO.items())
    middle = excess / weight + Z95**2 * slope / (2 * weight**2)
    half = math.sqrt(max(0.0, middle**2 - (excess / weight) ** 2 + Z95**2 * spread / weight**2))
    # the table that was added draws the middle towards 0: where all of one group gained, the difference itself is the end
    return max(-1.0, min(middle - half, found)), min(1.0, max(middle + half, found))
