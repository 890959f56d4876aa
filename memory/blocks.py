"""Time in blocks of children: what was made while the world was much the same is compared, and nothing else."""

from __future__ import annotations

from bisect import bisect_left

from memory.records import Candidate


class Blocks:
    """Which block each child falls into; told of every child in the order of commits."""

    def __init__(self, size: int) -> None:
        """`size` children that were committed make a block full."""
        self._size = size
        self._commits: list[int] = []  # of every child so far, never falling

    def place(self, child: Candidate) -> int:
        """The child's block, by how many were committed when it was ordered.

        So the asks of a small population share a block, and those of a large one are never cut: all children of an ask met the
        same memory. It is fixed before the child is made, and does not depend on who finishes first.
        """
        block = bisect_left(self._commits, child.generation) // self._size
        self._commits.append(child.committed or 0)
        return block
