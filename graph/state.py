"""What is checkpointed: ids and counters. Code, replies and outcomes live in the ledger."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypedDict

from agents.contract import Author, Examiner, Rephraser, Reviewer
from graph.arms import Tallies, TrialBook
from graph.config import Config
from graph.course import Course
from graph.pool import Pool
from graph.rhythm import Rhythm
from graph.strategies.contract import Strategy
from memory.index import Index
from memory.ledger import Ledger, LedgerError
from memory.records import Selection
from memory.seeds import generator
from tasks import Task


class RunState(TypedDict):
    """Between two supersteps of a run."""

    number: int  # of the ask, and of the commit that follows it
    children: list[str]  # that were asked for
    landed: list[str]  # what the commit takes in, in its order


class ChildState(TypedDict, total=False):
    """Of one child on its way from proposal to outcome."""

    candidate: str
    attempt: int
    verdict: Literal["fit", "mend", "dead", "done"]


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
    way: Any  # the compiled graph of one child
    pool: Pool
    course: Course
    rhythm: Rhythm
    trials: TrialBook

    @property
    def least(self) -> int:
        """Trainings that an elite of this run rests on."""
        return self.task.least(self.config.search.reruns)

    def closed(self, number: int) -> Selection:
        """How a commit ended; only asked of one that did."""
        found = self.ledger.selection(number)
        if found is None:
            raise LedgerError(
                f"commit {number} has no selection in {self.ledger.path}; was the ledger changed by hand?"
            )
        return found

    def tallies(self, upto: int) -> Tallies:
        """What came of each arm of the role play up to this commit."""
        self.trials.follow(self.ledger, upto)
        return self.trials.tallies

    def draw(self, *purpose: object) -> random.Random:
        """A generator of its own for every purpose, from the run's seed: no draw depends on how many came before."""
        return generator(self.config.seed, *purpose)
