"""What a built model consists of, for authors: the parts that the program's own classes make, their parameters and shapes.

For harnesses: `from anatomy import anatomy`. It is told from inside, so it is a hint: nothing that counts rests on it.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

MOST = 40  # parts in one answer
LONGEST = 80  # characters of a name
ROOM = 16 << 10  # bytes of the whole answer as JSON: it shares a frame with what else a check tells
AXES = 8  # of a tensor whose shape is told
Place = tuple[str, int]  # a file of the program and a line in it, from 1


def anatomy(program: Any, model: torch.nn.Module, x: torch.Tensor) -> list[dict[str, Any]]:
    """The parts of `model` as they are met in one forward pass on the examples `x`; empty where anything goes wrong.

    A part is the model itself or a module whose class stands in a file beside that of `program`; where there are few of them, modules
    directly inside them are told too, and where there are too many, each class once, `times` saying for how many. Of each:

        name, kind      as in `named_modules`, "" for the model itself; name of its class
        file, line      where the code of the class begins; null for a class of torch's
        params          numbers in its parameters, each once
        own             those that no other part holds, so that `own` of all adds up to the model; 0 for a class of torch's inside a part
        times           how many modules it stands for
        in, out         shapes without the first axis, of the first call; null where that is no single tensor with a row for each example

    The model's mode, and the random numbers of whatever follows, are what they were.
    """
    try:
        folder = os.path.dirname(os.path.abspath(program.__file__))
        with _as_it_was(model), torch.no_grad():
            parts = _parts(folder, model, _shapes(model, x))
        while len(json.dumps(parts)) > ROOM:
            parts.pop()
        return parts
    except Exception:  # whatever a candidate's classes raise: the check has passed without this
        return []


def _parts(folder: str, model: torch.nn.Module, shapes: dict[int, list[Any]]) -> list[dict[str, Any]]:
    modules = dict(model.named_modules())  # each once, under its first name
    places = {name: _place(type(module), folder) for name, module in modules.items()}
    mine = [name for name in modules if name == "" or places[name]]
    own = _shared_out(modules, mine)
    if len(mine) > MOST:
        mine, times = _one_a_class(modules, mine, own)
    else:
        children = [name for name in modules if name and name not in mine and name.rpartition(".")[0] in mine]
        times = {}
        if len(mine) + len(children) <= MOST:
            mine = [name for name in modules if name in mine or name in children]
    return [
        _told(name, modules[name], places[name], own.get(name, 0), times.get(name, 1), shapes.get(id(modules[name])))
        for name in mine[:MOST]
    ]


def _told(
    name: str, module: torch.nn.Module, place: Place | None, own: int, times: int, shapes: list[Any] | None
) -> dict[str, Any]:
    file, line = place or (None, None)
    into, out = shapes or (None, None)
    params = sum(p.numel() for p in module.parameters())
    counts = {"params": params, "own": own, "times": times}
    kind = type(module).__name__[:LONGEST]
    return {"name": name[:LONGEST], "kind": kind, "file": file, "line": line, **counts, "in": into, "out": out}


def _shared_out(modules: dict[str, torch.nn.Module], mine: list[str]) -> dict[str, int]:
    """Each parameter given to the innermost part that holds it; one that is held twice, to the first."""
    own, seen = dict.fromkeys(mine, 0), set()
    for name, module in modules.items():
        holder = name
        while holder not in own:
            holder = holder.rpartition(".")[0]
        for parameter in module.parameters(recurse=False):
            if id(parameter) not in seen:
                seen.add(id(parameter))
                own[holder] += parameter.numel()
    return own


def _one_a_class(
    modules: dict[str, torch.nn.Module], mine: list[str], own: dict[str, int]
) -> tuple[list[str], dict[str, int]]:
    """The first part of each class, which takes over what its like hold, and for how many it stands."""
    first: dict[type, str] = {}
    times: dict[str, int] = {}
    for name in mine:
        stands = first.setdefault(type(modules[name]), name)
        times[stands] = times.get(stands, 0) + 1
        if stands != name:
            own[stands] += own[name]
    return list(first.values()), times


def _place(kind: type, folder: str) -> Place | None:
    """File and line where the code of the class, or of the nearest class that it is made from, begins in the program; None where it is
    none of its classes. A class without functions of its own says nothing of where it stands."""
    for one in kind.__mro__:
        codes = [c for value in vars(one).values() for c in _codes(value) if c.co_filename.startswith(folder + os.sep)]
        if codes:
            file = codes[0].co_filename
            return os.path.relpath(file, folder)[:LONGEST], min(
                c.co_firstlineno for c in codes if c.co_filename == file
            )
    return None


def _codes(value: Any) -> Iterator[Any]:
    """The code of a method, however it is wrapped."""
    value = getattr(value, "fget", None) or getattr(value, "__func__", None) or value
    for _ in range(8):
        if hasattr(value, "__code__"):
            yield value.__code__
        value = getattr(value, "__wrapped__", None)
        if value is None:
            return


def _shapes(model: torch.nn.Module, x: torch.Tensor) -> dict[int, list[Any]]:
    """Shapes of what goes in and comes out of each module in one forward pass, by its id."""
    found: dict[int, list[Any]] = {}

    def seen(module: torch.nn.Module, given: tuple[Any, ...], named: dict[str, Any], made: Any) -> None:
        alone = [*given, *named.values()]
        found.setdefault(id(module), [_shape(alone[0] if len(alone) == 1 else None, len(x)), _shape(made, len(x))])

    hooks = [module.register_forward_hook(seen, with_kwargs=True) for module in model.modules()]
    try:
        model(x)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _shape(tensor: Any, rows: int) -> list[int] | None:
    if not isinstance(tensor, torch.Tensor) or not 0 < tensor.dim() <= AXES or tensor.shape[0] != rows:
        return None
    return [int(n) for n in tensor.shape[1:]]


@contextmanager
def _as_it_was(model: torch.nn.Module) -> Iterator[None]:
    """The model in eval mode inside; its mode, module by module, and all random states as before behind."""
    modes = [(module, module.training) for module in model.modules()]
    plain, numpy = random.getstate(), np.random.get_state()
    devices = sorted({p.device.index for p in model.parameters() if p.is_cuda})
    with torch.random.fork_rng(devices=devices):
        try:
            model.eval()
            yield
        finally:
            for module, training in modes:
                module.training = training
            random.setstate(plain)
            np.random.set_state(numpy)
