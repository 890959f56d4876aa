"""The segments that an author may change: one, several of its choice, or all."""

from __future__ import annotations

from collections.abc import Sequence

import genome
from memory.records import Candidate


def scope_of(child: Candidate, parents: Sequence[Candidate]) -> dict[str, str]:
    """The segments that may change, in the order of the program, with their present text in the first parent.

    The child's segment, where it was ordered for one; those in which two parents differ; else all.
    """
    known = genome.segments(parents[0].files)
    if child.segment is not None:
        return {child.segment: known[child.segment]}
    if len(parents) == 2:
        return {name: known[name] for name in genome.changed_segments(parents[0].files, parents[1].files)}
    return known
