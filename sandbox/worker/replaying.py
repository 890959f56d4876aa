"""Lists of operations run again where no candidate's code is loaded, and the numbers that they run on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from operations import operation  # type: ignore[import-not-found]


class Elsewhere(Exception):
    """This list is not the way that these inputs go."""


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


def replay(
    graph: Mapping[str, Any],
    tensors: Mapping[str, torch.Tensor],
    x: torch.Tensor,
    watch: Callable[[str, Sequence[Any]], None] | None = None,
) -> torch.Tensor:
    """What the written-down forward pass gives for `x` (N, ...), N as it was traced. `tensors`: "w:NAME", "c:NAME".

    `watch` is told of every operation before it runs. Raises Elsewhere when these inputs go another way.
    """
    known: dict[str, torch.Tensor] = {**tensors, "x": x}
    for name, arguments, keywords, results in graph["ops"]:
        given = _decode(arguments, known, x.device)
        named = {key: _decode(value, known, x.device) for key, value in keywords.items()}
        if watch is not None:
            watch(name, given)
        made = operation(name, given, named)(*given, **named)
        _bind(results, made, known)
    return known[graph["output"]]


def prepared(ops: Sequence[Any], tensors: dict[str, torch.Tensor], device: torch.device) -> Callable[[], None]:
    """A list of operations ready to run many times as code would run it: what can be looked up before is, and what nobody needs
    any more is let go of. A training step runs in grad mode, though nothing is differentiated: layers keep more in it.
    """
    last: dict[str, int] = {}
    for at, (_, arguments, keywords, results) in enumerate(ops):
        for name in _names([arguments, list(keywords.values()), results]):
            last[name] = at
    over: dict[int, list[str]] = {}
    for name, at in last.items():
        if name not in tensors:
            over.setdefault(at, []).append(name)
    calls = [
        (operation(name, (), {}, chance=True), arguments, keywords, results, over.get(at, []))
        for at, (name, arguments, keywords, results) in enumerate(ops)
    ]

    def run() -> None:
        known = dict(tensors)
        for function, arguments, keywords, results, done in calls:
            given = [
                known[a["tensor"]] if type(a) is dict and "tensor" in a else _decode(a, known, device)
                for a in arguments
            ]
            named = {key: _decode(value, known, device) for key, value in keywords.items()} if keywords else {}
            made = function(*given, **named)
            if type(results) is str:
                known[results] = made
            elif results is not None:
                _bind(results, made, known, check=False)
            for name in done:
                known.pop(name, None)

    return run


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _names(one)
    elif isinstance(value, dict):
        yield from _names([value.get("tensor"), value.get("results")])


def leaves(ops: Sequence[Any], device: torch.device) -> dict[str, torch.Tensor]:
    """Tensors for a step's list, of the shapes that their names say. Raises ValueError on a name that says none."""
    found: dict[str, torch.Tensor] = {}

    def collect(value: Any) -> None:
        if isinstance(value, dict) and str(value.get("tensor", "")).startswith("z:"):
            name = value["tensor"]
            kind, _, shape = name.removeprefix("z:").partition("/")
            dtype = getattr(torch, kind)
            sizes = [int(size) for size in shape.partition("#")[0].split("x") if size]
            filled = torch.rand(sizes, device=device) if dtype.is_floating_point else torch.zeros(sizes, device=device)
            found.setdefault(name, filled.to(dtype))
        elif isinstance(value, list):
            for one in value:
                collect(one)

    for _, arguments, keywords, _ in ops:
        collect(arguments)
        collect(list(keywords.values()))
    return found


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


def _bind(results: Any, made: Any, known: dict[str, torch.Tensor], check: bool = True) -> None:
    if isinstance(results, str):
        known[results] = made
    elif isinstance(results, list):
        for name, one in zip(results, made, strict=True):
            _bind(name, one, known, check)
    elif isinstance(results, dict) and "shape" in results:
        first = made if isinstance(made, torch.Tensor) else made[0]
        if check and list(first.shape) != results["shape"]:
            raise Elsewhere
        _bind(results["results"], made, known, check)
    elif isinstance(results, dict) and check and results["read"] is not None and results["read"] != made:
        raise Elsewhere
