"""A table task: its outcome is looked up or computed on the host, from the program's text, by its author's own `evaluate.py`.

The program is read, never run. See docs/tasks.md, "Table tasks".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from tasks.code import call
from tasks.errors import TaskError

SCRIPT = "evaluate.py"
FIDELITY = "table"  # the one profile that a table task has


@dataclass(frozen=True)
class Table:
    """The functions of a task's evaluate.py, and what its prepare(options) loaded."""

    note: str  # one line: what the outcomes are taken from
    loaded: Any
    evaluator: Callable[[dict[str, str], Any, int], Any]
    tester: Callable[[dict[str, str], Any], Any] | None = None
    doubts: tuple[str, ...] = field(default=())  # none: nothing is cast or cut here

    def evaluate(self, files: Mapping[str, str], seed: int) -> Any:
        """What evaluate(files, data, seed) says of this program, as it comes. May raise whatever its author's code raises."""
        return self.evaluator(dict(files), self.loaded, seed)

    def test(self, files: Mapping[str, str]) -> float | None:
        """The first objective on the test split by test(files, data); None where the task has none. May raise likewise."""
        return None if self.tester is None else float(self.tester(dict(files), self.loaded))


def load_table(folder: Path, options: dict[str, Any]) -> Table:
    """The evaluator of the task in `folder`, with its table loaded once. Raises TaskError."""
    source = folder / SCRIPT

    def made(module: ModuleType) -> Table:
        found = {name: getattr(module, name, None) for name in ("evaluate", "prepare", "test", "note")}
        if not callable(evaluate := found["evaluate"]):
            raise TaskError("expected a function evaluate(files, data, seed) that returns every objective, found none")
        loaded = found["prepare"](dict(options)) if callable(found["prepare"]) else dict(options)
        said = found["note"](loaded) if callable(found["note"]) else f"computed by {SCRIPT}"
        return Table(" ".join(str(said).split()), loaded, evaluate, found["test"] if callable(found["test"]) else None)

    return call(source, "prepare(options)", made)
