"""Which further programs an author is shown whole, beside the parents. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

import genome
from graph.pareto import hypervolume
from memory.records import Candidate
from tasks import Objective

_APART = 2  # segments in which a program is another one, not a variant


def company(
    parents: Sequence[Candidate], known: Sequence[Candidate], objectives: Sequence[Objective], most: int
) -> tuple[str, ...]:
    """Ids of at most `most` of the known programs: the best compromise first (the largest share of the box that one dominates alone),
    then the best of those that differ in two segments at least from all that are shown. None of the parents, nor whose code is one's.

    Two or three are said to help and six to hurt small models (NNGPT, arXiv 2512.24120).
    """
    shown = list(parents)
    left = {one.id: one for one in known if one.objectives}
    worth = {one.id: hypervolume([one], objectives) for one in left.values()}
    chosen: list[str] = []
    while len(chosen) < most:
        apart = {
            id: min(len(genome.changed_segments(one.files, other.files)) for other in shown) for id, one in left.items()
        }
        able = [id for id, segments in apart.items() if segments]
        if not able:
            break
        id = max(able, key=lambda id: (min(apart[id], _APART) if chosen else 0, worth[id], id))
        chosen.append(id)
        shown.append(left.pop(id))
    return tuple(chosen)
