"""Whether two sets of predictions are the same predictions: the same decisions, and scores that agree row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

AGREEING = 0.999  # share of scores, and of decisions, that must agree
_NEAR = 1e-2  # of a score, and of its row's spread
_FLAT = 1e-3  # of the usual spread of a row: less is rounding


def differs(found: np.ndarray | None, told: np.ndarray, classes: bool) -> str:
    """How the predictions `found` differ from those that were told; empty when they agree.

    Class scores (N, C) are compared less the mean of their row, against the spread of their own row: what is added to all scores of an
    example decides nothing, and large numbers of one example must not hide another's. Numbers are compared against their spread
    between the quartiles, which outliers do not move.
    """
    import numpy as np

    if found is None or found.shape != told.shape:
        return f"no predictions of shape {told.shape} came"
    if not (np.isfinite(told).all() and np.isfinite(found).all()):
        return "scores are not finite"
    a, b = found.astype(np.float64), told.astype(np.float64)
    decided = 1.0
    if classes:
        a, b = (values - values.mean(axis=1, keepdims=True) for values in (a, b))
        spread = b.std(axis=1, keepdims=True)
        spread = np.maximum(spread, _FLAT * np.median(spread))
        first = np.partition(b, -2, axis=1)[:, -2:]
        clear = (first[:, 1] - first[:, 0]) > _NEAR * spread[:, 0]
        same = a.argmax(axis=1) == b.argmax(axis=1)
        decided = 1.0 - float(np.mean(clear & ~same))
    else:
        low, high = np.percentile(b, [25, 75])
        spread = np.maximum((high - low) / 1.35, 1e-9)
    near = float(np.mean(np.abs(a - b) <= _NEAR * np.abs(b) + _NEAR * spread))
    if near < AGREEING:
        return f"{100 * (1 - near):.1f} % of the scores are not those of the training"
    if decided < AGREEING:
        return f"{100 * (1 - decided):.1f} % of the decisions are not those of the training"
    return ""
