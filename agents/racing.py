"""Racing: successive halving on validation scores as they stream in, decided on the host (ASHA; Li et al. 2020, section 3.2).

A child is held against programs that were committed when it was ordered, so that what is stopped does not depend on who is quicker; and
only against those that are no larger, so that a small network is not stopped for being less accurate than a large one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from memory.numbers import bare


class Rival(NamedTuple):
    """A program that was trained to the end."""

    size: int | None  # parameters, as its check said
    curve: tuple[tuple[float, float], ...]  # (step, validation score), smaller scores are better

    def at(self, step: float) -> float | None:
        """Its score at the first look at or after this step."""
        return next((score for at, score in self.curve if at >= step), None)


class Race(NamedTuple):
    """Whether a training is worth going on with. One for each child."""

    steps: int  # of a whole training
    rungs: tuple[float, ...]  # shares of the steps at which a child is looked at
    keep: float  # share of the rivals that a child must be among
    least: int  # with fewer rivals there is no race
    margin: float  # it may be worse than these by so much, since scores are noisy
    rivals: tuple[Rival, ...]
    size: int | None

    def hopeless(self, curve: Sequence[Mapping[str, float]]) -> str:
        """Why the training should stop now, after the last point of its curve; empty when it should go on."""
        now, score = curve[-1]["step"], curve[-1]["score"]
        before = curve[-2]["step"] if len(curve) > 1 else 0.0
        reached = [share * self.steps for share in self.rungs if before < share * self.steps <= now < self.steps]
        if not reached:
            return ""
        peers = [r for r in self.rivals if self.size is None or r.size is None or r.size <= self.size]
        scores = sorted(found for r in peers if (found := r.at(reached[-1])) is not None)
        if len(scores) < max(1, self.least):
            return ""
        cut = scores[math.ceil(len(scores) * self.keep) - 1]
        if score <= cut + self.margin:
            return ""
        return (
            f"stopped at step {bare(now)} of {self.steps}: its score was {bare(score)} there; of {len(scores)} programs no larger "
            f"the better {self.keep:.0%} had {bare(cut)} or less, and {bare(self.margin)} more is allowed for chance"
        )
