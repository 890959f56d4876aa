"""Every chance of a run comes from its one seed and a purpose, so that no draw depends on how many came before it."""

from __future__ import annotations

import hashlib
import random


def generator(run_seed: int, *purpose: object) -> random.Random:
    """A generator of its own for every purpose."""
    return random.Random(_named(run_seed, purpose))


def seed_for(run_seed: int, *purpose: object) -> int:
    """A seed of 31 bits for what makes its own generator: a model, a training. The same on every machine."""
    return int.from_bytes(hashlib.sha256(_named(run_seed, purpose).encode()).digest()[:4], "big") >> 1


def training_seeds(run_seed: int, times: int) -> list[int]:
    """Seeds of the first so many trainings of a program in a search; that of the first is the run's."""
    return [run_seed, *(seed_for(run_seed, "training", n) for n in range(1, times))][:times]


def fresh_seeds(run_seed: int, times: int) -> list[int]:
    """Training seeds that the search has not used; the first ones of a longer list are those of a shorter one."""
    return [seed_for(run_seed, "fresh", n) for n in range(times)]


def _named(run_seed: int, purpose: tuple[object, ...]) -> str:
    return "/".join(map(str, (run_seed, *purpose)))
