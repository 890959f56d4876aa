"""What a task is made of, part by part, so that a run can tell whether its task is still the one that it began with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.beside import code_of
from tasks.scoring import FORMAT
from tasks.table import SCRIPT, Table

if TYPE_CHECKING:
    import numpy as np

    from tasks.data import Data
    from tasks.task import Task

TOLD = ("description", "contract")  # what models read: no number that is measured depends on it
_HASH = "sha256 "


def content(task: Task, data: Data | Table, fidelity: str) -> dict[str, str]:
    """Part -> what it is: a hash of a file or an array, a short text as it stands.

    Left out is what changes nothing: title, README, other fidelity profiles, and the path of `source`, whose content is in the
    arrays, or of a table hashed itself. Raises OSError when a file or an array cannot be read.
    """
    parts = {name: _hash(text.encode()) for name, text in task.files.items()}
    if not task.is_table:
        parts["harness.py"] = _hash(task.harness.encode())
    parts |= {
        name: _hash(text) for name, text in code_of(task.folder / (SCRIPT if task.is_table else "data.py")).items()
    }
    profile = task.fidelities.get(fidelity)
    settings: dict[str, Any] = {
        "metric": task.metric,
        "scoring": FORMAT,
        "list of objectives": [o.name for o in task.objectives],
        **{f"objective {o.name}": [o.unit, o.goal, o.reference] for o in task.objectives},
        **{f"noise of {name}": size for name, size in task.noise.items()},
        f"fidelity {fidelity}": profile and [profile.settings, profile.timeout_s, profile.memory_mb],
        "list of roots": sorted(task.roots),
        "list of imports": sorted(task.imports),
        "allow_unproven": task.allow_unproven,
        **{f"data option {key}": value for key, value in task.data_options.items() if key != "source"},
    }
    parts |= {name: json.dumps(value, sort_keys=True, default=str) for name, value in settings.items()}
    parts |= {name: _hash(getattr(task, name).encode()) for name in TOLD}
    # last, since a change of what they are made from changes them too
    if isinstance(data, Table):
        return parts | {
            f"source {name}".removesuffix(" ."): hash
            for name, hash in _of_files(str(task.data_options.get("source", "")))
        }
    return parts | _of_arrays(data)


def _of_arrays(data: Data) -> dict[str, str]:
    import numpy as np

    parts = {}
    for path in sorted(data.public.glob("*.npy")):
        parts[f"array {path.stem}"] = _of_array(np.load(path, mmap_mode="r"))
    for split, labels in data.labels.items():
        parts[f"array {split}_y"] = _of_array(labels)
    return parts


def changes(was: dict[str, str], now: dict[str, str]) -> list[str]:
    """The parts that are not what they were, in words. What was not kept then is not compared."""
    found = []
    for part, before in was.items():
        after = now.get(part)
        if after == before:
            continue
        short = not before.startswith(_HASH) and len(before) + len(after or "") <= 160
        found.append(f"{part} ({before} then, {after or 'nothing'} now)" if short else part)
    return found


def state_of(source: str) -> list[tuple[str, int, int, int]]:
    """Name, size and times of the file that `source` names, or of every file in that folder; another list whenever one changed.

    By what the file system says, not by reading: a folder of data may be large. The time of the last change of an inode is
    one that nobody sets.
    """
    facts = [(name, path.stat()) for name, path in _files(source)]
    return [(name, at.st_size, at.st_mtime_ns, at.st_ctime_ns) for name, at in facts]


def _files(source: str) -> list[tuple[str, Path]]:
    """Name and place of the file that `source` names, or of every file in that folder, sorted; none where it names nothing."""
    if not source:  # which as a path is the working folder, whatever it holds
        return []
    top = Path(source)
    files = [top] if top.is_file() else sorted(path for path in top.rglob("*") if path.is_file())
    return [(path.relative_to(top).as_posix(), path) for path in files]


def _of_files(source: str) -> Iterator[tuple[str, str]]:
    for name, path in _files(source):
        with path.open("rb") as file:
            yield name, _HASH + hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _of_array(array: np.ndarray) -> str:
    import numpy as np

    digest = hashlib.sha256(f"{array.dtype.str} {array.shape}".encode())
    digest.update(np.ascontiguousarray(array).data)
    return _HASH + digest.hexdigest()[:16]


def _hash(content: bytes) -> str:
    return _HASH + hashlib.sha256(content).hexdigest()[:16]
