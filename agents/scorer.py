"""What the host makes of a training's frames: scores as they come, weights and sealed test predictions as they stand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from agents.blame import of_candidate
from agents.racing import Race
from agents.written import stored_parameters
from sandbox.contract import Frame
from tasks import Data, ScoreError, Task

if TYPE_CHECKING:
    import numpy as np


_MOST_STEPS = 1 << 53  # above it not every whole number is one in double precision
_MOST_TOLD = 1e300  # size of a hint; what is not a number is not below it


class Scorer:
    """Receives a job's frames: scores validation predictions as they come, keeps the test predictions unread."""

    def __init__(self, task: Task, data: Data, race: Race | None = None) -> None:
        self._task, self._labels, self._race = task, data.labels, race
        self.clear()

    def clear(self) -> None:
        self.curve: list[dict[str, float]] = []
        self.weights: dict[str, np.ndarray] | None = None
        self.val: np.ndarray | None = None
        self.test: np.ndarray | None = None
        self.failure: tuple[str, str] | None = None

    def __call__(self, frame: Frame) -> bool:
        """Whether the training should go on. Whatever cannot be used ends it as a failure of the candidate's."""
        try:
            return of_candidate(self._take, frame)
        except ScoreError as e:
            self.failure = (e.failure, str(e))
            return False

    def _take(self, frame: Frame) -> bool:
        scores = frame.arrays.get("scores")
        if frame.kind == "weights":
            self.weights = frame.arrays
        if frame.kind != "predict" or scores is None:
            return True
        if frame.meta.get("split") == "test":
            try:
                self._task.score(scores, self._labels["test"])  # only that it can be; the number stays sealed
            except ScoreError as e:
                raise ScoreError(e.failure, f"the test predictions: {e}") from e
            self.test = scores
        elif frame.meta.get("split") == "val":
            score = self._task.score(scores, self._labels["val"])
            if not math.isfinite(score):
                raise ScoreError("nan", f"the score of the validation predictions is {score}")
            point = {"step": _step(frame.meta.get("step", 0)), "score": score}
            self.curve.append(point | _hint("train_loss", frame.meta.get("train_loss")))
            self.val = scores
            if self._race and (why := self._race.hopeless(self.curve)):
                self.failure = ("stopped", why)
                return False
        return True

    def objectives(self) -> dict[str, float]:
        """Every objective of the task, measured on this side. Raises ScoreError."""
        there = {
            "validation predictions": bool(self.curve),
            "weights": bool(self.weights),
            "test predictions": self.test is not None,
        }
        if missing := [name for name, came in there.items() if not came]:
            raise ScoreError("contract", f"training ended without {' and '.join(missing)}")
        measured = {"params": float(stored_parameters(self.weights or {}))}
        measured |= {o.name: self.curve[-1]["score"] for o in self._task.objectives[:1]}
        return {o.name: measured[o.name] for o in self._task.objectives if o.name in measured}

    def files(self) -> dict[str, bytes]:
        """What is kept of a training, as safetensors by name: weights, validation and sealed test predictions."""
        from safetensors.numpy import save

        kept = {
            "weights": self.weights,
            "val_predictions": {"scores": self.val} if self.val is not None else None,
            "test_predictions": {"scores": self.test} if self.test is not None else None,
        }
        return {name: save(arrays) for name, arrays in kept.items() if arrays}


def _step(told: object) -> float:
    """The step of a point of the curve, as a number that is one. Raises ScoreError."""
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told <= _MOST_STEPS:
        raise ScoreError("contract", f"the step of a predict frame is a number from 0, got {told!r:.60}")
    return float(told)


def _hint(name: str, told: object) -> dict[str, float]:
    """A number that the program's side tells of itself, where it is one: for its author to read, never part of a score."""
    if isinstance(told, bool) or not isinstance(told, int | float) or not -_MOST_TOLD < told < _MOST_TOLD:
        return {}
    return {name: float(told)}
