"""How predictions are scored: on the host, from bytes that an untrusted program wrote, against labels it never saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.errors import ScoreError

if TYPE_CHECKING:
    import numpy as np

METRICS = ("error_percent", "mse")  # smaller is better in both
FORMAT = 1  # of what a score means; raised whenever the same predictions would be scored otherwise


def score(metric: str, predictions: np.ndarray, labels: np.ndarray) -> float:
    """The score of `predictions` under `metric`.

    error_percent: class scores (N, C) against labels (N,), the share of examples whose best class is wrong, in percent.
    A tie counts as wrong: equal scores for all classes name no class.
    mse: numbers of the labels' own shape (a last axis of one is forgiven), mean squared error.

    Raises:
        ScoreError: `contract` for a wrong shape or type, `nan` for numbers that are not finite.
    """
    return float(losses(metric, predictions, labels).mean())


def losses(metric: str, predictions: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """What each example (N,) adds to the score, which is their mean. Raises ScoreError as `score` does."""
    import numpy as np

    if metric not in METRICS:
        raise ValueError(f"expected a metric of {', '.join(METRICS)}, got {metric!r}")
    if not np.issubdtype(predictions.dtype, np.floating):
        raise ScoreError("contract", f"expected predictions as floating-point numbers, got {predictions.dtype}")
    if metric == "mse":
        if predictions.shape == (*labels.shape, 1):
            predictions = predictions[..., 0]
        if predictions.shape != labels.shape:
            raise ScoreError("contract", f"expected predictions of shape {labels.shape}, got {predictions.shape}")
    else:
        classes = int(labels.max()) + 1
        if predictions.ndim != 2 or len(predictions) != len(labels) or predictions.shape[1] < classes:
            wanted = f"({len(labels)}, {classes})"
            raise ScoreError("contract", f"expected class scores of shape {wanted}, got {predictions.shape}")
    if not np.isfinite(predictions).all():
        bad = int((~np.isfinite(predictions)).sum())
        raise ScoreError("nan", f"{bad} of {predictions.size} predictions are not finite")
    if metric == "mse":
        squares: np.ndarray = (predictions.astype(np.float64) - labels) ** 2
        return squares.reshape(len(squares), -1).mean(axis=1)
    best = predictions.max(axis=1, keepdims=True)
    right = (predictions == best).sum(axis=1) == 1
    right &= predictions.argmax(axis=1) == labels
    return np.where(right, 0.0, 100.0)


def chance(metric: str, labels: np.ndarray) -> float:
    """The score of whoever says the same of every example, the best that can be said."""
    import numpy as np

    if metric == "mse":
        return float(np.mean((labels - labels.mean(axis=0)) ** 2))
    return float(100.0 * (1.0 - np.unique(labels, return_counts=True)[1].max() / len(labels)))
