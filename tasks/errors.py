"""The errors of this room.

Exception
├── TaskError    a task folder or its data is not as it must be: the task's author can cure it
└── ScoreError   what a candidate gave cannot be scored: its own fault, so it carries a failure kind
"""

from __future__ import annotations


class TaskError(Exception):
    """One line: what was expected, what came, the cure."""


class ScoreError(Exception):
    """Predictions, or a program of a table task, that cannot be scored; `failure` is the failure kind of their candidate.

    `contract` and `nan` serve most; of the others `shape`, `memory`, `timeout` and `crash` may be what an evaluator knows.
    """

    def __init__(self, failure: str, message: str) -> None:
        super().__init__(message)
        self.failure = failure
