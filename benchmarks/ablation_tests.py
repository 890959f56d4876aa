"""Intervals and paired tests over a few seeds, without assuming more than has to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

_EXACT = 16  # most pairs whose sign patterns are all looked at
_SAMPLED = 100_000


@dataclass(frozen=True)
class Paired:
    """One arm minus another, seed by seed."""

    differences: tuple[float, ...]
    p: float
    effect: float | None  # mean over standard deviation of the differences; None when they do not vary
    corrected: float = 1.0  # p after Holm's correction


def paired(ours: Mapping[int, float], theirs: Mapping[int, float]) -> Paired:
    """The comparison on the seeds that both have; there must be one."""
    d = np.array([ours[seed] - theirs[seed] for seed in sorted(ours.keys() & theirs.keys())])
    spread = float(d.std(ddof=1)) if len(d) > 1 else 0.0
    return Paired(tuple(d.tolist()), sign_flip_p(d), float(d.mean()) / spread if spread > 1e-12 else None)


def sign_flip_p(differences: Sequence[float] | np.ndarray) -> float:
    """Two-sided p that the mean is 0, were each difference as likely to have the other sign (Fisher's randomisation test).

    Exact up to 16 pairs, from 100,000 sign patterns of a fixed seed beyond.
    """
    d = np.asarray(differences, dtype=float)
    n = len(d)
    if n <= _EXACT:
        signs = 1 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
    else:
        signs = np.random.default_rng(0).choice([-1, 1], size=(_SAMPLED, n))
        signs[0] = 1  # what was seen is one of the patterns: p is never 0
    means = np.abs(signs @ d)
    return float(np.mean(means >= abs(d.sum()) - 1e-12))


def least_p(pairs: int) -> float:
    """The least p that `sign_flip_p` can give for so many pairs."""
    return 2.0 / 2**pairs if pairs <= _EXACT else 1.0 / _SAMPLED


def holm(tests: Sequence[Paired]) -> list[Paired]:
    """The same tests with p corrected for their number (Holm 1979), in the order given."""
    order = sorted(range(len(tests)), key=lambda i: tests[i].p)
    corrected = [1.0] * len(tests)
    worst = 0.0
    for rank, i in enumerate(order):
        worst = max(worst, min(1.0, tests[i].p * (len(tests) - rank)))
        corrected[i] = worst
    return [replace(t, corrected=p) for t, p in zip(tests, corrected, strict=True)]


def half_width(values: Sequence[float]) -> float | None:
    """Half of the 95 % interval of the mean by Student's t; None for fewer than two values."""
    if len(values) < 2:
        return None
    return float(stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))


def interval(values: Sequence[float], digits: int = 4) -> str:
    """Mean ± half-width, or the mean alone."""
    half = half_width(values)
    mean = f"{np.mean(values):.{digits}f}"
    return mean if half is None else f"{mean} ± {half:.{digits}f}"


def band(curves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % percentile-bootstrap interval of the mean of curves (seeds, points), seeds drawn with replacement."""
    drawn = np.random.default_rng(0).integers(0, len(curves), (2000, len(curves)))
    low, high = np.percentile(curves[drawn].mean(axis=1), [2.5, 97.5], axis=0)
    return low, high
