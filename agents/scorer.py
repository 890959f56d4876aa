"""What the host makes of a training's frames: scores as they come, weights and sealed test predictions as they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.racing import Race
from agents.written import stored_parameters
from sandbox.contract import Frame
from tasks import Data, ScoreError, Task

if TYPE_CHECKING:
    import numpy as np


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
        scores = frame.arrays.get("scores")
        if frame.kind == "predict" and scores is not None and frame.meta.get("split") == "val":
            try:
                self.curve.append(
                    {"step": float(frame.meta.get("step", 0)), "score": self._task.score(scores, self._labels["val"])}
                )
            except (ScoreError, TypeError, ValueError) as e:
                self.failure = (getattr(e, "failure", "contract"), str(e))
                return False
            self.val = scores
            if self._race and (why := self._race.hopeless(self.curve)):
                self.failure = ("stopped", why)
                return False
        elif frame.kind == "predict" and scores is not None and frame.meta.get("split") == "test":
            self.test = scores
        elif frame.kind == "weights":
            self.weights = frame.arrays
        return True

    def objectives(self) -> dict[str, float]:
        """Every objective of the task, measured on this side."""
        if not self.curve or self.weights is None or self.test is None:
            missing = [
                n
                for n, v in (
                    ("validation predictions", self.curve),
                    ("weights", self.weights),
                    ("test predictions", self.test),
                )
                if v is None or v == []
            ]
            raise ScoreError("contract", f"training ended without {' and '.join(missing)}")
        measured = {"params": float(stored_parameters(self.weights))}
        measured |= {o.name: self.curve[-1]["score"] for o in self._task.objectives[:1]}
        return {o.name: measured[o.name] for o in self._task.objectives if o.name in measured}
