"""The data of a task: made once by its own `data.py`, kept in a cache, the labels apart from what a sandbox sees."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tasks.beside import code_of
from tasks.code import RUNNING, call
from tasks.content import state_of
from tasks.errors import TaskError
from tasks.made import PUBLIC, SEALED, Fresh, Made, checked, checked_fresh

if TYPE_CHECKING:
    import numpy as np

INPUTS = ("val_x", "test_x")  # all that an audit ever sees
_FOLDERS = (("public", PUBLIC, 0o755), ("inputs", INPUTS, 0o755), ("sealed", SEALED, 0o700))
_FORMAT = 3  # of the cache; part of the folder's name


@dataclass(frozen=True)
class Data:
    """Where the inputs lie and what the host scores against."""

    public: Path  # train_x.npy, train_y.npy, val_x.npy, test_x.npy: mounted read-only in the sandbox
    inputs: Path  # val_x.npy, test_x.npy: what an audit is shown, so that nothing can be learnt there
    labels: dict[str, np.ndarray]  # "val", "test"; their files lie in a sibling folder that is never mounted
    note: str  # one line: which data it is, where data.py says so, and its sizes
    casts: str = ""  # which types were made others, in one line
    doubts: tuple[str, ...] = ()  # what may be a mistake in the data, a line each


def prepare(name: str, folder: Path, options: dict[str, Any], metric: str, cache: Path | None = None) -> Data:
    """The data of the task in `folder`: from the cache, or made now by `make(options)` of its data.py.

    The cache is `cache`, else $EVOLVE_CACHE, else the platform's cache folder. A change of data.py, of what it imports from its
    folder, of the options or of what the option `source` names makes new data beside the old. Two processes may prepare at once:
    each makes its own copy, one of them stays. What is kept was checked, the first examples of `fresh` too.

    Raises:
        TaskError: data.py fails or its arrays are not as they must be, or the cache cannot be written.
    """
    import numpy as np

    source = folder / "data.py"
    home = (cache or cache_dir()) / f"{name}-{_key(source, options, metric)}"
    with RUNNING:
        if not _complete(home):
            made = checked(source, _call(source, "make", options), metric)
            _drawn(source, options, 0, metric, made.arrays)  # told now, not in the middle of a run
            try:
                _store(home, made)
            except OSError as e:
                cure = "set EVOLVE_CACHE to a writable folder with room"
                raise TaskError(f"{e.filename or home}: cannot write the data ({e.strerror}); {cure}") from e
    labels = {split: np.load(home / "sealed" / f"{split}_y.npy") for split in ("val", "test")}
    public = home / "public"
    there = sorted(path.name for path in public.rglob("*"))
    if there != sorted(f"{name}.npy" for name in PUBLIC):
        raise TaskError(f"{public}: expected only {', '.join(PUBLIC)}, got {', '.join(there)}; delete the folder")
    count, *shape = np.load(public / "train_x.npy", mmap_mode="r").shape
    sizes = f"{count:,} train, {len(labels['val']):,} validation, {len(labels['test']):,} test"
    said = json.loads((home / "told.json").read_text(encoding="utf-8"))
    note = f"{said['note']}{': ' if said['note'] else ''}{sizes}, each input of shape {tuple(shape)}"
    return Data(public, home / "inputs", labels, note, ", ".join(said["casts"]), tuple(said["doubts"]))


def _key(source: Path, options: dict[str, Any], metric: str) -> str:
    """What the data come from, as 16 hex digits."""
    try:
        texts = code_of(source)
    except OSError as e:
        raise TaskError(f"{e.filename}: expected a file with make(options), {e.strerror}; see docs/tasks.md") from e
    digests = {name: hashlib.sha256(text).hexdigest() for name, text in texts.items()}
    parts = [_FORMAT, metric, digests, options, state_of(str(options.get("source", "")))]
    # dates of task.toml count as the text that they are there
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def draw_fresh(folder: Path, options: dict[str, Any], seed: int, metric: str, data: Data) -> Fresh | None:
    """New labelled examples that fit `data`, by fresh(options, seed) of the task's data.py; None where it has none.

    Nothing is kept: the same seed gives the same examples again.

    Raises:
        TaskError: data.py fails, or its arrays are not like those of validation.
    """
    import numpy as np

    known = {name: np.load(data.public / f"{name}.npy", mmap_mode="r") for name in ("train_y", "val_x")}
    known |= {f"{split}_y": labels for split, labels in data.labels.items()}
    return _drawn(folder / "data.py", options, seed, metric, known)


def _drawn(
    source: Path, options: dict[str, Any], seed: int, metric: str, known: Mapping[str, np.ndarray]
) -> Fresh | None:
    try:
        if b"fresh" not in source.read_bytes():  # then none of it need run: its data lie in the cache
            return None
    except OSError as e:
        raise TaskError(f"{source}: cannot be read ({e.strerror})") from e
    with RUNNING:
        return checked_fresh(source, _call(source, "fresh", options, seed), metric, known)


def cache_dir() -> Path:
    """$EVOLVE_CACHE, or `guided-evolution` in the platform's cache folder."""
    if chosen := os.environ.get("EVOLVE_CACHE"):
        return Path(chosen).expanduser().resolve()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "guided-evolution"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "guided-evolution"


def _complete(home: Path) -> bool:
    parts = [f"{folder}/{n}.npy" for folder, names, _ in _FOLDERS for n in names]
    return all((home / part).is_file() for part in (*parts, "told.json"))


def _call(source: Path, function: str, *given: Any) -> Any:
    """What this function of the task's data.py gives; None where it has no such. Host code, trusted as the task is."""

    def made(module: ModuleType) -> Any:
        found = getattr(module, function, None)
        return found(dict(given[0]), *given[1:]) if callable(found) else None

    return call(source, f"{function}({', '.join(('options', 'seed')[: len(given)])})", made)


def _store(home: Path, made: Made) -> None:
    """Written beside `home`, then renamed: the folder is there complete or not at all."""
    import numpy as np

    home.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{home.name}-", dir=home.parent))
    try:
        for folder, names, mode in _FOLDERS:
            (staging / folder).mkdir()
            for name in names:
                np.save(staging / folder / f"{name}.npy", made.arrays[name], allow_pickle=False)
                (staging / folder / f"{name}.npy").chmod(mode & 0o644)
            (staging / folder).chmod(mode)  # a sandbox may read the public folder as another user
        told = {"note": made.note, "casts": made.casts, "doubts": made.doubts}
        (staging / "told.json").write_text(json.dumps(told), encoding="utf-8")
        staging.chmod(0o755)
        if home.exists() and not _complete(home):
            shutil.rmtree(home)
        try:
            staging.rename(home)
        except OSError:
            if not _complete(home):  # else another process was faster, with the same arrays
                raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
