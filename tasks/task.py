"""The records of a task, as the rest of the system sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tasks.data import Data, prepare
from tasks.scoring import score

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Objective:
    """One named number to minimise or maximise."""

    name: str
    unit: str
    goal: Literal["min", "max"]
    reference: float  # worst corner for the hypervolume


@dataclass(frozen=True)
class Fidelity:
    """How much is spent on one evaluation."""

    name: str
    settings: dict[str, Any]  # handed to the harness: steps, batch, every
    timeout_s: float
    memory_mb: int


@dataclass(frozen=True)
class Task:
    """What is optimised. The first objective is the metric on validation; the host measures the others by name."""

    # identity
    name: str
    title: str
    description: str
    folder: Path
    # code
    files: dict[str, str]  # the seed program: file name -> text, entry program.py
    harness: str  # text of the file that trains, run inside the sandbox
    # measure
    objectives: tuple[Objective, ...]
    metric: str
    noise: dict[str, float]  # objective -> a change up to this size may be chance
    # budget
    fidelities: dict[str, Fidelity]
    default_fidelity: str
    # what a program must keep to
    roots: tuple[str, ...]  # names that the harness calls
    contract: str  # one sentence for the prompt
    imports: tuple[str, ...]  # top-level modules a program may import
    # handed to make() of data.py
    data_options: dict[str, Any] = field(default_factory=dict)

    def prepare(self, cache: Path | None = None) -> Data:
        """The data of the task, made once and kept; see `tasks.data.prepare`. Raises TaskError."""
        return prepare(self.name, self.folder, self.data_options, cache)

    def score(self, predictions: np.ndarray, labels: np.ndarray) -> float:
        """Predictions against labels by the task's metric. Raises ScoreError with the failure kind."""
        return score(self.metric, predictions, labels)
