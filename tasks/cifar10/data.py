"""CIFAR-10 from a folder or a file that the user names: 45,000 training, 5,000 validation and 10,000 test images.

Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from tasks.errors import TaskError
from tasks.split import stratified

_WHOLE = (50_000, 10_000)  # training and test images
_KEYS = ("x_train", "y_train", "x_test", "y_test")
_CURE = (
    "--set data.source=FOLDER with torchvision's CIFAR-10 (and --set data.download=true to fetch it there), "
    "or data.source=FILE.npz with x_train, y_train, x_test, y_test (`evolve task check`: --data source=...)"
)


def make(options: dict[str, Any]) -> dict[str, Any]:
    """Inputs uint8 (n, 3, 32, 32), labels int64 (n,); validation is the share `validation` of the training images.

    The cut is stratified (each class gives its share) and depends on `split_seed` alone. `note` says which images
    these are. Raises TaskError when the source is missing or holds something else.
    """
    if not options["source"]:
        raise TaskError(f"cifar10 needs its images: name them with {_CURE}")
    source = Path(options["source"]).expanduser()
    if source.suffix == ".npz":
        (x, y), (test_x, test_y), name = _from_file(source)
    else:
        (x, y), (test_x, test_y), name = _from_folder(source, bool(options["download"]))
    share = float(options["validation"])
    if not 0 < share < 1:
        raise TaskError(f"cifar10: validation is a share of the training images, above 0 and below 1; got {share:g}")
    held = stratified(y, round(share * len(y)), np.random.default_rng(int(options["split_seed"])))
    kept = np.setdiff1d(np.arange(len(y)), held)
    return {
        "train_x": x[kept],
        "train_y": y[kept],
        "val_x": x[held],
        "val_y": y[held],
        "test_x": test_x,
        "test_y": test_y,
        "note": name if (len(y), len(test_y)) == _WHOLE else f"{name}, {len(y):,}-image prefix",
    }


def _from_file(path: Path) -> tuple[Any, Any, str]:
    """Both sets of an .npz, and what they are: CIFAR-10, unless the file has a text `name` that says otherwise."""
    try:
        with np.load(path, allow_pickle=False) as f:
            if missing := [key for key in _KEYS if key not in f]:
                raise TaskError(f"{path}: expected {', '.join(_KEYS)}; missing: {', '.join(missing)}")
            sets = [_checked(path, f[f"x_{part}"], f[f"y_{part}"]) for part in ("train", "test")]
            name = str(f["name"]) if "name" in f else "CIFAR-10"
    except (OSError, ValueError, zipfile.BadZipFile) as e:
        raise TaskError(f"{path}: no CIFAR-10 there ({getattr(e, 'strerror', None) or e}); use {_CURE}") from e
    return sets[0], sets[1], name


def _from_folder(folder: Path, download: bool) -> tuple[Any, Any, str]:
    from torchvision.datasets import CIFAR10

    if folder.name == CIFAR10.base_folder:  # the folder inside the one that torchvision is told
        folder = folder.parent
    sets = []
    for train in (True, False):
        try:
            found = CIFAR10(str(folder), train=train, download=download)
        except (OSError, RuntimeError) as e:  # not there, not whole, or not to be had from the network
            why = str(e).splitlines()[0] if str(e) else type(e).__name__
            raise TaskError(f"{folder}: no CIFAR-10 there ({why}); use {_CURE}") from e
        sets.append(_checked(folder, found.data, np.asarray(found.targets)))
    return sets[0], sets[1], "CIFAR-10"


def _checked(source: Path, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Images as (n, 3, 32, 32), the order of convolutions, and labels as int64."""
    if x.dtype != np.uint8 or x.shape[1:] != (32, 32, 3) or y.shape != (len(x),):
        expected = "images uint8 (n, 32, 32, 3) and labels (n,)"
        raise TaskError(f"{source}: expected {expected}; got {x.dtype} {x.shape} and {y.shape}")
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2)), y.astype(np.int64)
