"""The records of a task, as the rest of the system sees it."""

from __future__ import annotations

import contextlib
import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tasks.content import content
from tasks.data import Data, draw_fresh, prepare
from tasks.errors import TaskError
from tasks.made import Fresh
from tasks.scoring import chance, losses, score
from tasks.table import Table, load_table

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

    def for_check(self, harness: str) -> dict[str, Any]:
        """The settings of a check: a harness of an earlier version looks at seven rows of a batch, so it has to have them."""
        few = "model(x[:7])" in harness and self.settings.get("batch", 7) < 7
        return {**self.settings, "batch": 7} if few else self.settings


@dataclass(frozen=True)
class Task:
    """What is optimised. The first objective is the metric on validation; the host measures the others by name.

    Of a table task the host's `evaluator` gives them all: it has no harness, and nothing is trained.
    """

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
    # what an elite must be
    allow_unproven: bool = False  # whether it may be one though its forward pass cannot be followed
    # handed to make() of data.py, or to prepare() of evaluate.py; a `source` is an absolute path
    data_options: dict[str, Any] = field(default_factory=dict)
    evaluator: str = ""  # text of evaluate.py, of a table task alone

    @property
    def is_table(self) -> bool:
        """Whether outcomes are looked up or computed on the host, without a sandbox."""
        return bool(self.evaluator)

    def least(self, reruns: int) -> int:
        """Trainings that an elite rests on, where `reruns` further ones are wanted: one where another would give the same number."""
        exact = self.is_table and not self.noise.get(self.objectives[0].name)
        return 1 if exact else 1 + reruns

    def with_data(self, given: Mapping[str, Any]) -> Task:
        """This task with these options of its data in place of its own; a relative `source` is relative to the working folder.

        A text for an option that is a number or a switch is read as TOML. Raises TaskError: unknown key, wrong type.
        """
        options = dict(self.data_options)
        for key, value in given.items():
            if key not in options:
                near = difflib.get_close_matches(key, options, n=1, cutoff=0.5)
                known = f"it has: {', '.join(options)}" if options else "it has none"
                hint = f"did you mean {near[0]!r}?" if near else known
                raise TaskError(f"task {self.name!r} has no data option {key!r}; {hint}")
            options[key] = _as_that(self.name, key, value, options[key])
        return replace(self, data_options=placed(options, Path.cwd()))

    def prepare(self, cache: Path | None = None) -> Data | Table:
        """What programs are measured by: the data of the task, made once and kept, see `tasks.data.prepare`; of a table task its table,
        loaded each time. Raises TaskError."""
        if self.is_table:
            return load_table(self.folder, self.data_options)
        return prepare(self.name, self.folder, self.data_options, self.metric, cache)

    def fresh(self, seed: int, cache: Path | None = None) -> Fresh | None:
        """New labelled examples (x, y) from this seed; None where data.py has no fresh(options, seed). Raises TaskError.

        Drawn each time, which may take seconds: 2.5 for the 10,000 of `mnist1d`.
        """
        data = prepare(self.name, self.folder, self.data_options, self.metric, cache)
        return draw_fresh(self.folder, self.data_options, seed, self.metric, data)

    def content(self, data: Data | Table, fidelity: str) -> dict[str, str]:
        """What the task is made of, part by part; see `tasks.content`."""
        return content(self, data, fidelity)

    def score(self, predictions: np.ndarray, labels: np.ndarray) -> float:
        """Predictions against labels by the task's metric. Raises ScoreError with the failure kind."""
        return score(self.metric, predictions, labels)

    def losses(self, predictions: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """What each example adds to the score, which is their mean. Raises ScoreError."""
        return losses(self.metric, predictions, labels)

    def chance(self, labels: np.ndarray) -> float:
        """The score of whoever knows nothing but the labels' distribution."""
        return chance(self.metric, labels)


def placed(options: Mapping[str, Any], beside: Path) -> dict[str, Any]:
    """The options with the path `source`, where there is one, made absolute: a relative one is relative to this folder."""
    source = options.get("source")
    if not isinstance(source, str) or not source:
        return dict(options)
    return {**options, "source": str((beside / Path(source).expanduser()).resolve())}


def _as_that(task: str, key: str, value: Any, default: Any) -> Any:
    """The value in the type of the option's default."""
    wanted = type(default)
    if isinstance(value, str) and wanted is not str:
        with contextlib.suppress(tomllib.TOMLDecodeError):  # a bare word is told below, as any value of a wrong type
            value = tomllib.loads(f"v = {value}")["v"]
    if wanted is float and type(value) is int:
        value = float(value)
    if type(value) is not wanted:
        raise TaskError(
            f"task {task!r}: data option {key!r} is of type {wanted.__name__}, e.g. {default!r}; got {value!r}"
        )
    return value
