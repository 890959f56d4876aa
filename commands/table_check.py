"""What `evolve task check` says of a table task: what its outcomes come from, and what its evaluator makes of the seed program."""

from __future__ import annotations

import time
from collections.abc import Iterator

from agents.table import evaluated
from commands.task_check import Trial
from memory.numbers import number
from memory.records import Evaluation
from tasks import Table, Task, TaskError
from tasks.table import FIDELITY

SEEDS = (0, 1)


def tell_table(table: Table) -> Iterator[tuple[str, str]]:
    """What is to be said of a table that was loaded."""
    yield "table", table.note
    yield "test", "kept for `evolve report`" if table.tester else "none: evaluate.py has no test(files, data)"


def try_evaluator(task: Task, table: Table) -> Trial:
    """The seed evaluated with two seeds, and its test value worked out and not told. Raises TaskError: the evaluator is at fault."""
    trial, found = Trial(), []
    began = time.perf_counter()
    for seed in SEEDS:
        done = evaluated(task, table, task.files, Evaluation("seed", "seed", FIDELITY, seed, "running"))
        if done.failure:
            trial.failure, trial.message = done.failure, done.message
            return trial
        found.append(done.objectives or {})
    took_ms = 1000 * (time.perf_counter() - began) / len(SEEDS)
    if changed := [name for name, value in found[0].items() if found[1][name] != value and not task.noise.get(name)]:
        raise TaskError(
            f"{task.folder}: evaluate() gives another {changed[0]} with another seed, and [noise] of task.toml does not name it; "
            "say there what may be chance, or leave the seed unused"
        )
    try:
        table.test(task.files)
    except Exception as e:  # whatever the task's author wrote
        raise TaskError(f"{task.folder}: test(files, data) fails on the seed with {type(e).__name__}: {e}") from e
    units = {o.name: o.unit for o in task.objectives}
    values = ", ".join(f"{name} {number(value)} {units[name]}".rstrip() for name, value in found[0].items())
    trial.good.append(("evaluate", f"{values}; {number(round(took_ms, 2))} ms an evaluation here"))
    return trial
