"""What is checkpointed: ids and counters. Code, replies and outcomes live in the ledger."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypedDict

from agents.contract import Author, Examiner, Rephraser, Reviewer
from graph.config import Config
from graph.strategy import Strategy
from memory.index import Index
from memory.ledger import Ledger, LedgerError
from memory.records import Selection
from tasks import Task


class RunState(TypedDict):
    """Between two supersteps of a run."""

    generation: int
    children: list[str]


class ChildState(TypedDict, total=False):
    """Of one child on its way from proposal to outcome."""

    candidate: str
    attempt: int
    verdict: Literal["fit", "mend", "dead"]


@dataclass(frozen=True)
class Rooms:
    """The services that nodes ask: the run's context, never its state."""

    config: Config
    folder: Path
    task: Task
    ledger: Ledger
    index: Index
    strategy: Strategy
    authors: Mapping[str, Author]  # operator -> who makes such a child
    critic: Reviewer
    scribe: Rephraser
    trainer: Examiner

    def closed(self, generation: int) -> Selection:
        """How a generation ended; only asked of one that did."""
        found = self.ledger.selection(generation)
        if found is None:
            raise LedgerError(
                f"generation {generation} has no selection in {self.ledger.path}; the ledger is older than its checkpoint"
            )
        return found

    def draw(self, *purpose: object) -> random.Random:
        """A generator of its own for every purpose, from the run's seed: no draw depends on how many came before."""
        return random.Random("/".join(map(str, (self.config.seed, *purpose))))
