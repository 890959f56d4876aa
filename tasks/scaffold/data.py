"""The data. Runs on the host, once: the labels of validation and test never go where programs run."""

import numpy as np


def make(options):
    """Six arrays. `options` is the [data] table of task.toml; a change of it, or of this file, makes the data anew.

    Replace the spirals by your own: np.load("/path/to/data.npz"), torchvision, a CSV. Inputs are float32
    (n, features...), labels int64 (n,) counted from 0, or float32 for the metric "mse".
    """
    rng = np.random.default_rng(options["seed"])
    x, y = spirals(2000, options["noise"], rng)
    return {
        "train_x": x[:1200],
        "train_y": y[:1200],
        "val_x": x[1200:1600],
        "val_y": y[1200:1600],
        "test_x": x[1600:],
        "test_y": y[1600:],
    }


def spirals(count, noise, rng):
    label = rng.integers(0, 3, count)
    radius = np.sqrt(rng.uniform(0.01, 1, count))
    angle = 5 * radius + 2 * np.pi * label / 3
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1) + rng.normal(0, noise, (count, 2))
    return points.astype(np.float32), label.astype(np.int64)
