"""How many candidates this machine trains at once."""

from __future__ import annotations

import os


def default_slots(cards: int, per_gpu: int = 1) -> int:
    """`per_gpu` slots a card, or one for each core that this process may use where there is no card."""
    return cards * per_gpu or len(os.sched_getaffinity(0))
