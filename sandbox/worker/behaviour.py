"""What a program does at first, as one short string: programs that begin alike get the same one, however they are written.

For harnesses: `from behaviour import behaviour`. Names of classes and attributes do not count, what is computed does.
"""

from __future__ import annotations

import hashlib
import inspect
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import torch

DIGITS = 5  # significant digits of a number that count: two orders of one sum are the same behaviour


def _tree(model: torch.nn.Module) -> list[str]:
    """Torch's own modules in order, with their settings; a candidate's classes only hold them together."""
    torch_modules = [m for m in model.modules() if type(m).__module__.startswith("torch.")]
    return [f"{type(m).__name__}({m.extra_repr()})" for m in torch_modules]


def _numbers(tensors: Iterable[torch.Tensor]) -> list[str]:
    text = []
    for tensor in tensors:
        values = tensor.detach().double().flatten().tolist()
        text.append(f"{tuple(tensor.shape)}:" + ",".join(f"{value + 0.0:.{DIGITS - 1}e}" for value in values))
    return text


def _settings(optimizer: Any) -> list[str]:
    lines = [type(optimizer).__name__]
    for group in getattr(optimizer, "param_groups", ()):
        plain = {k: v for k, v in group.items() if k != "params" and not isinstance(v, torch.Tensor)}
        lines.append(f"{len(group.get('params', ()))} {sorted(plain.items(), key=lambda item: item[0])}")
    return lines


def _usual(output: torch.Tensor, batch_y: torch.Tensor) -> torch.Tensor:
    """For harnesses that do not say which loss they train with."""
    if not batch_y.is_floating_point() and output.dim() > 1:
        return torch.nn.functional.cross_entropy(output, batch_y)
    return torch.nn.functional.mse_loss(output, batch_y.to(output.dtype))


def _rates(optimizer: Any, scheduler: Any, steps: int) -> list[str]:
    """Learning rates as the schedule goes on; it may end before `steps`."""
    rates = []
    wants_metric = scheduler is not None and "metrics" in inspect.signature(scheduler.step).parameters
    for _ in range(steps if scheduler is not None else 1):
        rates.append(",".join(f"{float(group['lr']):.6e}" for group in getattr(optimizer, "param_groups", ())))
        if scheduler is not None:
            try:
                scheduler.step(1.0) if wants_metric else scheduler.step()
            except ValueError:  # a one-cycle schedule refuses to go past its end
                break
    return rates


class NotAnyNumber(Exception):
    """The model does not take any number of examples."""

    failure = "contract"


def _one_alone(model: torch.nn.Module, batch_x: torch.Tensor, output: torch.Tensor) -> None:
    """Raises where the model cannot take one example alone, which may be all that is left for the end of a prediction."""
    try:
        alone = model(batch_x[:1])
    except Exception as error:
        error.failure = NotAnyNumber.failure  # type: ignore[attr-defined]
        error.add_note("this is one example alone: a model must take any number of them")
        raise
    wanted = (1, *output.shape[1:])
    if len(output) == len(batch_x) and alone.shape != wanted:
        came = f"of one example alone the model makes an output of shape {tuple(alone.shape)}, expected {wanted}"
        raise NotAnyNumber(f"{came}: it must take any number of examples (squeeze() without an axis?)")


def behaviour(
    model: torch.nn.Module,
    optimizer: Any,
    scheduler: Any,
    batch_x: torch.Tensor,
    batch_y: torch.Tensor,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = _usual,
    steps: int = 256,
) -> str:
    """A hash of 16 hex digits of what a built model, its optimiser and its schedule do.

    Built from: torch's modules in the model and their settings; shapes of parameters; the optimiser's class and its
    settings per group; the output on `batch_x` in training and evaluation mode; the parameters after one real step on
    (`batch_x`, `batch_y`) of `loss`, the harness's own; `steps` learning rates of the schedule. All three are used up by it:
    build anew to train. The caller seeds torch before it builds the model, so that equal initialisation is found equal.

    It is a hint for the author that a change does nothing at first. What acts later, such as an average of weights, is not in it,
    so no two programs share an outcome for it.
    """
    parts = _tree(model)
    parts += [f"{tuple(p.shape)} {p.requires_grad}" for p in model.parameters()]
    parts += _settings(optimizer)
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.eval()
        torch.manual_seed(0)
        with torch.no_grad():
            output = model(batch_x)
            _one_alone(model, batch_x, output)
        parts += _numbers([output])
        model.train()
        torch.manual_seed(0)
        output = model(batch_x)
        parts += _numbers([output])
        optimizer.zero_grad()
        loss(output, batch_y).backward()
        optimizer.step()
        parts += _numbers(model.parameters())
        parts += _rates(optimizer, scheduler, steps)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
