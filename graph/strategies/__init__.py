"""The strategies by name: what to make next, and who lives on. Pure, a file each; see `graph.strategies.contract`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import genome
from graph.config import Search
from graph.strategies.contract import Order, Strategy, View
from graph.strategies.greedy import Greedy
from graph.strategies.guided_evolution import GuidedEvolution
from graph.strategies.independent import Independent
from graph.strategies.one_plus_one import OnePlusOne
from graph.strategies.random_parents import RandomParents
from graph.strategies.sequential import Sequential
from graph.strategies.trajectories import Trajectories
from tasks import Objective, Task

__all__ = ["STRATEGIES", "Order", "Strategy", "View", "make_strategy"]

# who makes each: the settings of the search, the objectives and the names of the segments come in
STRATEGIES: dict[str, Callable[[Search, Sequence[Objective], Sequence[str]], Strategy]] = {
    "guided-evolution": GuidedEvolution,
    "trajectories": Trajectories,
    "random-parents": RandomParents,
    "greedy": Greedy,
    "one-plus-one": OnePlusOne,
    "independent": Independent,
    "sequential": Sequential,
    "random-edits": Independent,  # it differs in who is asked: see `graph.config.Config`
}


def make_strategy(search: Search, task: Task) -> Strategy:
    """The strategy that the settings name, for this task's objectives and segments."""
    return STRATEGIES[search.strategy](search, task.objectives, list(genome.segments(task.files)))
