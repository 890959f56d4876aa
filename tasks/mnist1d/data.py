"""MNIST-1D, generated on this machine by its authors' package: no download, equal to the published set.

Greydanus and Kobak, "Scaling Down Deep Learning with MNIST-1D", 2020/2024.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from tasks.split import stratified


def make(options: dict[str, Any]) -> dict[str, np.ndarray]:
    """The six arrays: inputs float32 (n, 40), labels int64 (n,); validation is cut from the 4,000 training signals.

    The cut is stratified (each class gives its share) and depends on `split_seed` alone.
    """
    from mnist1d.data import get_dataset_args, make_dataset

    # The package seeds the global generators; give them back as they were.
    numpy_state, python_state = np.random.get_state(), random.getstate()
    try:
        made = make_dataset(get_dataset_args())
    finally:
        np.random.set_state(numpy_state)
        random.setstate(python_state)
    x, y = made["x"].astype(np.float32), made["y"].astype(np.int64)
    validation = stratified(y, int(options["validation"]), np.random.default_rng(int(options["split_seed"])))
    train = np.setdiff1d(np.arange(len(y)), validation)
    return {
        "train_x": x[train],
        "train_y": y[train],
        "val_x": x[validation],
        "val_y": y[validation],
        "test_x": made["x_test"].astype(np.float32),
        "test_y": made["y_test"].astype(np.int64),
    }
