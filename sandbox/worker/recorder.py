"""What torch does under it, as a list of operations on numbered tensors."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import torch
from looks import LOOKS, SHAPED  # type: ignore[import-not-found]
from operations import Untraceable, operation  # type: ignore[import-not-found]
from torch.utils._python_dispatch import TorchDispatchMode

MAX_OPS = 20_000
_numpy = torch.Tensor.numpy  # as it is while nothing is followed
_KINDS = {"dtype": torch.dtype, "layout": torch.layout, "format": torch.memory_format, "device": torch.device}


def _place(tensor: torch.Tensor) -> tuple[Any, ...] | None:
    """Where and how a tensor lies in memory; None for one that has nothing there, or is sparse."""
    if tensor.layout is not torch.strided or not tensor.numel():
        return None
    return tensor.data_ptr(), tensor.dtype, tuple(tensor.shape), tensor.stride()


def constant_name(tensor: torch.Tensor) -> str:
    """The name of a tensor that is no weight: by its content."""
    body = _numpy(tensor.detach().cpu().contiguous().flatten().view(torch.uint8)).tobytes()
    return f"c:{hashlib.sha256(body).hexdigest()[:16]}/{'x'.join(map(str, tensor.shape))}"


class Recorder(TorchDispatchMode):
    def __init__(self, weights: dict[str, torch.Tensor], x: torch.Tensor | None) -> None:
        super().__init__()
        self.ops: list[Any] = []
        self.constants: dict[str, torch.Tensor] = {}
        self.looks = self.floats = False  # whether the pass looked at its inputs, and read a number that is no choice
        self._names = {id(tensor): f"w:{name}" for name, tensor in weights.items()}
        # a parameter may come by another object (`.data`, a tied name): the same memory, read the same way, is the same
        self._places = {_place(tensor): f"w:{name}" for name, tensor in weights.items()}
        self._places.pop(None, None)
        self._alive: list[torch.Tensor] = [*weights.values()]  # so that no id and no memory is used again
        self._from_x: set[str] = set()
        self._made = 0
        if x is not None:
            self._know(x, "x")
            self._from_x.add("x")

    def name(self, tensor: torch.Tensor) -> str:
        """The number or name of a tensor; one that nobody has seen is a constant, kept as it is now."""
        if id(tensor) not in self._names:
            self._know(tensor, self._places.get(_place(tensor)) or self.stranger(tensor))
        return self._names[id(tensor)]

    def stranger(self, tensor: torch.Tensor) -> str:
        if tensor.layout is not torch.strided:
            raise Untraceable(
                "the model keeps a sparse tensor; keep its indices and values, and put it together in forward()"
            )
        name = constant_name(tensor)
        self.constants[name] = tensor.detach().clone()
        return name

    def _know(self, tensor: torch.Tensor, name: str) -> None:
        self._alive.append(tensor)
        self._names[id(tensor)] = name

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name, kwargs = str(func), kwargs or {}
        operation(name, args, kwargs)
        return self.record(func, name, args, kwargs)

    def record(self, func: Any, name: str, args: Any, kwargs: Any) -> Any:
        used: list[str] = []
        arguments = self._encode(args, used)
        keywords = {key: self._encode(value, used) for key, value in kwargs.items()}
        from_x = not self._from_x.isdisjoint(used)
        made = func(*args, **kwargs)
        if len(self.ops) >= MAX_OPS:
            raise Untraceable(f"the forward pass has more than {MAX_OPS} operations")
        self.ops.append([name, arguments, keywords, self._results(made, from_x)])
        if from_x:
            self._look(name, args, made)
        return made

    def _look(self, name: str, args: Any, made: Any) -> None:
        """Make of a result that depends on the inputs' values a condition of this list."""
        if name.startswith(LOOKS):
            self.looks = True
            self.floats |= isinstance(made, float)
            self.ops[-1][3] = {"read": None if isinstance(made, float) else made}
        elif name.startswith(SHAPED) or (name.startswith("aten.index.") and _masked(args[1])):
            self.looks = True
            first = made if isinstance(made, torch.Tensor) else made[0]
            self.ops[-1][3] = {"shape": list(first.shape), "results": self.ops[-1][3]}

    def _results(self, made: Any, from_x: bool) -> Any:
        if isinstance(made, torch.Tensor):
            if id(made) not in self._names:
                self._made += 1
                self._know(made, str(self._made))
                if (place := _place(made)) is not None:
                    self._places[place] = str(self._made)
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


class StepRecorder(Recorder):
    """Writes parts of a training step down by shapes alone: nothing is kept of any number, so nothing may depend on one."""

    def __init__(self) -> None:
        super().__init__({}, None)

    def part(self) -> list[Any]:
        """What was done since the last part. What was made in it is a stranger to the next."""
        done, self.ops, self._names, self._places = self.ops, [], {}, {}
        return done

    def stranger(self, tensor: torch.Tensor) -> str:
        if tensor.layout is not torch.strided:
            raise Untraceable("a training step keeps a sparse tensor")
        kind = str(tensor.dtype).removeprefix("torch.")
        self._made += 1  # each its own: two parameters of one shape are two
        return f"z:{kind}/{'x'.join(map(str, tensor.shape))}#{self._made}"

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name, kwargs = str(func), kwargs or {}
        if name.startswith("profiler."):
            return func(*args, **kwargs)
        operation(name, args, kwargs, chance=True)
        if name.startswith(("aten.index.", "aten.index_put")) and _masked(args[1]):
            args = (
                args[0],
                self._numbered(args[1]),
                *args[2:],
            )  # how many rows a mask takes, other numbers would not tell
        made = self.record(func, name, args, kwargs)
        if name.startswith(SHAPED):
            self.ops[-1][3] = None
            for one in [made] if isinstance(made, torch.Tensor) else made:
                self._know(one, self.stranger(one))
        return made

    def _numbered(self, indices: Any) -> list[Any]:
        """The same indices with the rows that a mask takes in its place."""
        found: list[Any] = []
        for one in indices:
            if _masked([one]):
                rows = self.__torch_dispatch__(torch.ops.aten.nonzero.default, (), (one,))
                found += self.__torch_dispatch__(torch.ops.aten.unbind.int, (), (rows, 1))
            else:
                found.append(one)
        return found


def _masked(indices: Any) -> bool:
    return any(isinstance(one, torch.Tensor) and one.dtype in (torch.bool, torch.uint8) for one in indices)
