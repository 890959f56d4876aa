"""From a task's folder to a `Task`: task.toml and the files beside it, checked, one clear line for what is wrong."""

from __future__ import annotations

import difflib
import re
import tokenize
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.errors import TaskError
from tasks.table import FIDELITY, SCRIPT
from tasks.task import Fidelity, Objective, Task, placed

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

_HOME = Path(__file__).parent
_SCAFFOLD = "scaffold"
_CODING = re.compile(r"^([ \t\f]*#.*?coding[:=][ \t]*)[-\w.]+")  # PEP 263


def task_names() -> list[str]:
    """Names of the tasks that ship with the package, sorted."""
    return sorted(p.parent.name for p in _HOME.glob("*/task.toml") if p.parent.name != _SCAFFOLD)


def load_task(name_or_path: str | Path) -> Task:
    """The task of this name, or the task in this folder. Only reads text: no code of the task runs.

    Raises:
        TaskError: no such task, or its folder is not as it must be.
    """
    return _read(_find(name_or_path))


def _find(name_or_path: str | Path) -> Path:
    text = str(name_or_path)
    if isinstance(name_or_path, str) and text in task_names():
        return _HOME / text
    folder = Path(name_or_path).expanduser()
    if folder.name == "task.toml":
        folder = folder.parent
    if folder.is_dir():
        if not (folder / "task.toml").is_file():
            raise TaskError(f"{folder}: no task.toml in this folder; `evolve task new NAME` makes one")
        return folder.resolve()
    names = task_names()
    near = difflib.get_close_matches(text, names, n=3, cutoff=0.4) or names
    raise TaskError(f"no task {text!r} and no such folder; nearest: {', '.join(near)} (`evolve task list` shows all)")


def _read(folder: Path) -> Task:
    from pydantic import ValidationError

    from tasks.form import TableForm, TaskForm

    path = folder / "task.toml"
    whole = TableForm if _is_table(folder) else TaskForm
    try:
        form = whole.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except UnicodeDecodeError as e:
        raise TaskError(f"{path}: cannot be read as TOML, which is UTF-8; save it so ({e})") from e
    except (OSError, tomllib.TOMLDecodeError) as e:
        raise TaskError(f"{path}: cannot be read as TOML: {e}") from e
    except ValidationError as e:
        raise TaskError(f"{path}: {_one_line(e, whole)}") from e
    if isinstance(form, TableForm):
        own: dict[str, Any] = {
            "harness": "",
            "evaluator": _text(folder / SCRIPT, "the file that measures"),
            "metric": form.objective[0].name,
            "fidelities": {FIDELITY: Fidelity(FIDELITY, {}, 0.0, 0)},
            "default_fidelity": FIDELITY,
        }
    else:
        own = {
            "harness": _text(folder / "harness.py", f"the file that trains, or {SCRIPT} of a table task"),
            "metric": form.metric,
            "fidelities": {
                n: Fidelity(n, dict(f.settings), f.timeout_s, f.memory_mb) for n, f in form.fidelity.items()
            },
            "default_fidelity": form.default_fidelity,
            "allow_unproven": form.allow_unproven,
        }
    return Task(
        name=folder.name,
        title=form.title,
        description=form.description.strip(),
        folder=folder,
        files={name: _text(folder / name, "a file of the seed program") for name in form.program},
        objectives=tuple(Objective(o.name, o.unit, o.goal, o.reference) for o in form.objective),
        noise={o.name: form.noise.get(o.name, 0.0) for o in form.objective},
        roots=form.roots,
        contract=form.contract.strip(),
        imports=form.imports,
        data_options=placed(form.data, folder),
        **own,
    )


def _is_table(folder: Path) -> bool:
    """Whether the task in this folder is measured by its evaluate.py. Raises TaskError where it has both that and a harness."""
    table, loop = (folder / SCRIPT).is_file(), (folder / "harness.py").is_file()
    if table and loop:
        raise TaskError(
            f"{folder}: harness.py trains programs, {SCRIPT} measures them without training; keep the one that this task is"
        )
    return table


def _text(path: Path, what: str) -> str:
    """A Python file as Python reads it: without a byte order mark, in the encoding that it names."""
    try:
        with tokenize.open(path) as file:
            text, known = file.read(), file.encoding.startswith("utf-8")
    except OSError as e:
        raise TaskError(f"{path}: expected {what}: {e.strerror}") from e
    except (SyntaxError, UnicodeDecodeError) as e:
        cure = "save it as UTF-8, or name its encoding in the first line: # -*- coding: latin-1 -*-"
        raise TaskError(f"{path}: cannot be read as text ({e}); {cure}") from e
    first = [] if known else text.splitlines(keepends=True)[:2]  # from here on it is UTF-8, and must say nothing else
    return "".join(_CODING.sub(r"\1utf-8", line) for line in first) + text[sum(map(len, first)) :]


def _one_line(error: ValidationError, whole: type[BaseModel]) -> str:
    """The first thing that is wrong with task.toml, with the nearest valid key for an unknown one."""
    # an unknown key is often a missing one, misspelt: told first
    first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    place = ".".join(str(part) for part in first["loc"])
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if first["type"] == "extra_forbidden":
        return f"unknown key {place!r}; {_nearest(first, whole)}{more}"
    if first["type"] == "missing":
        return f"the key {place!r} is missing{more}"
    message = first["msg"].removeprefix("Value error, ")
    return f"{place}: {message}{more}" if place else f"{message}{more}"


def _nearest(error: ErrorDetails, whole: type[BaseModel]) -> str:
    from tasks.form import TableForm, TaskForm, keys_at

    key, valid = str(error["loc"][-1]), keys_at(error["loc"][:-1], whole)
    if whole is TableForm and len(error["loc"]) == 1 and key in TaskForm.model_fields:
        return f"it is of tasks that train, and {SCRIPT} makes this a table task: leave it out"
    near = difflib.get_close_matches(key, valid, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"valid keys here: {', '.join(valid)}"
