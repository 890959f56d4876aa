"""How much work a program took: building, training and predicting apart, as the worker's frames tell from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from sandbox.contract import Frame


@dataclass(frozen=True)
class Work:
    """Seconds that a training took up to some validation predictions."""

    build_s: float
    train_s: float
    predict_s: float  # of all the predictions made
    looks: int  # how often validation predictions were made

    def step_s(self, every: int) -> float:
        """Of one training step, `every` of which lie between two looks."""
        return self.train_s / (every * self.looks)


def work_of(frames: Sequence[Frame], clock: str = "cpu_s") -> Work | None:
    """The work that these frames tell of; None where the harness does not say when it begins to train and to predict."""
    build_s, train_s, predict_s, looks = None, 0.0, 0.0, 0
    before = 0.0
    trained = False
    for frame in frames:
        now = float(getattr(frame, clock))
        if build_s is None:
            if frame.kind == "built":
                build_s, before = now, now
        elif frame.kind == "progress" and not trained:
            train_s, before, trained = train_s + now - before, now, True
        elif frame.kind == "predict" and trained and frame.meta.get("split") == "val":
            predict_s, before, trained, looks = predict_s + now - before, now, False, looks + 1
    return Work(build_s, train_s, predict_s, looks) if build_s is not None and looks else None
