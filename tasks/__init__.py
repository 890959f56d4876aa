"""What is optimised: one folder a task (seed program, harness, data, objectives, budget) and the loader.

A task is trusted, like any code that you run; the programs that come of it are not. See docs/tasks.md.
"""

from __future__ import annotations

from tasks.data import Data
from tasks.errors import ScoreError, TaskError
from tasks.literals import literal, literals
from tasks.load import load_task, task_names
from tasks.new import write_scaffold
from tasks.table import Table
from tasks.task import Fidelity, Objective, Task

__all__ = [
    "Data", "Fidelity", "Objective", "ScoreError", "Table", "Task", "TaskError", "literal", "literals", "load_task", "task_names",
    "write_scaffold",
]  # fmt: skip
