"""A run is tied to what its task is made of: the task as it is now is taken where it is still that, and refused by name where not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from graph.config import Config
from memory.files import write_whole
from memory.ledger import Ledger
from memory.runs import handle
from tasks import Data, Table, Task, load_task, task_names
from tasks.content import TOLD, changes


class ContentError(Exception):
    """The task is not what the run was made with, or is not where it was; one line for the user."""


class Held(NamedTuple):
    """The task of a run, found to be the one that it was made with."""

    task: Task
    data: Data | Table
    note: str  # what a user should know: that nothing could be compared; else empty


def hold(ledger: Ledger, config: Config, folder: Path, place: str = "", asks: bool = True) -> Held:
    """The run's task with its data, as the run goes on with it. `place` says where the task's folder is now, and is kept.

    What models are told may differ where none will be asked. A ledger of before content was kept takes the task as it is.
    Raises ContentError, TaskError.
    """
    meta = ledger.meta()
    task = task_of(meta, config, folder, place)
    data = task.prepare()
    now = task.content(data, config.fidelity)
    note = ""
    if "content" in meta:
        refuse_other(meta, now, task, folder, asks)
    else:
        note = unknown(folder, task)
        with ledger.transaction():
            ledger.set_meta("content", now)
            ledger.add_event("warning", {"about": "content", "why": note})
    if place:
        write_config(config.model_copy(update={"task": named(place, task)}), folder)
    return Held(task, data, note)


def task_of(meta: Mapping[str, Any], config: Config, folder: Path, place: str = "") -> Task:
    """The run's task under the name that it had when the run began, wherever it lies. Raises ContentError, TaskError."""
    said = place or config.task
    if not place and said not in task_names() and not Path(said).expanduser().exists():
        raise ContentError(
            f"the task of run '{handle(folder)}' is not at {said} any more; put it back, or say where it is with --task"
        )
    task = load_task(said)
    return replace(task.with_data(config.data), name=meta.get("task", task.name))


def refuse_other(meta: Mapping[str, Any], now: dict[str, str], task: Task, folder: Path, asks: bool = True) -> None:
    """Raises ContentError with each part of the task that is not what this run's ledger keeps of it."""
    kept = {part: text for part, text in meta.get("content", {}).items() if asks or part not in TOLD}
    if not (found := changes(kept, now)):
        return
    name = handle(folder)
    source = task.data_options.get("source")
    place = f"{task.folder}" + (f" with data from {source}" if source else "")
    cure = f"put back what it was on {meta['created'][:10]} (evolve {meta.get('version', '')})"
    if set(found) & set(task.files):
        cure += f", its program by 'evolve export {name} seed'"
    raise ContentError(
        f"run '{name}' was made with another {', another '.join(found)} than its task at {place} has now; {cure}, or start a new run"
    )


def unknown(folder: Path, task: Task) -> str:
    """What to tell of a run whose ledger keeps nothing of its task."""
    return (
        f"run '{handle(folder)}' is of before content was kept: whether its task is still what it measured is not known; "
        f"the task at {task.folder} is taken as it is now"
    )


def named(said: str, task: Task) -> str:
    """What settings call this task so that it is found from any working folder: the name of one of ours, or a path."""
    return said if said in task_names() else str(task.folder)


def write_config(config: Config, folder: Path) -> None:
    """The run's complete settings in its folder, there whole or not at all."""
    write_whole(folder / "config.toml", config.dump().encode())
