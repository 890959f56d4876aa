"""The errors of this room.

Exception
├── TaskError    a task folder or its data is not as it must be: the task's author can cure it
└── ScoreError   predictions cannot be scored: the candidate's fault, so it carries a failure kind
"""

from __future__ import annotations

from typing import Literal


class TaskError(Exception):
    """One line: what was expected, what came, the cure."""


class ScoreError(Exception):
    """Predictions that cannot be scored; `failure` is the failure kind of the candidate that made them."""

    def __init__(self, failure: Literal["nan", "contract"], message: str) -> None:
        super().__init__(message)
        self.failure = failure
