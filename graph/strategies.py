"""The strategies by name."""

from __future__ import annotations

import genome
from graph.baselines import Independent, OnePlusOne, RandomParents, Sequential
from graph.config import Search
from graph.guided_evolution import GuidedEvolution
from graph.strategy import Strategy
from tasks import Task

_BY_NAME = {
    "guided-evolution": GuidedEvolution,
    "random-parents": RandomParents,
    "one-plus-one": OnePlusOne,
    "independent": Independent,
    "sequential": Sequential,
    "random-edits": Independent,  # it differs in who is asked: see `graph.config.Config`
}


def make_strategy(search: Search, task: Task) -> Strategy:
    """The strategy that the settings name, for this task's objectives and segments."""
    return _BY_NAME[search.strategy](search, task.objectives, list(genome.segments(task.files)))
