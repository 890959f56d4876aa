"""When the Critic reflects: after as many new children as a population has, one reflection at a time."""

from __future__ import annotations

from collections.abc import Iterable

from memory.names import thought
from memory.records import Commit


class Rhythm:
    """Follows the commits of a run from the first."""

    def __init__(self, least: int, overlap: bool) -> None:
        """`least` new children call for a reflection. With `overlap` it is under way until a commit takes its lessons in."""
        self._least, self._overlap, self._new = least, overlap, 0
        self.begun = self.since = 0  # the commit after which the last reflection began, and the one before it
        self.under_way = False

    def follow(self, commits: Iterable[Commit]) -> None:
        """Take in the next commits."""
        for commit in commits:
            if thought(self.begun) in commit.findings:
                self.under_way = False
            self._new += len(commit.children) if commit.number else 0
            if self._new >= self._least and not self.under_way:
                self.begun, self.since, self._new = commit.number, self.begun, 0
                self.under_way = self._overlap
