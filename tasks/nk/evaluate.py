"""An NK landscape (Kauffman and Levin, "Towards a general theory of adaptive walks on rugged landscapes", 1987) as a table task."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from tasks import ScoreError, literal

COST = {"none": 0, "skip": 1, "pool": 2, "conv1": 4, "conv3": 9}
SEGMENTS = ("STEM", "MIDDLE", "TOP")
PLACES, BEHIND = 12, 3  # N and K


class Landscape(NamedTuple):
    """What each place adds, by its operation and those of the places behind it, and the error of validation."""

    adds: np.ndarray  # (12, 5, 5, 5, 5), uniform in 0..1
    error: float
    name: str


def prepare(options: Mapping[str, Any]) -> Landscape:
    """The table of this landscape."""
    rng = np.random.default_rng(int(options["landscape"]))
    adds = rng.random((PLACES, *[len(COST)] * (BEHIND + 1)))
    return Landscape(adds, float(options["error"]), f"NK landscape {options['landscape']}, N = {PLACES}, K = {BEHIND}")


def note(landscape: Landscape) -> str:
    """Which landscape this is."""
    return landscape.name


def evaluate(files: Mapping[str, str], landscape: Landscape, seed: int) -> dict[str, float]:
    """The loss that validation shows, and the cost. The seed has no say: the same cell has the same error each time."""
    cell = read(files)
    return {"val_loss": loss(cell, landscape) + error(cell, landscape), "cost": float(sum(COST[one] for one in cell))}


def test(files: Mapping[str, str], landscape: Landscape) -> float:
    """The loss itself."""
    return loss(read(files), landscape)


def read(files: Mapping[str, str]) -> list[str]:
    """The twelve operations. Raises ScoreError."""
    cell = []
    for name in SEGMENTS:
        part = literal(files, name)
        if (
            not isinstance(part, list)
            or len(part) != 4
            or any(not isinstance(one, str) or one not in COST for one in part)
        ):
            raise ScoreError("contract", f"{name} must be a list of four of {', '.join(COST)}; got {part!r:.200}")
        cell += part
    return cell


def loss(cell: list[str], landscape: Landscape) -> float:
    """One minus the mean of what the places add."""
    at = [list(COST).index(one) for one in cell]
    added = [landscape.adds[(n, *(at[(n + k) % PLACES] for k in range(BEHIND + 1)))] for n in range(PLACES)]
    return 1.0 - float(np.mean(added))


def error(cell: list[str], landscape: Landscape) -> float:
    """What validation is off by: normal, the same for the same cell."""
    digest = hashlib.sha256(f"{landscape.name} {' '.join(cell)}".encode()).digest()
    return float(landscape.error * np.random.default_rng(int.from_bytes(digest[:8], "big")).standard_normal())
