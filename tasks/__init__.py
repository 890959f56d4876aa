"""What is optimised: one folder a task (seed program, harness, data, objectives, budget) and the loader.

A task is trusted, like any code that you run; the programs that come of it are not. See docs/tasks.md.
"""

from __future__ import annotations

from tasks.data import Data
from tasks.errors import ScoreError, TaskError
from tasks.load import load_task, task_names
from tasks.new import write_scaffold
from tasks.task import Fidelity, Objective, Task

__all__ = [
    "Data", "Fidelity", "Objective", "ScoreError", "Task", "TaskError", "load_task", "task_names", "write_scaffold",
]  # fmt: skip
