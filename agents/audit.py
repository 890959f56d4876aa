"""The audit: a fresh sandbox gets a candidate's code and weights alone and must make the same predictions again.

Three passes. In the first the candidate's code builds its model and nothing else: names and shapes of what it stores, and what it
predicts before it has learnt anything. In the second it has its weights, and its forward pass is written down as lists of torch's own
operations. In the third no candidate's code is loaded at all: the lists run on the weights, must give the predictions that the
training sent, validation and sealed test, and are counted. So what an elite is credited with can be had from what it stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sandbox.worker
from agents.agreement import differs
from agents.attempts import Lost, run_twice
from agents.written import Written, hidden, on_inputs, parameters, written
from sandbox.contract import Job, JobResult, Limits, Sandbox, SandboxError

if TYPE_CHECKING:
    import numpy as np

CLEAN = Path(sandbox.worker.__file__).with_name("clean.py")
# of what is not proven
CURE = "make the forward pass one that can be followed, or set allow_unproven = true in task.toml"
FOLLOWED = 200  # examples of a split that are followed one by one where a forward pass looks at them
_LONGEST_NAME = 200  # characters of the name of a stored tensor


@dataclass(frozen=True)
class Finding:
    """What an audit found: a reason to strike the candidate, or what was measured; `unproven` says why it is not proven."""

    fault: str = ""  # empty: it holds
    measured: dict[str, float] = field(default_factory=dict)
    unproven: str = ""  # why it could not be followed, or measured
    counted: str = ""  # why it has more parameters than its stored weights show
    untrained: np.ndarray | None = None  # validation scores before it has learnt anything
    fresh: np.ndarray | None = None  # scores of fresh inputs
    written: Written | None = None
    sizes: frozenset[int] = frozenset()  # of any axis of a tensor in its optimiser's update


@dataclass(frozen=True)
class Told:
    """What a training left: its weights, and the scores of "val" and "test" that it sent."""

    weights: Mapping[str, np.ndarray]
    scores: Mapping[str, np.ndarray]


class Secrets:
    """What a candidate must not know before its audit: which examples are followed, and fresh inputs (N, ...) if there are any."""

    def __init__(self, examples: Mapping[str, Sequence[int]], fresh: np.ndarray | None = None) -> None:
        self.examples = {split: [int(row) for row in rows] for split, rows in examples.items()}
        self.fresh = fresh


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
        classes: bool = True,
    ) -> None:
        """`classes`: predictions are class scores (N, C), else numbers."""
        self._harness, self._settings, self._limits = harness, dict(settings), limits
        self._inputs, self._room, self._lost, self._classes = inputs, room, lost, classes
        self._ours = replace(limits, frames=())  # no candidate's code sends frames there

    async def audit(self, identity: str, files: dict[str, str], told: Told, secrets: Secrets) -> Finding:
        """Whether code and weights alone give what the training told. Raises SandboxError."""
        untrained = None
        if '"layout"' in self._harness:  # harnesses of earlier versions know no look at the untrained model
            bare = await self._pass(f"{identity}-untrained", files, self._harness, self._settings)
            if bare.failure:
                return Finding(f"the code does not build its model without training data: {_last_line(bare)}")
            if fault := _misnamed(bare, told.weights):
                return Finding(fault)
            untrained = _scores(bare, "val")
        settings = {**self._settings, "examples": secrets.examples}
        first = await self._pass(f"{identity}-audit", files, self._harness, settings, told.weights)
        if first.failure:
            return Finding(f"the code does not run on its own weights: {_last_line(first)}")
        for split, wanted in told.scores.items():
            if fault := differs(_scores(first, split), wanted, self._classes):
                return Finding(f"{split}: {fault}")
        found, reason = await asyncio.to_thread(written, first)
        count, counted = parameters(found, told.weights)
        known = {"params": float(count)}
        if found is None:
            return Finding(measured=known, unproven=reason, counted=counted, untrained=untrained)
        if fault := hidden(found, told.weights):
            return Finding(fault)
        return await self._clean(identity, found, told, secrets, Finding("", known, "", counted, untrained))

    async def _clean(self, identity: str, found: Written, told: Told, secrets: Secrets, so_far: Finding) -> Finding:
        """What the lists alone give, and what they cost."""
        given = {f"w:{name}": value for name, value in told.weights.items()} | found.constants
        if secrets.fresh is not None:
            given["fresh"] = secrets.fresh
        settings = {
            **self._settings, "paths": found.paths, "many": found.many, "timed": found.timed, "step": found.step,
            "examples": secrets.examples, "followed": FOLLOWED,
        }  # fmt: skip
        job = Job(
            f"{identity}-clean",
            "audit",
            {"program.py": ""},
            CLEAN.read_text(encoding="utf-8"),
            self._inputs,
            settings,
            self._ours,
            given,
        )
        clean = await run_twice(self._room, job, self._lost)
        if clean.failure:
            return Finding(f"its operations do not run without its code: {_last_line(clean)}")
        wanted = dict(told.scores)
        if found.many is None:
            wanted = {split: scores[secrets.examples[split]] for split, scores in wanted.items()}
        if found.timed is not None:
            wanted["timed"] = told.scores["val"][secrets.examples["val"]]
        for split, scores in wanted.items():
            if fault := differs(_scores(clean, split), scores, self._classes):
                return Finding(f"its operations alone give something else: {split}: {fault}")
        told_of = next((f.meta for f in clean.frames if f.kind == "measured"), {})
        measured = dict(so_far.measured)
        unproven = ""
        if unknown := sorted(set(told_of["unknown"]) & on_inputs(found)):
            unproven = f"floating-point operations cannot be counted: {', '.join(unknown)} has no known formula"
        else:
            measured["flops"] = float(round(told_of["flops"]))
        measured |= {name: float(told_of[name]) for name in ("learn_flops", "update_flops") if name in told_of}
        sizes = frozenset(told_of.get("update_sizes", ()))
        return Finding("", measured, unproven, so_far.counted, so_far.untrained, _scores(clean, "fresh"), found, sizes)

    async def time(
        self, identity: str, own: tuple[Written, Told], seed: tuple[Written, Told], inputs: np.ndarray
    ) -> dict[str, dict[str, float]]:
        """Seconds of one example ("latency") and of a training step ("step"), by turns with the seed program's. Raises SandboxError.

        Empty where the lists do not run.
        """
        given: dict[str, np.ndarray] = {}
        pair = {}
        for who, (found, told) in (("own", own), ("seed", seed)):
            given |= {f"{who}/w:{name}": value for name, value in told.weights.items()}
            given |= {f"{who}/{name}": value for name, value in found.constants.items()}
            given[f"{who}/x"] = inputs
            pair[who] = {"paths": [found.timed] if found.timed else found.paths, "step": found.step}
        job = Job(
            f"{identity}-timed", "train", {"program.py": ""}, CLEAN.read_text(encoding="utf-8"), self._inputs,
            {**self._settings, "pair": pair}, self._ours, given,
        )  # fmt: skip
        result = await run_twice(self._room, job, self._lost)
        return {} if result.failure else {f.meta["what"]: f.meta for f in result.frames if f.kind == "timed"}

    async def _pass(
        self,
        name: str,
        files: dict[str, str],
        harness: str,
        settings: dict[str, Any],
        arrays: Mapping[str, np.ndarray] | None = None,
    ) -> JobResult:
        job = Job(name, "audit", files, harness, self._inputs, settings, self._limits, arrays)
        return await run_twice(self._room, job, self._lost)


def _last_line(result: JobResult) -> str:
    """Of what a candidate said of its end, which may be nothing."""
    return next(reversed(result.message.strip().splitlines()), str(result.failure))


def _scores(result: JobResult, split: str) -> np.ndarray | None:
    """The last scores that were sent of a split."""
    return next(
        (f.arrays["scores"] for f in reversed(result.frames) if f.meta.get("split") == split and "scores" in f.arrays),
        None,
    )


def _misnamed(bare: JobResult, weights: Mapping[str, np.ndarray]) -> str:
    """Why the stored tensors are not those of a model that was built without training data; empty when they are."""
    layout = next((f.meta.get("weights") for f in bare.frames if f.kind == "layout"), None)
    stored = {name: list(value.shape) for name, value in weights.items()}
    if layout != stored:
        known = layout if isinstance(layout, dict) else {}
        other = sorted(name for name in {*known, *stored} if known.get(name) != stored.get(name))
        return f"what is stored has not the names and shapes of a model that is built untrained: {', '.join(other[:3])[:200]}"
    if long := next((name for name in stored if len(name) > _LONGEST_NAME), None):
        return f"the name of a stored tensor has at most {_LONGEST_NAME} characters: {long[:60]}..."
    return ""
