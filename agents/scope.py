"""The segments that an author may change: one, several of its choice, or all."""

from __future__ import annotations

from collections.abc import Sequence

import genome
from memory.records import Candidate


def scope_of(child: Candidate, parents: Sequence[Candidate]) -> dict[str, str]:
    """The segments that may change, in the order of the program, with their present text in the first parent.

    Those that the child was ordered for; else those in which two parents differ; else all.
    """
    known = genome.segments(parents[0].files)
    asked: Sequence[str] = child.segments or ((child.segment,) if child.segment else ())
    if not asked and len(parents) == 2:
        asked = genome.changed_segments(parents[0].files, parents[1].files)
    return {name: text for name, text in known.items() if name in asked} if asked else known
