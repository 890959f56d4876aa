"""Forward passes as a candidate's own process wrote them down: read with distrust, and searched for numbers that are not counted.

What is stored counts; what is hidden strikes. See `sandbox/worker/tracing.py` for the form.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sandbox.contract import Frame, JobResult
from sandbox.worker.looks import LOOKS, SHAPED
from sandbox.worker.wire import parsed

if TYPE_CHECKING:
    import numpy as np

# running statistics of a normalisation layer are measured, not learnt
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
_NORMS = (
    "aten.native_batch_norm.",
    "aten.cudnn_batch_norm.",
    "aten._native_batch_norm_legit",
    "aten._batch_norm_with_update.",
)
# the same numbers in another shape or place
_MOVES = frozenset(
    f"aten.{name}"
    for name in (
        "view", "reshape", "repeat", "expand", "alias", "detach", "clone", "unsqueeze", "squeeze", "permute", "transpose", "t",
        "_to_copy", "contiguous", "_unsafe_view", "lift_fresh",
    )
)  # fmt: skip
# what takes a number apart into the bits that it is made of
_BITWISE = ("aten.view.dtype", "aten.bitwise_", "aten.__and__", "aten.__or__", "aten.__xor__", "aten.__lshift__",
            "aten.__rshift__", "aten.__rshift", "aten.frexp")  # fmt: skip
_BYTES = 4  # of a stored number
_ALLOWED_HIDDEN = 64  # numbers in the code besides the weights, plus a hundredth of these: slopes, epsilons, kernels
_MOST_TEXT = 16 << 20  # bytes of all that is written down; a large network's are some hundred thousand
_DEEPEST = 16  # lists within lists; shapes and the like take seven
_MOST_VALUES = 1_000_000  # lists, tables and their members in one text; the most operations there may be need a tenth
_MOST_PATHS = 64
NO_STEP = "a training step cannot be written down: "


@dataclass(frozen=True)
class Written:
    """A forward pass: lists of operations, and the numbers they use besides the weights."""

    paths: list[dict[str, Any]]  # of one example; several where examples go different ways
    many: dict[str, Any] | None  # of a batch; None where ways differ
    timed: dict[str, Any] | None  # of one example with fused layers; None where it is the one path
    made: frozenset[str]  # constants that are the model's own buffers, not stored but made at every build
    constants: dict[str, np.ndarray]
    step: dict[str, list[Any]] | None = None  # of one training step: what it learns by, and its update
    no_step: str = ""  # why a training step cannot be written down, where the harness said so

    @property
    def varies(self) -> bool:
        """Whether a training step goes by its examples' numbers, so that later steps may meet other sizes."""
        return any(name.startswith(LOOKS + SHAPED) for name, *_ in (self.step or {}).get("learn", []))

    @property
    def lists(self) -> list[dict[str, Any]]:
        """Those that predictions are made by."""
        return [*self.paths, *([self.many] if self.many else [])]


def written(result: JobResult) -> tuple[Written | None, str]:
    """The forward pass that an audit brought out, or the reason why there is none."""
    frame: Frame | None = next((f for f in result.frames if f.kind == "graph"), None)
    if frame is None:
        return None, "the task's harness writes no forward pass down (see docs/tasks.md)"
    if "reason" in frame.meta:
        return None, str(frame.meta["reason"])[:500]
    sent = next((f for f in result.frames if f.kind == "step"), None)
    parts = sent.arrays if sent and {*sent.arrays} == {"learn", "update"} else {}
    try:
        if sum(a.nbytes for a in (*frame.arrays.values(), *parts.values()) if a.dtype == "uint8") > _MOST_TEXT:
            raise ValueError("length")
        paths, many, timed, made = (_parsed(frame.arrays[name]) for name in ("paths", "many", "timed", "made"))
        if not (isinstance(paths, list) and 0 < len(paths) <= _MOST_PATHS and all(isinstance(n, str) for n in made)):
            raise ValueError("paths")
        for graph in (*paths, many, timed):
            if graph is not None:
                _check(graph)
        step = {name: _parsed(text) for name, text in sorted(parts.items())} or None
        for ops in (step or {}).values():
            _check_ops(ops)
    except (KeyError, ValueError, TypeError, RecursionError, AttributeError) as e:
        return None, f"what should be a forward pass is none ({type(e).__name__})"
    constants = {name: value for name, value in frame.arrays.items() if name.startswith("c:")}
    told = Written(paths, many, timed, frozenset(made), constants, step)
    return (
        replace(told, no_step=NO_STEP + str(sent.meta["reason"])[:500]) if sent and "reason" in sent.meta else told
    ), ""


def _parsed(text: np.ndarray) -> Any:
    """The JSON of a uint8 array, small and shallow before it is parsed. Raises ValueError."""
    return parsed(text.tobytes(), _DEEPEST, _MOST_VALUES)


def _check(graph: dict[str, Any]) -> None:
    """Raises KeyError, ValueError, TypeError or AttributeError when this is not a list of operations."""
    if not (isinstance(graph["batch"], int) and graph["batch"] > 0 and isinstance(graph["output"], str)):
        raise ValueError("batch and output")
    if any(not kind.startswith("torch.") for kind in graph["weights"].values()):
        raise ValueError("weights")
    if not isinstance(graph["looks"], bool):
        raise ValueError("looks")
    _check_ops(graph["ops"])


def _check_ops(ops: list[Any]) -> None:
    for name, arguments, keywords, _ in ops:
        if not (isinstance(name, str) and isinstance(arguments, list) and isinstance(keywords, dict)):
            raise ValueError("an operation")


def hidden(found: Written, weights: Mapping[str, np.ndarray]) -> str:
    """Why this forward pass uses more numbers than are counted; empty when it does not."""
    literals: set[float] = set()
    for one in found.lists:
        for _, arguments, keywords, _ in one["ops"]:
            for value in (*arguments, *keywords.values()):
                _collect(value, literals)
    loose = [value for name, value in found.constants.items() if name not in found.made]
    count = len(literals) + sum(value.size for value in loose)
    most = _ALLOWED_HIDDEN + sum(value.size for value in weights.values()) // 100
    if count > most:
        largest = f" (the largest tensor is {max((v.shape for v in loose), key=math.prod)})" if loose else ""
        return (
            f"{count} numbers lie outside the stored weights{largest}, at most {most} may: keep them with register_buffer() "
            "or as parameters, so that they count"
        )
    return ""


def _collect(value: Any, literals: set[float]) -> None:
    """Numbers written into the operations; sizes come in lists, and small whole numbers are places and switches."""
    if isinstance(value, float) or (type(value) is int and abs(value) >= 16):
        literals.add(value)
    elif isinstance(value, list):
        for one in value:
            if isinstance(one, float):
                literals.add(one)


def stored_parameters(weights: Mapping[str, np.ndarray]) -> int:
    """Numbers in the saved weights, statistics of normalisation layers with a scale and a shift of their own apart.

    Such a layer can do with these two, which count, whatever it could do with its statistics.
    """
    return sum(value.size for name, value in weights.items() if not is_statistic(name, weights))


def is_statistic(name: str, weights: Mapping[str, np.ndarray]) -> bool:
    """Whether a stored tensor goes by the name and form of a running statistic that need not count."""
    layer, _, last = name.rpartition(".")
    if last not in STATISTICS or weights[name].ndim > 1:
        return False
    own = [weights.get(f"{layer}.{part}" if layer else part) for part in ("weight", "bias")]
    size = max(weights[n].size for n in weights if n.rpartition(".")[0] == layer and n.rpartition(".")[2] in STATISTICS)
    return all(one is not None and one.size == size for one in own)


def parameters(found: Written | None, weights: Mapping[str, np.ndarray]) -> tuple[int, str]:
    """How many numbers the model has by its forward pass, and why they are more than `stored_parameters` says.

    Counted besides: statistics that are used as anything else, buffers made at every build, and each byte of a number that is taken
    apart into bits. Of a pass that could not be followed, every statistic.
    """
    free = {name for name in weights if is_statistic(name, weights)}
    reasons = []
    if found is None:
        return sum(value.size for value in weights.values()), "its statistics count: what they do could not be followed"
    abused = {name for one in found.lists for name in _abused(one["ops"], free)}
    apart = {name for one in found.lists for name in _taken_apart(one["ops"])} & set(weights)
    made = sum(found.constants[name].size for name in found.made & set(found.constants))
    if abused:
        reasons.append(f"{sorted(abused)[0]} is used as a parameter, not as a statistic: it counts")
    if apart:
        reasons.append(f"{sorted(apart)[0]} is taken apart into bits: each byte counts")
    if made:
        reasons.append(f"{made} numbers are buffers that are not stored (persistent=False)")
    count = sum(
        value.size * (_BYTES if name in apart else 1) for name, value in weights.items() if name not in free - abused
    )
    return count + made, "; ".join(reasons)


def _abused(ops: list[Any], statistics: set[str]) -> Iterator[str]:
    """Statistics that are used as anything but the statistics of a normalisation with a stored scale and shift."""
    origin: dict[str, str] = {}  # result -> the stored tensor whose numbers it has
    from_x = {"x"}
    for name, arguments, keywords, results in ops:
        base = name.rpartition(".")[0]
        sources = [_source(value, origin) for value in arguments]
        first = _tensor(arguments[0]) if arguments else ""
        norm = name.startswith(_NORMS) and first in from_x and len(arguments) > 4
        for place, value in enumerate((*arguments, *keywords.values())):
            for used in _tensors(value):
                stored = origin.get(used, used.removeprefix("w:"))
                scaled = (
                    norm and place in (3, 4) and sources[1] and sources[2] and not {sources[1], sources[2]} & statistics
                )
                if stored in statistics and base not in _MOVES and not scaled:
                    yield stored
        outs = list(_results(results))
        if base in _MOVES and len(outs) == 1 and sources and sources[0]:
            origin[outs[0]] = sources[0]
        if not from_x.isdisjoint(used for value in (*arguments, *keywords.values()) for used in _tensors(value)):
            from_x.update(outs)


def _taken_apart(ops: list[Any]) -> Iterator[str]:
    """Stored tensors whose numbers, or what is made of them alone, are read as bits."""
    lineage: dict[str, frozenset[str]] = {}
    from_x = {"x"}
    for name, arguments, keywords, results in ops:
        used = [one for value in (*arguments, *keywords.values()) for one in _tensors(value)]
        below = frozenset().union(
            *(lineage.get(u, frozenset({u.removeprefix("w:")} if u.startswith("w:") else ())) for u in used)
        )
        if name.startswith(_BITWISE) and from_x.isdisjoint(used):
            yield from below
        mixed = not from_x.isdisjoint(used)
        for one in _results(results):
            if mixed:
                from_x.add(one)
            elif below:
                lineage[one] = below


def on_inputs(found: Written) -> set[str]:
    """Names of the operations that compute on the inputs; what is made of the weights alone could be made once."""
    names = set()
    for one in found.paths:
        from_x = {"x"}
        for name, arguments, keywords, results in one["ops"]:
            used = {u for value in (*arguments, *keywords.values()) for u in _tensors(value)}
            if not from_x.isdisjoint(used):
                names.add(name.rpartition(".")[0])
                from_x.update(_results(results))
    return names


def _tensor(value: Any) -> str:
    name = value.get("tensor") if isinstance(value, dict) else None
    return name if isinstance(name, str) else ""


def _source(value: Any, origin: Mapping[str, str]) -> str:
    """The stored tensor that an argument is, perhaps in another shape; empty for any other."""
    name = _tensor(value)
    return name.removeprefix("w:") if name.startswith("w:") else origin.get(name, "")


def _tensors(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _tensors(one)
    elif name := _tensor(value):
        yield name


def _results(results: Any) -> Iterator[str]:
    if isinstance(results, str):
        yield results
    elif isinstance(results, list):
        for one in results:
            yield from _results(one)
    elif isinstance(results, dict) and "results" in results:
        yield from _results(results["results"])
