"""Whatever a task's data.py gives, as arrays that can be trained on: cast where nothing is lost, else refused with the cure.

`what` is the beginning of each message: the file and the name of the array.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tasks.errors import TaskError

if TYPE_CHECKING:
    import numpy as np

_LOST = 1e-3  # of a feature's range; what rounding may change
_NOISE = 1e-12  # of a feature's size; a range below it comes of rounding itself
_ROWS = 4096  # looked at together, so that no second copy of a large array is made
_CURES = {
    "M": "dates; make numbers of them, e.g. (t - t.min()) / np.timedelta64(1, 'D')",
    "m": "times; make numbers of them, e.g. t / np.timedelta64(1, 's')",
    "U": "text; number it, e.g. np.unique(y, return_inverse=True)[1] for labels",
    "S": "text; number it, e.g. np.unique(y, return_inverse=True)[1] for labels",
    "c": "complex numbers; keep real and imaginary part as two features",
    "V": "records; make one array of numbers of their fields",
}


def told(error: BaseException) -> str:
    """The first line of what an error says; torch's go on for pages."""
    return (str(error).strip().splitlines() or [""])[0][:300]


def numbers(what: str, given: Any) -> np.ndarray:
    """`given` as an array of finite numbers that numpy and torch both know: of arrays, tensors, lists, data frames. Raises TaskError."""
    import numpy as np

    try:
        array = _array(given)
    except Exception as e:  # whatever a conversion of another library raises
        if "inhomogeneous" in str(e) or "equal size" in str(e):
            raise TaskError(f"{what} has rows of different lengths or shapes; pad or cut them to one") from e
        raise TaskError(f"{what} cannot be made an array ({type(given).__name__}: {told(e)})") from e
    if array.dtype.kind not in "fiub":
        raise TaskError(f"{what} must hold numbers; it holds {_CURES.get(array.dtype.kind) or _objects(given, array)}")
    if array.dtype.kind == "f" and not (fine := np.isfinite(array)).all():
        row = int(np.argwhere(~fine)[0][0]) if array.ndim else 0
        bad = int(array.size - fine.sum())
        raise TaskError(f"{what}: {bad:,} numbers are not finite, the first in row {row}; clean the data in make()")
    return array


def _array(given: Any) -> np.ndarray:
    import numpy as np

    torch = sys.modules.get("torch")  # whoever gives a tensor has imported it
    if torch is not None:
        if isinstance(given, list | tuple) and given and all(isinstance(one, torch.Tensor) for one in given):
            given = torch.stack([one.detach().cpu() for one in given])
        if isinstance(given, torch.Tensor):
            given = given.detach()
            given = given if given.layout is torch.strided else given.to_dense()
            given = given.resolve_conj().resolve_neg().cpu()
            known = given.dtype.itemsize > 1 or not given.is_floating_point()
            given = given.numpy() if known and given.dtype is not torch.bfloat16 else given.float().numpy()
    if isinstance(given, np.ma.MaskedArray):
        if np.ma.is_masked(given):
            raise ValueError(
                f"{int(np.ma.getmaskarray(given).sum()):,} entries are masked; fill them or drop their rows"
            )
        given = given.data
    if callable(dense := getattr(given, "toarray", None)):  # a sparse matrix
        given = dense()
    array = np.asarray(given)
    if array.dtype.kind == "O" and array.ndim:  # numbers may stand in it as Python's own
        array = np.asarray(array.tolist())
    if array.dtype.kind in "fiu" and array.dtype.newbyteorder("=") != array.dtype:
        array = array.astype(array.dtype.newbyteorder("="))
    return np.ascontiguousarray(array) if array.ndim else array


def _objects(given: Any, array: np.ndarray) -> str:
    """What an array of objects is."""
    import numpy as np

    if not array.ndim:
        return f"{type(given).__name__}; give an array, e.g. np.stack(list(...))"
    kinds = sorted({type(one).__name__ for one in np.ravel(array)[:1000]})
    return f"{', '.join(kinds[:4])}; give an array of numbers of at most 64 bits, without None or text"


def inputs(what: str, array: np.ndarray) -> np.ndarray:
    """Inputs as a model gets them: floats and switches as float32; whole numbers as they are where torch computes with them."""
    import numpy as np

    if array.dtype.kind in "fb":
        return _float32(what, array)
    if array.dtype in (np.uint16, np.uint32, np.uint64):
        return _int64(what, array)
    return array


def classes(what: str, array: np.ndarray) -> np.ndarray:
    """Labels (n,) as int64, of whole numbers in any type; a column (n, 1) is one."""
    import numpy as np

    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        one_hot = array.ndim == 2 and bool((np.isin(array, (0, 1)).all(1) & (array.sum(1) == 1)).all())
        cure = "these are one-hot: use y.argmax(1)" if one_hot else "give one class number for each example"
        raise TaskError(f"{what}: error_percent needs whole labels (n,), got {array.dtype} {array.shape}; {cure}")
    if array.dtype.kind == "f":
        if (odd := array[array != np.floor(array)]).size:
            cure = 'number the classes from 0, or set metric = "mse" in task.toml for a regression'
            raise TaskError(f"{what}: error_percent needs whole labels, got {odd[0]} ({array.dtype}); {cure}")
        if array.size and float(np.abs(array).max()) > 2**53:
            raise TaskError(f"{what}: error_percent needs labels from 0, got {np.abs(array).max()}; number the classes")
        array = array.astype(np.int64)
    return _int64(what, array)


def targets(what: str, array: np.ndarray) -> np.ndarray:
    """Labels of a regression as float32."""
    return _float32(what, array)


def _int64(what: str, array: np.ndarray) -> np.ndarray:
    import numpy as np

    if array.size and int(array.max()) > np.iinfo(np.int64).max:
        raise TaskError(f"{what} holds {array.max()}, beyond int64 ({array.dtype}); make smaller numbers in make()")
    return array.astype(np.int64, copy=False)


def _float32(what: str, array: np.ndarray) -> np.ndarray:
    import numpy as np

    with np.errstate(over="ignore"):
        narrow = array.astype(np.float32, copy=False)
    if array.dtype.kind == "f" and not np.isfinite(narrow).all():
        largest = np.abs(array).max()
        raise TaskError(f"{what} holds {largest:.4g}, beyond float32 ({array.dtype}); scale it in make()")
    return narrow


def still_apart(what: str, array: np.ndarray, cast: np.ndarray) -> None:
    """Raises TaskError where `cast`, this array (n, ...) as float32, has lost what tells the values of a feature apart."""
    import numpy as np

    if cast.dtype != np.float32 or array.dtype.kind == "b" or array.dtype.itemsize < 4 or array.dtype == np.float32:
        return
    exact = array.dtype if array.dtype.kind == "f" else np.dtype(np.longdouble)
    low, high = np.atleast_1d(array.min(0)).astype(exact), np.atleast_1d(array.max(0)).astype(exact)
    error = np.zeros_like(low)
    for at in range(0, len(array), _ROWS):
        rows = slice(at, at + _ROWS)
        np.maximum(error, np.abs(array[rows].astype(exact) - cast[rows].astype(exact)).max(0), out=error)
    lost = (error > _LOST * (high - low)) & (high - low > _NOISE * np.maximum(np.abs(low), np.abs(high)))
    if lost.any():
        place = "".join(f", {i}" for i in np.argwhere(lost)[0]) if array.ndim > 1 else ""
        ends = f"{low[lost][0]:.10g} to {high[lost][0]:.10g}"
        cure = "take off the mean, or say .astype(np.float32) if that is meant"
        raise TaskError(f"{what}[:{place}] ({array.dtype}) goes from {ends}, too close for float32; {cure}")
