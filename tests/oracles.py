"""What is swept in order, said plainly: the tests hold the one to the other."""

from __future__ import annotations

import math
from collections.abc import Mapping

from memory.dominance import Goals, costs


def dominates(a: Mapping[str, float], b: Mapping[str, float], goals: Goals) -> bool:
    """True if `a` is as good as `b` in every objective and better in at least one. What is not finite beats nothing."""
    ours, theirs = costs(a, goals), costs(b, goals)
    if not all(map(math.isfinite, ours)):
        return False
    if not all(map(math.isfinite, theirs)):
        return True
    return ours != theirs and all(x <= y for x, y in zip(ours, theirs, strict=True))
