"""A forward pass written down as data: torch's own operations on numbered tensors, run again without the code.

For harnesses: `from tracing import load_weights, write_down`. The clean pass (`clean.py`) runs such a list where no
candidate's code has ever been, so what it counts and times there cannot be forged: a list that reproduces the predictions
*is* a program that makes them.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

MAX_OPS = 20_000
# an operation whose result leaves the world of tensors, so that the code could go another way for another input
_BRANCHES = ("aten._local_scalar_dense", "aten.is_nonzero", "aten.equal", "aten.item")
# operations that reach for files, or put other memory under a tensor, have no place in a forward pass; nor do those that
# are many in one, whose products nobody counts: `trace` has torch do these step by step
FORBIDDEN = (
    "aten.from_file", "aten.set_", "aten._pin_memory", "aten.set_data", "aten.resize_",
    "aten._native_multi_head_attention", "aten._transformer_encoder_layer_fwd", "aten.mkldnn_rnn_layer", "aten._cudnn_rnn",
    "aten.miopen_rnn", "aten._trilinear", "aten.conv_tbc",
)  # fmt: skip
_DROPOUT = ("dropout_p", "train", "training")  # where one of these is off, an operation draws nothing


class Untraceable(Exception):
    """This forward pass cannot be written down; the message says why."""


def load_weights(path: str | Path) -> dict[str, torch.Tensor]:
    """Name to tensor, from a safetensors file: a length, a JSON header and raw little-endian numbers."""
    raw = Path(path).read_bytes()
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + size])
    header.pop("__metadata__", None)
    kinds = {"F32": torch.float32, "F64": torch.float64, "F16": torch.float16, "I64": torch.int64, "I32": torch.int32,
             "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool}  # fmt: skip
    found = {}
    for name, entry in header.items():
        start, end = (8 + size + offset for offset in entry["data_offsets"])
        body = bytearray(raw[start:end])
        kind = kinds[entry["dtype"]]
        flat = torch.frombuffer(body, dtype=kind) if body else torch.empty(0, dtype=kind)
        found[name] = flat.reshape(entry["shape"])
    return found


def write_down(
    model: torch.nn.Module,
    weights: dict[str, torch.Tensor],
    x: torch.Tensor,
    emit: Callable[[str, dict[str, Any], dict[str, Any]], None],
    batch: int = 100,
) -> None:
    """Send the frame "graph": the forward pass of one example and of `batch` examples of `x`, or the reason why not.

    `weights` are the model's stored tensors by name, as the harness sends them after training.
    """
    try:
        single, constants = trace(model, weights, x[:1])
        many, more = trace(model, weights, x[:batch])
    except Untraceable as e:
        emit("graph", {"reason": str(e)}, {})
        return
    texts = {name: np.frombuffer(json.dumps(g).encode(), np.uint8) for name, g in (("single", single), ("many", many))}
    emit("graph", {}, {**texts, **constants, **more})


def trace(
    model: torch.nn.Module, weights: dict[str, torch.Tensor], x: torch.Tensor
) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """The forward pass of `model` in eval mode on `x` (N, ...) as a JSON object, and the constants besides the weights.

    Raises Untraceable.
    """
    model.eval()
    recorder = _Recorder(weights, x)
    with _step_by_step(), torch.no_grad(), recorder:
        output = model(x)
    if not isinstance(output, torch.Tensor):
        raise Untraceable(f"the model returns {type(output).__name__}, expected one tensor")
    graph = {
        "batch": len(x),
        "weights": {name: str(tensor.dtype) for name, tensor in weights.items()},
        "ops": recorder.ops,
        "output": recorder.name(output),
    }
    return graph, recorder.constants


def replay(graph: dict[str, Any], tensors: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """What the written-down forward pass gives for `x` (N, ...), N as it was traced. `tensors`: "w:NAME", "c:NAME"."""
    known: dict[str, torch.Tensor] = {**tensors, "x": x}
    for name, arguments, keywords, results in graph["ops"]:
        given = _decode(arguments, known, x.device)
        named = {key: _decode(value, known, x.device) for key, value in keywords.items()}
        made = operation(name, given, named)(*given, **named)
        _bind(results, made, known)
    return known[graph["output"]]


def operation(name: str, arguments: Sequence[Any], keywords: dict[str, Any]) -> Any:
    """One of torch's own operations by its full name. Raises Untraceable for any that has no place in a forward pass."""
    space, base, overload = name.split(".")
    if space != "aten" or f"{space}.{base}" in FORBIDDEN:
        raise Untraceable(f"operation {name} is not one of a forward pass")
    found = getattr(getattr(torch.ops.aten, base), overload)
    if torch.Tag.nondeterministic_seeded in found.tags:
        named = dict(zip((one.name for one in found._schema.arguments), arguments, strict=False)) | keywords
        named |= {one.name: one.default_value for one in found._schema.arguments if one.name not in named}
        # attention is made for dropout too; None stands for training
        if not any(isinstance(named.get(n), bool | float) and not named[n] for n in _DROPOUT):
            raise Untraceable(f"the forward pass draws random numbers in eval mode ({name})")
    return found


@contextmanager
def _step_by_step() -> Iterator[None]:
    """Attention and recurrent layers as products and sums, not as one operation each."""
    fast = torch.backends.mha.get_fastpath_enabled()
    kernels: tuple[Any, ...] = (torch.backends.mkldnn, torch.backends.cudnn)
    before = [k.enabled for k in kernels]
    torch.backends.mha.set_fastpath_enabled(False)
    for k in kernels:
        k.enabled = False
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
        for k, enabled in zip(kernels, before, strict=True):
            k.enabled = enabled


def _place(tensor: torch.Tensor) -> tuple[Any, ...]:
    return tensor.data_ptr(), tensor.dtype, tuple(tensor.shape), tensor.stride()


class _Recorder(TorchDispatchMode):
    def __init__(self, weights: dict[str, torch.Tensor], x: torch.Tensor) -> None:
        super().__init__()
        self.ops: list[Any] = []
        self.constants: dict[str, torch.Tensor] = {}
        self._names = {id(x): "x"} | {id(tensor): f"w:{name}" for name, tensor in weights.items()}
        # a parameter may come by another object (`.data`, a tied name): the same memory, read the same way, is the same
        self._places = {_place(tensor): f"w:{name}" for name, tensor in weights.items() if tensor.numel()}
        self._alive: list[torch.Tensor] = [x, *weights.values()]  # so that no id and no memory is used again
        self._from_x = {"x"}
        self._made = 0

    def name(self, tensor: torch.Tensor) -> str:
        """The number or name of a tensor; one that nobody has seen is a constant, kept as it is now."""
        if id(tensor) not in self._names:
            name = self._places.get(_place(tensor)) if tensor.numel() else None
            if name is None:
                body = tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes()
                name = f"c:{hashlib.sha256(body).hexdigest()[:16]}/{'x'.join(map(str, tensor.shape))}"
                self.constants[name] = tensor.detach().clone()
            self._know(tensor, name)
        return self._names[id(tensor)]

    def _know(self, tensor: torch.Tensor, name: str) -> None:
        self._alive.append(tensor)
        self._names[id(tensor)] = name

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name, kwargs = str(func), kwargs or {}
        operation(name, args, kwargs)
        used: list[str] = []
        arguments = self._encode(args, used)
        keywords = {key: self._encode(value, used) for key, value in kwargs.items()}
        from_x = not self._from_x.isdisjoint(used)
        if from_x and name.startswith(_BRANCHES):
            raise Untraceable(f"the forward pass looks at the values of its inputs ({name}) and may branch on them")
        made = func(*args, **kwargs)
        if len(self.ops) >= MAX_OPS:
            raise Untraceable(f"the forward pass has more than {MAX_OPS} operations")
        results = self._results(made, from_x)
        self.ops.append([name, arguments, keywords, results])
        return made

    def _results(self, made: Any, from_x: bool) -> Any:
        if isinstance(made, torch.Tensor):
            if id(made) not in self._names:
                self._made += 1
                self._know(made, str(self._made))
                self._places[_place(made)] = str(self._made)
            if from_x:
                self._from_x.add(self._names[id(made)])
            return self._names[id(made)]
        return [self._results(one, from_x) for one in made] if isinstance(made, list | tuple) else None

    def _encode(self, value: Any, used: list[str]) -> Any:
        if isinstance(value, torch.Tensor):
            used.append(self.name(value))
            return {"tensor": used[-1]}
        if isinstance(value, list | tuple):
            return [self._encode(one, used) for one in value]
        if isinstance(value, float) and not math.isfinite(value):
            return {"float": str(value)}
        if value is None or type(value) in (bool, int, float, str):
            return value
        for kind, type_ in _KINDS.items():
            if isinstance(value, type_):
                return {kind: str(value)}
        raise Untraceable(f"the forward pass uses a {type(value).__name__}")


_KINDS = {"dtype": torch.dtype, "layout": torch.layout, "format": torch.memory_format, "device": torch.device}


def _decode(value: Any, known: dict[str, torch.Tensor], device: torch.device) -> Any:
    if isinstance(value, list):
        return [_decode(one, known, device) for one in value]
    if not isinstance(value, dict):
        return value
    [(kind, text)] = value.items()
    if kind == "tensor":
        return known[text]
    if kind == "float":
        return float(text)
    return device if kind == "device" else getattr(torch, text.removeprefix("torch."))


def _bind(results: Any, made: Any, known: dict[str, torch.Tensor]) -> None:
    if isinstance(results, str):
        known[results] = made
    elif isinstance(results, list):
        for name, one in zip(results, made, strict=True):
            _bind(name, one, known)
