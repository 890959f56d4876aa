"""What a task's data.py made: six arrays that fit one another, cast where nothing is lost, and what is to be said of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks import arrays
from tasks.errors import TaskError

if TYPE_CHECKING:
    import numpy as np

PUBLIC = ("train_x", "train_y", "val_x", "test_x")  # all that a training ever sees
SEALED = ("val_y", "test_y")
SPLITS = ("train", "val", "test")


@dataclass
class Made:
    """What make(options) gave, as it will be kept."""

    arrays: dict[str, np.ndarray]
    note: str = ""
    casts: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


class Fresh(NamedTuple):
    """Labelled examples that nobody has seen."""

    x: np.ndarray  # as val_x
    y: np.ndarray  # as the labels of validation


def checked(source: Path, made: Any, metric: str) -> Made:
    """The six arrays, if they are six arrays that fit one another, and what is to be said of them."""
    wanted = (*PUBLIC, *SEALED)
    if made is None:
        raise TaskError(f"{source}: expected a function make(options) that returns a dict, found none")
    given = _mapping(source, made)
    if set(given) - {"note"} != set(wanted):
        raise TaskError(f"{source}: make(options) must return a dict of {', '.join(wanted)}; got {_came(made)}")
    note = given.get("note", "")
    if not isinstance(note, str):
        raise TaskError(f"{source}: note must be a text that says which data this is, got {type(note).__name__}")
    found = Made({}, " ".join(note.split()))
    before = {key: arrays.numbers(f"{source}: {key}", given[key]) for key in wanted}
    for split in SPLITS:
        x, y = before[f"{split}_x"], before[f"{split}_y"]
        if x.ndim < 2 or not x.size or not y.ndim or len(x) != len(y):
            expected = f"{split}_x as (n, features...) and {split}_y as (n,...), n > 0"
            cure = f"; give {split}_x[:, None]" if x.ndim == 1 and y.ndim and len(x) == len(y) > 0 else ""
            raise TaskError(f"{source}: expected {expected}; got {x.shape} and {y.shape}{cure}")
        found.arrays[f"{split}_x"] = arrays.inputs(f"{source}: {split}_x", x)
        found.arrays[f"{split}_y"] = _labels(f"{source}: {split}_y", y, metric)
    for key in ("train_x", "train_y"):
        arrays.still_apart(f"{source}: {key}", before[key], found.arrays[key])
    for kind, name in (("x", "inputs"), ("y", "labels")):
        alike = {split: found.arrays[f"{split}_{kind}"] for split in SPLITS}
        ours, *others = (f"{a.dtype} {a.shape[1:]}" for a in alike.values())
        for split, theirs in zip(SPLITS[1:], others, strict=True):
            if theirs != ours:
                message = f"expected {name} alike in all splits; {split}_{kind} is {theirs}, train_{kind} {ours}"
                raise TaskError(f"{source}: {message}")
        cast = {f"{before[f'{split}_{kind}'].dtype} {name} as {a.dtype}" for split, a in alike.items()}
        found.casts += sorted(cast - {f"{a.dtype} {name} as {a.dtype}" for a in alike.values()})
    if metric == "error_percent":
        found.doubts += _classes(source, {split: found.arrays[f"{split}_y"] for split in SPLITS})
    found.doubts += _twins(found.arrays)
    return found


def checked_fresh(source: Path, made: Any, metric: str, known: Mapping[str, np.ndarray]) -> Fresh | None:
    """What fresh(options, seed) gave, if it fits the known arrays."""
    import numpy as np

    if made is None:
        return None
    given = _mapping(source, made)
    if set(given) != {"x", "y"}:
        raise TaskError(f"{source}: fresh(options, seed) must return a dict of x, y; got {_came(made)}")
    x, y = (arrays.numbers(f"{source}: fresh {key}", given[key]) for key in "xy")
    if not x.ndim or not len(x) or not y.ndim or len(y) != len(x):
        raise TaskError(f"{source}: fresh x and y: expected one n > 0 for both; got {x.shape} and {y.shape}")
    x, y = arrays.inputs(f"{source}: fresh x", x), _labels(f"{source}: fresh y", y, metric)
    for name, found, wanted in (("x", x, known["val_x"]), ("y", y, known["val_y"])):
        if (found.dtype, found.shape[1:]) != (wanted.dtype, wanted.shape[1:]):
            shape = f"({', '.join(['n', *map(str, wanted.shape[1:])])})"
            expected = f"{wanted.dtype} {shape} as in validation"
            raise TaskError(f"{source}: fresh {name}: expected {expected}; got {found.dtype} {found.shape}")
    if metric == "error_percent":
        seen = np.isin(y, np.concatenate([known[f"{split}_y"] for split in SPLITS]))
        if not seen.all():
            raise TaskError(f"{source}: fresh y has the label {y[~seen][0]}, which no example of make(options) has")
    return Fresh(x, y)


def _mapping(source: Path, made: Any) -> dict[Any, Any]:
    """What a function returned, if it goes by names: a dict, or the archive that np.load opens."""
    try:
        return dict(made) if isinstance(made, Mapping) else {}
    except Exception as e:  # an archive is read only now
        raise TaskError(f"{source}: what it returned cannot be read: {type(e).__name__}: {arrays.told(e)}") from e


def _came(made: Any) -> str:
    return f"keys {', '.join(sorted(map(str, made)))}" if isinstance(made, Mapping) else type(made).__name__


def _labels(what: str, array: np.ndarray, metric: str) -> np.ndarray:
    return arrays.classes(what, array) if metric == "error_percent" else arrays.targets(what, array)


def _classes(source: Path, labels: dict[str, np.ndarray]) -> list[str]:
    """What may be wrong with the classes. Raises TaskError where they do not begin at 0, or one cannot be learnt."""
    import numpy as np

    known = {split: np.unique(y) for split, y in labels.items()}
    every = np.unique(np.concatenate(list(known.values())))
    low, high = int(every[0]), int(every[-1])
    if low != 0:
        cure = f"subtract {low}" if low > 0 else "number the classes from 0, e.g. np.unique(y, return_inverse=True)[1]"
        raise TaskError(f"{source}: labels run from {low} to {high}, and must begin at 0; {cure}")
    for split in ("val", "test"):
        if (unseen := np.setdiff1d(known[split], known["train"])).size:
            came = f"classes without a training example: {split}_y has {unseen[:10].tolist()}"
            raise TaskError(f"{source}: {came}; draw the splits so that each class is in train_y")
    if missing := high + 1 - len(every):
        first = int(np.flatnonzero(every != np.arange(len(every)))[0])
        return [
            f"labels run from 0 to {high}, and {missing:,} of these occur nowhere, the first is {first}: a model needs an output "
            "for each all the same; np.unique(y, return_inverse=True)[1] numbers without gaps"
        ]
    return []


def shared(known: Iterable[np.ndarray], other: np.ndarray) -> int:
    """How many inputs of `other` are in one of the known arrays, to the byte."""
    seen = {hash(row.tobytes()) for one in known for row in one}  # of 64 bits: no two of a million rows meet by chance
    return sum(hash(row.tobytes()) in seen for row in other)


def _twins(made: Mapping[str, np.ndarray]) -> list[str]:
    parts = []
    for split, name in (("val", "validation"), ("test", "test")):
        x = made[f"{split}_x"]
        if count := shared([made["train_x"]], x):
            parts.append(f"{count:,} of {len(x):,} {name} inputs ({100 * count / len(x):.3g} %)")
    if not parts:
        return []
    meaning = "on these a score tells what was memorised, not what was learnt; keep equal inputs in one split"
    return [f"{' and '.join(parts)} are also training inputs: {meaning}"]
