"""How validation examples are chosen among the training examples."""

from __future__ import annotations

import numpy as np


def stratified(y: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Sorted places of `count` examples in which each class has its share, to within one example."""
    classes, sizes = np.unique(y, return_counts=True)
    exact = sizes * count / len(y)
    take = np.floor(exact).astype(int)
    for place in np.argsort(take - exact, kind="stable")[: count - take.sum()]:  # largest remainders first
        take[place] += 1
    chosen = [rng.permutation(np.flatnonzero(y == c))[:n] for c, n in zip(classes, take, strict=True)]
    return np.sort(np.concatenate(chosen))
