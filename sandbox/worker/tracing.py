"""A forward pass written down as data: torch's own operations on numbered tensors, run again without the code.

For harnesses: `from tracing import load_weights, write_down, write_step`. The clean pass (`clean.py`) runs such a list where no
candidate's code has ever been, so what it counts and times there cannot be forged: a list that reproduces the predictions
*is* a program that makes them.

A pass that looks at its inputs (a guard against NaN, an early exit, a mixture of experts) is followed example by example: every way
it goes is a list of its own, with the looks in it as conditions, so that which list an example takes is decided by operations too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np
import torch
from operations import Untraceable  # type: ignore[import-not-found]
from recorder import Recorder, StepRecorder, constant_name  # type: ignore[import-not-found]
from replaying import load_weights  # type: ignore[import-not-found]

__all__ = ["load_weights", "trace", "write_down", "write_step"]

Emit = Callable[[str, dict[str, Any], dict[str, Any]], None]
_UNSEEN = ("tolist", "numpy", "__array__", "__dlpack__")
MAX_PATHS = 64  # ways that the examples of one program may go


def write_down(
    model: torch.nn.Module,
    weights: dict[str, torch.Tensor],
    x: torch.Tensor,
    emit: Emit,
    batch: int = 100,
    examples: Sequence[tuple[torch.Tensor, Sequence[int]]] = (),
) -> None:
    """Send the frame "graph": how `model` makes its scores in eval mode, or the reason why it cannot be written down.

    `weights` are the model's stored tensors by name, as the harness sends them after training; `x` is inputs (N, ...).
    `examples` are inputs with the rows that are followed one by one where the pass looks at them; left out, the first of `x`.
    Sent are uint8 texts, "paths" (lists for one example), "many" (of `batch`; null where ways differ), "timed" (one example
    with torch's fused layers as they are; null where it is the same list), "made" (see `_made`), and the constants.
    """
    try:
        single, constants = trace(model, weights, x[:1])
        many, more = trace(model, weights, x[:batch])
        if single["looks"] or many["looks"]:
            paths, constants = _paths(model, weights, examples or [(x, range(min(len(x), batch)))])
            whole, more = None, {}
        else:
            paths, whole = [single], many
        timed = _fused(model, weights, x[:1]) if whole else None
    except Untraceable as e:
        emit("graph", {"reason": str(e)}, {})
        return
    told = {"paths": paths, "many": whole, "timed": None if timed == single else timed, "made": _made(model, weights)}
    texts = {name: np.frombuffer(json.dumps(value).encode(), np.uint8) for name, value in told.items()}
    emit("graph", {}, {**texts, **constants, **more})


def _made(model: torch.nn.Module, weights: dict[str, torch.Tensor]) -> list[str]:
    """Names of constants that are the model's own buffers, made again whenever it is built instead of stored."""
    known = {id(tensor) for tensor in weights.values()}
    return sorted({constant_name(b) for b in model.buffers() if id(b) not in known and b.layout is torch.strided})


def _fused(model: torch.nn.Module, weights: dict[str, torch.Tensor], x: torch.Tensor) -> dict[str, Any] | None:
    """The list with torch's fused layers; None where it needs constants that the plain one has not."""
    try:
        graph, constants = trace(model, weights, x, plain=False)
    except Untraceable:
        return None
    return None if constants else graph


def _paths(
    model: torch.nn.Module, weights: dict[str, torch.Tensor], examples: Sequence[tuple[torch.Tensor, Sequence[int]]]
) -> tuple[list[dict[str, Any]], dict[str, torch.Tensor]]:
    """Every way that these examples go, the most usual first, and the constants of all. Raises Untraceable."""
    found: dict[str, tuple[int, dict[str, Any]]] = {}
    constants: dict[str, torch.Tensor] = {}
    for inputs, rows in examples:
        for row in rows:
            graph, more = trace(model, weights, inputs[row : row + 1])
            text = json.dumps(graph["ops"])
            found[text] = (found.get(text, (0, graph))[0] + 1, graph)
            constants |= more
            if len(found) > MAX_PATHS:
                raise Untraceable(
                    f"the forward pass looks at its inputs and goes more than {MAX_PATHS} ways; decide with torch.where and "
                    "masks, not with Python numbers"
                )
    if len(found) > 1 and any(graph["floats"] for _, graph in found.values()):
        raise Untraceable(
            "the forward pass reads a number of its inputs (.item(), float()) and goes different ways; compare with tensors "
            "(`if (x > 1).any()`), or use torch.where"
        )
    return [graph for _, graph in sorted(found.values(), key=lambda pair: -pair[0])], constants


def trace(
    model: torch.nn.Module, weights: dict[str, torch.Tensor], x: torch.Tensor, plain: bool = True
) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """The forward pass of `model` in eval mode on `x` (N, ...) as a JSON object, and the constants besides the weights.

    `plain` has attention and recurrent layers as products and sums. Raises Untraceable.
    """
    model.eval()
    recorder = Recorder(weights, x)
    with _step_by_step(plain), _readings_followed(), torch.no_grad(), recorder:
        output = model(x)
    if not isinstance(output, torch.Tensor):
        raise Untraceable(f"the model returns {type(output).__name__}, expected one tensor")
    graph = {
        "batch": len(x),
        "weights": {name: str(tensor.dtype) for name, tensor in weights.items()},
        "ops": recorder.ops,
        "output": recorder.name(output),
        "looks": recorder.looks,
        "floats": recorder.floats,
    }
    return graph, recorder.constants


def write_step(model: torch.nn.Module, learn: Callable[[], Any], update: Callable[[], Any], emit: Emit) -> None:
    """Send the frame "step": the operations of one training step, or the reason why not.

    `learn()` is its forward and backward pass, `update()` what its optimiser does; sent are uint8 texts of these names. Only
    shapes count: tensors are named by them. One step is taken before, since optimisers make their state then.
    """
    model.train()
    learn()
    update()
    recorder = StepRecorder()
    parts = {}
    try:
        for name, call in (("learn", learn), ("update", update)):
            with _readings_told(), recorder:
                call()
            parts[name] = np.frombuffer(json.dumps(recorder.part()).encode(), np.uint8)
    except Untraceable as e:
        emit("step", {"reason": str(e)}, {})
        return
    emit("step", {}, parts)


@contextmanager
def _readings(instead: dict[str, Callable[..., Any]]) -> Iterator[None]:
    """These functions in the place of methods by which a tensor's numbers leave torch's sight, unseen by any recorder."""
    kept = {name: getattr(torch.Tensor, name) for name in instead}
    try:
        for name, method in instead.items():
            setattr(torch.Tensor, name, method)
        yield
    finally:
        for name, method in kept.items():
            setattr(torch.Tensor, name, method)


def _readings_followed() -> AbstractContextManager[None]:
    """`tolist` as the reading of each number, which is followed; what takes numbers away past torch says that it cannot be."""

    def tolist(tensor: torch.Tensor) -> Any:
        return [tolist(one) for one in tensor.unbind(0)] if tensor.ndim else tensor.item()

    def beyond(tensor: torch.Tensor, *given: Any, **named: Any) -> Any:
        raise Untraceable("the forward pass hands numbers to numpy, where they cannot be followed; compute with torch")

    return _readings({name: tolist if name == "tolist" else beyond for name in _UNSEEN})


def _readings_told() -> AbstractContextManager[None]:
    """Each of them as it is, and with it one number read in torch's sight: that the step goes by numbers stands in its list."""

    def told(name: str) -> Callable[..., Any]:
        method = getattr(torch.Tensor, name)

        def read(tensor: torch.Tensor, *given: Any, **named: Any) -> Any:
            if tensor.numel():
                tensor.detach().flatten()[0].item()
            return method(tensor, *given, **named)

        return read

    return _readings({name: told(name) for name in _UNSEEN})


@contextmanager
def _step_by_step(plain: bool) -> Iterator[None]:
    """Attention and recurrent layers as products and sums, not as one operation each, when `plain`."""
    if not plain:
        yield
        return
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
