"""MNIST-1D, generated on this machine by its authors' package: no download, equal to the published set.

Greydanus and Kobak, "Scaling Down Deep Learning with MNIST-1D", 2020/2024.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from tasks.split import stratified

FRESH = 10_000  # a number here, no option: another one would make the cached data anew


def make(options: dict[str, Any]) -> dict[str, np.ndarray]:
    """The six arrays: inputs float32 (n, 40), labels int64 (n,); validation is cut from the 4,000 training signals.

    The cut is stratified (each class gives its share) and depends on `split_seed` alone.
    """
    made = _generate()
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


def fresh(options: dict[str, Any], seed: int) -> dict[str, np.ndarray]:
    """10,000 signals that nobody has published: the authors' generator, from this seed, 1,000 of each class.

    Centred and scaled over themselves, as the published 5,000 are.
    """
    drawn = int(np.random.SeedSequence(seed).generate_state(1)[0])  # the package takes 32 bits
    made = _generate(num_samples=FRESH, seed=drawn)
    x, y = (np.concatenate([made[name], made[f"{name}_test"]]) for name in "xy")
    return {"x": x.astype(np.float32), "y": y.astype(np.int64)}


def _generate(**changes: int) -> dict[str, np.ndarray]:
    """What the package makes with these of its arguments changed; the published set without."""
    from mnist1d.data import get_dataset_args, make_dataset

    arguments = get_dataset_args()
    for name, value in changes.items():
        setattr(arguments, name, value)
    # The package seeds the global generators; give them back as they were.
    numpy_state, python_state = np.random.get_state(), random.getstate()
    try:
        return make_dataset(arguments)
    finally:
        np.random.set_state(numpy_state)
        random.setstate(python_state)
