"""Whether two sets of predictions are the same predictions: the same decisions, and scores that agree row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

AGREEING = 0.999  # share of scores that must agree
DECIDED = 0.995  # share of examples whose best class must be the same, however near the next one is
_NEAR = 1e-2  # of a score, and of its row's spread
_FLAT = 1e-3  # of the usual spread of a row: less is rounding


def differs(found: np.ndarray | None, told: np.ndarray, classes: bool) -> str:
    """How the predictions `found` differ from those that were told; empty when they agree.

    Class scores (N, C): the best class must be the same, since that is what is scored; and the scores must agree less the middle of
    their row, against the spread of their own row between its quartiles. So what is added to all scores of an example decides
    nothing, and large numbers of one example or one class hide no other's. Numbers are compared against the spread of all.
    """
    import numpy as np

    if found is None or found.shape != told.shape:
        return f"no predictions of shape {told.shape} came"
    if not (np.isfinite(told).all() and np.isfinite(found).all()):
        return "scores are not finite"
    a, b = found.astype(np.float64), told.astype(np.float64)
    if classes:
        decided = float(np.mean(a.argmax(axis=1) == b.argmax(axis=1)))
        if decided < DECIDED:
            return f"{100 * (1 - decided):.1f} % of the decisions are not those of the training"
        a, b = (values - np.median(values, axis=1, keepdims=True) for values in (a, b))
        low, high = np.percentile(b, [25, 75], axis=1, keepdims=True)
        spread = np.maximum(high - low, _FLAT * np.median(high - low))
    else:
        low, high = np.percentile(b, [25, 75])
        spread = np.maximum(high - low, 1e-9)
    near = float(np.mean(np.abs(a - b) <= _NEAR * np.abs(b) + _NEAR * spread))
    if near < AGREEING:
        return f"{100 * (1 - near):.1f} % of the scores are not those of the training"
    return ""
