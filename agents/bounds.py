"""How large the frames of a run's jobs may be: known before, from the shapes of the task's data and the limits of a training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sandbox.contract import Bound, Limits
from tasks import Data, Task

_PROGRESS = Bound("progress", 10_000, 4 << 10)
_BUILT = Bound("built", 4)
_LAYOUT = Bound("layout", 2, 256 << 10)
_ARRAYS = 8192  # tensors of one network; the deepest have a few thousand
_GRAPH_BYTES = 32 << 20  # two texts of 8 MB, and as much again for constants


def frame_bounds(task: Task, data: Data, settings: Mapping[str, Any], limits: Limits) -> dict[str, tuple[Bound, ...]]:
    """By kind of job (check, train, audit), the only frames that it may send."""
    room = min(limits.memory_mb, limits.frames_mb) << 20
    predictions = min(room, _prediction_bytes(task, data))
    return {
        "check": (Bound("fingerprint", 2), _BUILT, _LAYOUT, _PROGRESS),
        "train": (
            Bound("predict", _looks(settings), arrays=4, array_bytes=predictions),
            Bound("weights", 2, arrays=_ARRAYS, array_bytes=room),
            *(_BUILT, _LAYOUT, _PROGRESS),
        ),
        "audit": (
            Bound("predict", 4, arrays=4, array_bytes=predictions),
            Bound("graph", 2, arrays=4096, array_bytes=_GRAPH_BYTES),
            Bound("step", 2, arrays=2, array_bytes=_GRAPH_BYTES),
            *(_BUILT, _LAYOUT, _PROGRESS),
        ),
    }


def _looks(settings: Mapping[str, Any]) -> int:
    """Predictions of one training: at most twice what its settings say, and one a step where they do not."""
    steps, every = int(settings.get("steps", 1000)), int(settings.get("every", 0))
    return 8 + (2 * math.ceil(steps / every) if every > 0 else steps)


def _prediction_bytes(task: Task, data: Data) -> int:
    """Of the scores of the larger split in double precision: a number for each class, or for each number of a label."""
    import numpy as np

    if task.metric not in ("error_percent", "mse"):  # a task's own metric may take any form
        return 1 << 40
    train = np.load(data.public / "train_y.npy", mmap_mode="r")
    classes = 1
    if task.metric == "error_percent":
        classes += max(int(labels.max()) for labels in (train, *data.labels.values()))
    return max(labels.size * classes * 8 for labels in data.labels.values())
