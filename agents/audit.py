"""The audit: a fresh sandbox gets a candidate's code and weights alone and must make the same predictions again.

Two passes. In the first the candidate's code builds the model and its forward pass is written down as a list of torch's own
operations. In the second no candidate's code is loaded at all: the list runs on the weights, must give the predictions that
the training sent, validation and sealed test, and is counted and timed. So what an elite is credited with can be had from
what it stored, and neither floating-point operations nor latency can be forged.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sandbox.worker
from agents.attempts import Lost, run_twice
from sandbox.contract import Frame, Job, JobResult, Limits, Sandbox, SandboxError, SandboxUnavailable
from sandbox.worker.wire import parsed

if TYPE_CHECKING:
    import numpy as np

CLEAN = Path(sandbox.worker.__file__).with_name("clean.py")
# running statistics of a normalisation layer are measured, not learnt, and not counted, as everybody reports it
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
_NORMS = ("aten.native_batch_norm.", "aten.cudnn_batch_norm.", "aten._native_batch_norm_legit")
_ALLOWED_HIDDEN = 64  # numbers in the code besides the weights, plus a hundredth of these: slopes, epsilons, kernels
_AGREEING = 0.999  # share of scores that must agree
_MOST_TEXT = 16 << 20  # characters of both written passes; a large network's are some hundred thousand
_DEEPEST = 16  # lists within lists in a written pass; shapes and the like take seven
_MOST_VALUES = 1_000_000  # lists, tables and their members in one text; the most operations there may be need a tenth


@dataclass(frozen=True)
class Finding:
    """What an audit found: a reason to strike the candidate, or what was measured in the clean pass."""

    fault: str = ""  # empty: it holds
    measured: dict[str, float] = field(default_factory=dict)  # flops, latency_ms, batch_s; empty when not traceable
    note: str = ""  # why nothing was measured


def _untold(job: Job, attempt: int, why: SandboxError) -> None:
    """Where no run keeps a record."""


class Auditor:
    """Asked by the Trainer. Its sandbox is its own, shows inputs and no training data, and is started when first needed."""

    def __init__(
        self,
        harness: str,
        settings: Mapping[str, Any],
        limits: Limits,
        inputs: Path,
        room: Sandbox,
        lost: Lost = _untold,
    ) -> None:
        self._harness, self._settings, self._limits = harness, dict(settings), limits
        self._inputs, self._room, self._lost = inputs, room, lost

    async def audit(
        self, identity: str, files: dict[str, str], weights: Mapping[str, np.ndarray], told: Mapping[str, np.ndarray]
    ) -> Finding:
        """Whether code and weights alone give what the training told: scores of "val" and "test". Raises SandboxError."""
        try:
            await self._room.start()
        except SandboxUnavailable as e:  # in the middle of a run it is no matter of set-up
            raise SandboxError(f"the sandbox of the audit did not start: {e}") from e
        first = await self._pass(f"{identity}-audit", files, self._harness, self._settings, weights)
        if first.failure:
            return Finding(f"the code does not run on its own weights: {_last_line(first)}")
        if fault := _differs(first, told):
            return Finding(fault)
        graph, reason = await asyncio.to_thread(written, first)
        if graph is None:
            if statistics := _statistics(weights):
                return Finding(f"{len(statistics)} statistics are not counted, and may be parameters: {reason}")
            return Finding(note=reason)
        if fault := hidden(graph, weights):
            return Finding(fault)
        given = {f"w:{name}": value for name, value in weights.items()} | graph["constants"]
        settings = {**self._settings, "graphs": [graph["single"], graph["many"]]}
        clean = await self._pass(f"{identity}-clean", {"program.py": ""}, CLEAN.read_text(), settings, given)
        if clean.failure:
            return Finding(f"its operations do not run without its code: {_last_line(clean)}")
        if fault := _differs(clean, told):
            return Finding(f"its operations alone give something else: {fault}")
        return Finding(measured=next((f.meta for f in clean.frames if f.kind == "measured"), {}))

    async def _pass(
        self, name: str, files: dict[str, str], harness: str, settings: dict[str, Any], arrays: Mapping[str, np.ndarray]
    ) -> JobResult:
        job = Job(name, "audit", files, harness, self._inputs, settings, self._limits, arrays)
        return await run_twice(self._room, job, self._lost)


def _last_line(result: JobResult) -> str:
    """Of what a candidate said of its end, which may be nothing."""
    return next(reversed(result.message.strip().splitlines()), str(result.failure))


def _differs(result: JobResult, told: Mapping[str, np.ndarray]) -> str:
    """How these predictions differ from those that were told; empty when they agree."""
    import numpy as np

    for split, wanted in told.items():
        found = [f.arrays["scores"] for f in result.frames if f.meta.get("split") == split and "scores" in f.arrays]
        if not found or found[-1].shape != wanted.shape:
            return f"no {split} predictions of shape {wanted.shape} came"
        scale = max(float(np.std(wanted)), 1e-6)
        near = float(np.mean(np.isclose(found[-1], wanted, rtol=1e-2, atol=1e-2 * scale)))
        if near < _AGREEING:
            return f"{100 * (1 - near):.1f} % of the {split} scores are not those of the training"
    return ""


def written(result: JobResult) -> tuple[dict[str, Any] | None, str]:
    """The forward pass that the first pass brought out, or the reason why there is none."""
    frame: Frame | None = next((f for f in result.frames if f.kind == "graph"), None)
    if frame is None:
        return None, "the task's harness writes no forward pass down (see docs/tasks.md)"
    if "reason" in frame.meta:
        return None, str(frame.meta["reason"])[:500]
    try:
        single, many = (parsed(frame.arrays[name].tobytes(), _DEEPEST, _MOST_VALUES) for name in ("single", "many"))
        for graph in (single, many):
            _checked(graph)
        if len(json.dumps([single, many])) > _MOST_TEXT:  # what the second pass could not be handed
            raise ValueError("length")
    except (KeyError, ValueError, TypeError, RecursionError, AttributeError) as e:
        return None, f"what should be a forward pass is none ({type(e).__name__})"
    constants = {name: value for name, value in frame.arrays.items() if name.startswith("c:")}
    return {"single": single, "many": many, "constants": constants}, ""


def _checked(graph: dict[str, Any]) -> None:
    """Raises KeyError, ValueError, TypeError or AttributeError when this is not a list of operations."""
    if not _shallow(graph, _DEEPEST):
        raise ValueError("depth")
    if not (isinstance(graph["batch"], int) and isinstance(graph["output"], str)):
        raise ValueError("batch and output")
    if any(not kind.startswith("torch.") for kind in graph["weights"].values()):
        raise ValueError("weights")
    for name, arguments, keywords, _ in graph["ops"]:
        if not (isinstance(name, str) and isinstance(arguments, list) and isinstance(keywords, dict)):
            raise ValueError("an operation")


def _shallow(value: Any, most: int) -> bool:
    """Whether lists and tables lie in one another at most so deep."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return most > 0 and all(_shallow(one, most - 1) for one in inner)


def hidden(graph: Mapping[str, Any], weights: Mapping[str, np.ndarray]) -> str:
    """Why this forward pass uses more numbers than are counted; empty when it does not."""
    literals: set[float] = set()
    abused: set[str] = set()
    statistics = _statistics(weights)
    for one in (graph["single"], graph["many"]):
        for name, arguments, keywords, _ in one["ops"]:
            for place, value in enumerate(arguments):
                if name.startswith(_NORMS) and place in (3, 4):
                    continue
                abused |= _names(value) & statistics
                _collect(value, literals)
            for value in keywords.values():
                abused |= _names(value) & statistics
                _collect(value, literals)
    if abused:
        name = sorted(abused)[0]
        return f"{name} is used as a parameter, not as a statistic, and is not counted ({weights[name].size} numbers)"
    count = len(literals) + sum(value.size for value in graph["constants"].values())
    most = _ALLOWED_HIDDEN + sum(value.size for value in weights.values()) // 100
    if count > most:
        return f"{count} numbers lie outside the stored weights, at most {most} may: make them parameters or buffers"
    return ""


def _statistics(weights: Mapping[str, np.ndarray]) -> set[str]:
    return {name for name, value in weights.items() if is_statistic(name, value)}


def is_statistic(name: str, value: np.ndarray) -> bool:
    """Whether a stored tensor goes by the name and form of a running statistic."""
    return name.rpartition(".")[2] in STATISTICS and value.ndim <= 1


def _names(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(_names, value)) if value else set()
    name = value.get("tensor") if isinstance(value, dict) else None
    return {name.removeprefix("w:")} if isinstance(name, str) and name.startswith("w:") else set()


def _collect(value: Any, literals: set[float]) -> None:
    """Numbers written into the operations; sizes come in lists, and small whole numbers are places and switches."""
    if isinstance(value, float) or (type(value) is int and abs(value) >= 16):
        literals.add(value)
    elif isinstance(value, list):
        for one in value:
            if isinstance(one, float):
                literals.add(one)
