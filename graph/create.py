"""How a run is made: its settings checked and completed, its folder with an empty ledger."""

from __future__ import annotations

import os
import secrets
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from graph.castable import check_cast, check_endpoints
from graph.config import Config, ConfigError
from graph.content import named, refuse_other, task_of, unknown, write_config
from graph.soundness import check_text
from memory.embedders import make_embedder
from memory.files import sync_folder
from memory.goal import misnamed
from memory.ledger import Ledger, LedgerError
from memory.numbers import bare
from memory.runs import UNFINISHED, identity
from memory.shared import open_shared, placed
from tasks import Task, load_task


class RunError(Exception):
    """The run cannot start or go on; one line for the user."""


def create(config: Config, folder: Path, replay_of: Path | None = None) -> tuple[str, ...]:
    """A new run's folder with its complete settings and an empty ledger; what may be a mistake in the task's data, a line each.

    A replay takes every reply, loan and swap of personas from the run `replay_of`, also when it is resumed; its task must still be
    what that run was made with. Raises RunError, ConfigError, ContentError, TaskError, PersonaError.
    """
    source = meta_of(replay_of) if replay_of else {}
    task = task_of(source, config, replay_of) if replay_of else load_task(config.task).with_data(config.data)
    check_cast(config)
    if not replay_of:
        check_endpoints(config)
    data = {key: task.data_options[key] for key in config.data}  # paths made absolute, numbers as numbers
    memory = config.memory.model_copy(update={"shared": placed(config.memory.shared)})
    fidelity = config.fidelity or task.default_fidelity
    changed = {"task": named(config.task, task), "memory": memory, "fidelity": fidelity, "data": data}
    config = config.model_copy(update=changed)
    if fidelity not in task.fidelities:
        raise ConfigError(f"task '{task.name}' has no fidelity '{fidelity}'; it has: {', '.join(task.fidelities)}")
    _check_goals(config, task)
    # a task that is not sound, data and a shared memory that cannot be had are told before anything of the run is written
    for _ in check_text(task):
        pass
    prepared = task.prepare()
    content = task.content(prepared, fidelity)
    if replay_of:
        refuse_other(source, content, task, replay_of)
    try:
        make_embedder(memory.embedder)
    except LedgerError as e:
        raise ConfigError(f"memory.embedder: {e}") from e
    if memory.shared and not replay_of:
        try:
            open_shared(memory.shared, memory.embedder).close()
        except LedgerError as e:
            raise ConfigError(f"memory.shared: {e}") from e
    config.dump().encode()  # a path that is no text is told before anything is written
    meta = {**_meta(config, task, folder), "content": content}
    if replay_of:
        meta |= {"replay_of": str(replay_of.absolute()), "replay_of_id": identity(source)}
    with _made_whole(folder) as place:
        write_config(config, place)
        with Ledger.create(place / "ledger.sqlite", meta) as ledger:
            if replay_of and "content" not in source:
                ledger.add_event("warning", {"about": "content", "why": unknown(replay_of, task)})
    return prepared.doubts


def _check_goals(config: Config, task: Task) -> None:
    """Nothing, when every objective that the settings name is one of the task's; else ConfigError."""
    aim, goals = config.aim, {o.name: o.goal for o in task.objectives}
    for setting, text in (("budget.until", config.budget.until), ("aim.require", aim.require)):
        if text and (why := misnamed(setting, text, list(goals))):
            raise ConfigError(why)
    for setting, names in (
        ("first", [aim.first] if aim.first else []),
        ("weights", aim.weights),
        ("reference", aim.reference),
    ):
        if other := [name for name in names if name not in goals]:
            raise ConfigError(
                f"aim.{setting}: the task has no objective {', '.join(other)}; it has: {', '.join(goals)}"
            )
    for name, value in aim.reference.items():
        if goals[name] == "min" and value <= 0:
            raise ConfigError(
                f"aim.reference: {name} is minimised from its reference to 0, so expected above 0; came {bare(value)}"
            )


@contextmanager
def _made_whole(folder: Path) -> Iterator[Path]:
    """A folder to fill, which becomes `folder` at the end: a run's folder is there with all that it needs, or not at all."""
    taken = RunError(
        f"run '{folder.name}' exists already; go on with 'evolve resume {folder.name}', or choose another --name"
    )
    if folder.exists():
        raise taken
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        for left in folder.parent.glob(f"{UNFINISHED}*"):
            if not _alive(left.name.rpartition("-")[2]):
                shutil.rmtree(left, ignore_errors=True)  # of a process that was killed here
        place = folder.parent / f"{UNFINISHED}{folder.name}-{os.getpid()}"
        place.mkdir()
    except OSError as e:
        raise RunError(
            f"cannot make the run's folder '{folder}': {e.strerror}; choose another place with EVOLVE_RUNS"
        ) from e
    try:
        yield place
        try:
            place.rename(folder)
        except OSError:
            raise taken from None
        sync_folder(folder.parent)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _alive(pid: str) -> bool:
    return pid.isdigit() and Path("/proc", pid).exists()


def meta_of(folder: Path) -> dict[str, Any]:
    with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
        return ledger.meta()


def _meta(config: Config, task: Task, folder: Path) -> dict[str, Any]:
    return {
        "id": secrets.token_hex(8),
        "run": folder.name,
        "task": task.name,
        "strategy": config.search.strategy,
        "seed": config.seed,
        "fidelity": config.fidelity,
        "version": version("guided-evolution"),
        "objectives": [
            {
                "name": o.name,
                "unit": o.unit,
                "goal": o.goal,
                "reference": config.aim.reference.get(o.name, o.reference),
                "worst": o.reference,
                "noise": task.noise.get(o.name, 0.0),
            }
            for o in task.objectives
        ],
        "aim": config.aim.model_dump(include={"require", "first", "weights"}),
        "planned": config.search.children,
        "least": task.least(config.search.reruns),  # trainings of whatever is reported
    }


def read_config(folder: Path) -> Config:
    """The settings that the run was started with."""
    path = folder / "config.toml"
    try:
        return Config.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as e:
        raise RunError(f"run '{folder.name}' has no readable config.toml ({e}); was it made by 'evolve run'?") from e
