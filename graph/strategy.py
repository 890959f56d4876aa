"""What a strategy decides: the plan of a generation and who survives it. Pure: records and a seeded generator in, ids out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from memory.records import Candidate


@dataclass(frozen=True)
class Step:
    """One child to make."""

    operator: Literal["mutate", "cross"]
    parents: tuple[str, ...]
    segment: str | None  # mutation only
    thoughtful: bool = False  # its prompt cites lessons


@dataclass(frozen=True)
class Selection:
    """Who lives on. Ids in a fixed order."""

    population: tuple[str, ...]  # parents of the next generation
    archive: tuple[str, ...]  # the Pareto front of everything ever measured (hall of fame)
    data: dict[str, Any] = field(default_factory=dict)  # for the record: hypervolume and the like


class Strategy(Protocol):
    """Called by `plan` and `select`."""

    def plan(self, generation: int, population: Sequence[Candidate], rng: random.Random) -> list[Step]:
        """The children of a generation, in order."""
        ...

    def select(
        self, population: Sequence[Candidate], children: Sequence[Candidate], archive: Sequence[Candidate]
    ) -> Selection:
        """The survivors among the population and its measured children."""
        ...
