"""The data of a task: made once by its own `data.py`, kept in a cache, the labels apart from what a sandbox sees."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.beside import sources
from tasks.content import state_of
from tasks.errors import TaskError

if TYPE_CHECKING:
    import numpy as np

PUBLIC = ("train_x", "train_y", "val_x", "test_x")  # all that a training ever sees
INPUTS = ("val_x", "test_x")  # all that an audit ever sees
SEALED = ("val_y", "test_y")
_FOLDERS = (("public", PUBLIC, 0o755), ("inputs", INPUTS, 0o755), ("sealed", SEALED, 0o700))
_DRAWING = threading.Lock()  # generators are often global ones, seeded and given back
_FORMAT = 2  # of the cache; part of the folder's name


@dataclass(frozen=True)
class Data:
    """Where the inputs lie and what the host scores against."""

    public: Path  # train_x.npy, train_y.npy, val_x.npy, test_x.npy: mounted read-only in the sandbox
    inputs: Path  # val_x.npy, test_x.npy: what an audit is shown, so that nothing can be learnt there
    labels: dict[str, np.ndarray]  # "val", "test"; their files lie in a sibling folder that is never mounted
    note: str  # one line: which data it is, where data.py says so, and its sizes


class Fresh(NamedTuple):
    """Labelled examples that nobody has seen."""

    x: np.ndarray  # as val_x
    y: np.ndarray  # as the labels of validation


def prepare(name: str, folder: Path, options: dict[str, Any], cache: Path | None = None) -> Data:
    """The data of the task in `folder`: from the cache, or made now by `make(options)` of its data.py.

    The cache is `cache`, else $EVOLVE_CACHE, else the platform's cache folder. A change of data.py, of a file beside it that it
    imports, of the options or of what the option `source` names makes new data beside the old. Two processes may prepare at once:
    each makes its own copy, one of them stays.

    Raises:
        TaskError: data.py fails or its arrays are not as they must be, or the cache cannot be written.
    """
    import numpy as np

    source = folder / "data.py"
    try:
        texts = {path.relative_to(folder).as_posix(): path.read_bytes() for path in sources(source)}
        code = {name: hashlib.sha256(text).hexdigest() for name, text in texts.items()}
        made_from = [_FORMAT, code, options, state_of(str(options.get("source", "")))]
    except OSError as e:
        raise TaskError(f"{e.filename}: expected a file for make(options), {e.strerror}; see docs/tasks.md") from e
    key = hashlib.sha256(json.dumps(made_from, sort_keys=True, default=str).encode()).hexdigest()[:16]
    home = (cache or cache_dir()) / f"{name}-{key}"
    if not _complete(home):
        arrays, note = _checked(source, _call(source, "make", options))
        try:
            _store(home, arrays, note)
        except OSError as e:
            cure = "set EVOLVE_CACHE to a writable folder with room"
            raise TaskError(f"{e.filename or home}: cannot write the data ({e.strerror}); {cure}") from e
    labels = {split: np.load(home / "sealed" / f"{split}_y.npy") for split in ("val", "test")}
    public = home / "public"
    count, *shape = np.load(public / "train_x.npy", mmap_mode="r").shape
    sizes = f"{count:,} train, {len(labels['val']):,} validation, {len(labels['test']):,} test"
    said = (home / "note.txt").read_text(encoding="utf-8") if (home / "note.txt").is_file() else ""
    note = f"{said}{': ' if said else ''}{sizes}, each input of shape {tuple(shape)}"
    return Data(public, home / "inputs", labels, note)


def draw_fresh(folder: Path, options: dict[str, Any], seed: int, data: Data) -> Fresh | None:
    """New labelled examples that fit `data`, by fresh(options, seed) of the task's data.py; None where it has none.

    Nothing is kept: the same seed gives the same examples again.

    Raises:
        TaskError: data.py fails, or its arrays are not like those of validation.
    """
    import numpy as np

    source = folder / "data.py"
    try:
        if b"fresh" not in source.read_bytes():  # then none of it need run: its data lie in the cache
            return None
    except OSError as e:
        raise TaskError(f"{source}: cannot be read ({e.strerror})") from e
    with _DRAWING:
        made = _call(source, "fresh", options, seed)
    if made is None:
        return None
    if not isinstance(made, dict) or set(made) != {"x", "y"}:
        came = f"keys {', '.join(sorted(map(str, made)))}" if isinstance(made, dict) else type(made).__name__
        raise TaskError(f"{source}: fresh(options, seed) must return a dict of x, y; got {came}")
    x, y = (np.ascontiguousarray(made[key]) for key in "xy")
    like = np.load(data.inputs / "val_x.npy", mmap_mode="r"), data.labels["val"]
    for name, given, wanted in zip(("x", "y"), (x, y), like, strict=True):
        if (given.dtype, given.shape[1:]) != (wanted.dtype, wanted.shape[1:]) or len(given) != len(x) or len(x) == 0:
            shape = f"({', '.join(['n', *map(str, wanted.shape[1:])])})"
            expected = f"{wanted.dtype} {shape} as in validation, with one n > 0 for x and y"
            raise TaskError(f"{source}: fresh {name}: expected {expected}; got {given.dtype} {given.shape}")
        if given.dtype.kind == "f" and not np.isfinite(given).all():
            raise TaskError(f"{source}: fresh {name} has numbers that are not finite")
    known = np.concatenate([np.load(data.public / "train_y.npy", mmap_mode="r"), *data.labels.values()])
    if y.dtype.kind in "iub" and not np.isin(y, known).all():
        strange = y[~np.isin(y, known)].flat[0]
        raise TaskError(f"{source}: fresh y has the label {strange}, which no example of make(options) has")
    return Fresh(x, y)


def cache_dir() -> Path:
    """$EVOLVE_CACHE, or `guided-evolution` in the platform's cache folder."""
    if chosen := os.environ.get("EVOLVE_CACHE"):
        return Path(chosen).expanduser().resolve()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "guided-evolution"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "guided-evolution"


def _complete(home: Path) -> bool:
    return all((home / folder / f"{n}.npy").is_file() for folder, names, _ in _FOLDERS for n in names)


def _call(source: Path, function: str, *given: Any) -> Any:
    """What this function of the task's data.py gives; None where it has no such. Host code, trusted as the task is."""
    spec = importlib.util.spec_from_file_location(f"_task_data_{source.parent.name}", source)
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    what = f"{function}({', '.join(('options', 'seed')[: len(given)])})"
    try:
        spec.loader.exec_module(module)
        found = getattr(module, function, None)
        return found(dict(given[0]), *given[1:]) if callable(found) else None
    except ImportError as e:
        raise TaskError(f"{source}: cannot import {e.name!r}; install it into the environment of evolve") from e
    except Exception as e:  # whatever the task's author wrote: told in one line, with the cause kept
        raise TaskError(f"{source}: {what} failed with {type(e).__name__}: {e}") from e


def _checked(source: Path, made: Any) -> tuple[dict[str, np.ndarray], str]:
    """The six arrays, if they are six arrays that fit one another, and the note on them."""
    import numpy as np

    wanted = (*PUBLIC, *SEALED)
    if made is None:
        raise TaskError(f"{source}: expected a function make(options) that returns a dict, found none")
    if not isinstance(made, dict) or set(made) - {"note"} != set(wanted):
        came = f"keys {', '.join(sorted(map(str, made)))}" if isinstance(made, dict) else type(made).__name__
        raise TaskError(f"{source}: make(options) must return a dict of {', '.join(wanted)}; got {came}")
    note = made.get("note", "")
    if not isinstance(note, str):
        raise TaskError(f"{source}: note must be a text that says which data this is, got {type(note).__name__}")
    arrays = {key: np.ascontiguousarray(made[key]) for key in wanted}
    for key, values in arrays.items():
        if values.dtype.kind not in "fiub":
            raise TaskError(f"{source}: {key} must hold numbers, got dtype {values.dtype}")
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise TaskError(f"{source}: {key} has numbers that are not finite; clean the data in make()")
    for split in ("train", "val", "test"):
        x, y = arrays[f"{split}_x"], arrays[f"{split}_y"]
        if x.ndim < 2 or len(x) == 0 or len(x) != len(y):
            expected = f"{split}_x as (n, features...) and {split}_y as (n,...), n > 0"
            raise TaskError(f"{source}: expected {expected}; got {x.shape} and {y.shape}")
        if x.shape[1:] != arrays["train_x"].shape[1:] or x.dtype != arrays["train_x"].dtype:
            ours, theirs = f"{x.dtype} {x.shape[1:]}", f"{arrays['train_x'].dtype} {arrays['train_x'].shape[1:]}"
            raise TaskError(f"{source}: expected inputs alike in all splits; {split}_x is {ours}, train_x {theirs}")
    return arrays, " ".join(note.split())


def _store(home: Path, arrays: dict[str, np.ndarray], note: str) -> None:
    """Written beside `home`, then renamed: the folder is there complete or not at all."""
    import numpy as np

    home.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{home.name}-", dir=home.parent))
    try:
        for folder, names, mode in _FOLDERS:
            (staging / folder).mkdir()
            for name in names:
                np.save(staging / folder / f"{name}.npy", arrays[name], allow_pickle=False)
                (staging / folder / f"{name}.npy").chmod(mode & 0o644)
            (staging / folder).chmod(mode)  # a sandbox may read the public folder as another user
        if note:
            (staging / "note.txt").write_text(note, encoding="utf-8")
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
