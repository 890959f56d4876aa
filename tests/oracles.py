"""What is kept up to date step by step, or swept in order, said plainly: the tests hold the one to the other."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from graph.bandit import Arm, Sums, Tally, Trial, shared_among, siblings, tallied
from memory.dominance import Goals, costs


def dominates(a: Mapping[str, float], b: Mapping[str, float], goals: Goals) -> bool:
    """True if `a` is as good as `b` in every objective and better in at least one. What is not finite beats nothing."""
    ours, theirs = costs(a, goals), costs(b, goals)
    if not all(map(math.isfinite, ours)):
        return False
    if not all(map(math.isfinite, theirs)):
        return True
    return ours != theirs and all(x <= y for x, y in zip(ours, theirs, strict=True))


def tally(trials: Iterable[Trial], arm: Arm) -> dict[str, Tally]:
    """The tally of every arm that `arm` names; children for which it answers None count only as siblings of others."""
    families: dict[tuple[int, str], list[Trial]] = defaultdict(list)
    for trial in trials:
        families[siblings(trial)].append(trial)
    sums: dict[str, Sums] = defaultdict(Counter)
    for family in families.values():
        for name, part in shared_among(family, arm).items():
            sums[name].update(part)
    return {name: tallied(found) for name, found in sums.items()}
