"""Evolution of Thought as it was published: an elite's segment beside the seed's, with no number (LLM Guided Evolution, 3.3)."""

from __future__ import annotations

import random
from collections.abc import Sequence

import genome
from memory.records import Candidate


def draw_pair(seed: Candidate, elites: Sequence[Candidate], rng: random.Random) -> tuple[str, ...]:
    """An elite drawn uniformly and the first of its segments, in a drawn order, that differs from the seed's.

    As ids; empty when every elite is the seed in other words.
    """
    able = [one for one in elites if genome.changed_segments(seed.files, one.files)]
    if not able:
        return ()
    elite = rng.choice(able)
    names = genome.changed_segments(seed.files, elite.files)
    rng.shuffle(names)
    return elite.id, names[0]
