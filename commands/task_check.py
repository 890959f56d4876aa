"""What `evolve task check` says of a task's data, and how its seed does in a sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from memory.numbers import number
from tasks import Data, Fidelity, ScoreError, Task
from tasks.made import shared

if TYPE_CHECKING:
    import numpy as np

    from agents.audit import Finding
    from sandbox import JobResult

STEPS = (20, 60)  # of the two trial trainings; their difference is the cost of a step


def tell_data(task: Task, data: Data) -> Iterator[tuple[str, str]]:
    """What is to be said of data that are there, and so as they must be."""
    import numpy as np

    yield "data", data.note + (f" ({data.casts})" if data.casts else "")
    yield "labels", "those of validation and test are not in the folder that the sandbox sees"
    for doubt in data.doubts:
        yield "note", doubt
    if (drawn := task.fresh(0)) is not None:
        x = (np.load(data.public / f"{split}_x.npy", mmap_mode="r") for split in ("train", "val", "test"))
        known = shared(x, drawn.x)
        yield "fresh", f"{len(drawn.y):,} examples from a seed, {known or 'none'} of them among the others"


@dataclass
class Trial:
    """How the seed did in the sandbox."""

    failure: str | None = None
    message: str = ""
    good: list[tuple[str, str]] = field(default_factory=list)
    cost_s: dict[str, float] = field(
        default_factory=dict
    )  # fidelity -> seconds of one training, estimated; those like the tried one only


def try_seed(task: Task, data: Data, sandbox: str) -> Trial:
    """The seed's `check` and a few training steps in a sandbox, its predictions scored here.

    Raises SandboxError, SandboxUnavailable: the machine, not the task, is at fault.
    """
    return asyncio.run(_try_seed(task, data, sandbox))


async def _try_seed(task: Task, data: Data, sandbox: str) -> Trial:
    from agents.audit import CURE, FOLLOWED, Auditor, Secrets, Told
    from sandbox import Limits, open_sandbox
    from sandbox.nursery import Nursery

    trial = Trial()
    fidelity = task.fidelities[task.default_fidelity]
    limits = Limits(timeout_s=fidelity.timeout_s, memory_mb=fidelity.memory_mb)
    memory_mb = max(f.memory_mb for f in task.fidelities.values())
    nursery = Nursery()
    box, room = (
        open_sandbox(sandbox, slots=1, data_dir=shown, run="task-check", memory_mb=memory_mb, nursery=nursery)
        for shown in (data.public, data.inputs)
    )
    try:
        await box.start()

        async def run(kind: Literal["check", "train"], **settings: Any) -> JobResult:
            from sandbox import Job

            chosen = fidelity.for_check(task.harness) if kind == "check" else fidelity.settings
            handed = {**chosen, "seed": 0, **settings}
            return await box.run(Job(f"seed-{kind}", kind, task.files, task.harness, data.public, handed, limits))

        first = await run("check")
        found = [frame.meta for frame in first.frames if frame.kind == "fingerprint"]
        if first.failure or not found:
            return _failed(trial, first, "check() ended without emitting a fingerprint")
        trial.good.append(("check", f"one step in {box.name}, {found[0].get('params', '?')} parameters"))

        few, many = [await run("train", steps=n, every=n) for n in STEPS]
        for result in (few, many):
            if result.failure:
                return _failed(trial, result)
        try:
            told, weights = _sent(task, data, many)
        except ScoreError as e:
            trial.failure, trial.message = e.failure, str(e)
            return trial
        objective = task.objectives[0]
        scored = f"{objective.name} {number(task.score(told['val'], data.labels['val']))} {objective.unit}".rstrip()
        trial.good.append(("train", f"{STEPS[1]} steps, {scored}"))

        handed = {**fidelity.settings, "seed": 0, "steps": STEPS[1]}
        rows = {split: range(min(FOLLOWED, len(labels))) for split, labels in data.labels.items()}
        classes = task.metric == "error_percent"
        audited = await Auditor(task.harness, handed, limits, data.inputs, room, classes=classes).audit(
            "seed", task.files, Told(weights, told), Secrets(rows)
        )
        if audited.fault:
            trial.failure, trial.message = "audit", audited.fault
            return trial
        unproven = audited.unproven or (audited.written.no_step if audited.written else "")
        if unproven and not task.allow_unproven:
            trial.failure, trial.message = "unproven", f"{unproven}; {CURE}"
            return trial
        told_of = [_measured(audited.measured), audited.counted, unproven]
        trial.good.append(("audit", "; ".join(part for part in told_of if part)))
        if untold := _untold(many, audited):
            trial.good.append(
                ("note", f"the harness does not tell {', '.join(untold)}, so less is audited; see docs/tasks.md")
            )
        step_s = max(0.0, many.cpu_s - few.cpu_s) / (STEPS[1] - STEPS[0])
        for name, f in task.fidelities.items():
            if _step_of(f) != _step_of(fidelity):
                continue  # another batch or another recipe: what a step costs there was not seen
            trial.cost_s[name] = few.cpu_s + max(0, f.settings["steps"] - STEPS[0]) * step_s
    finally:
        await box.close()
        await room.close()
        await nursery.close()
    return trial


def _step_of(fidelity: Fidelity) -> dict[str, Any]:
    """The settings that decide what one step costs."""
    return {key: value for key, value in fidelity.settings.items() if key not in ("steps", "every")}


def _measured(clean: dict[str, float]) -> str:
    parts = [f"{clean['params']:,.0f} parameters"]
    parts += [f"{clean['flops']:,.0f} operations an example"] if "flops" in clean else []
    return ", ".join(parts)


def _untold(training: JobResult, audited: Finding) -> list[str]:
    """What this harness leaves out that bounds the work of a program and names what it stores."""
    kinds = {frame.kind for frame in training.frames}
    told = {
        "what building and training take (frames 'built', 'progress')": {"built", "progress"} <= kinds,
        "what an untrained build is (frame 'layout')": audited.untrained is not None,
        "the operations of a training step (write_step)": audited.written is None or audited.written.step is not None,
    }
    return [what for what, there in told.items() if not there]


def _failed(trial: Trial, result: JobResult, otherwise: str = "") -> Trial:
    trial.failure, trial.message = result.failure or "contract", result.message or otherwise
    return trial


def _sent(task: Task, data: Data, result: JobResult) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The last scores of both splits, each fit to be scored, and the weights. Raises ScoreError."""
    predicted = [frame for frame in result.frames if frame.kind == "predict" and "scores" in frame.arrays]
    last = {str(frame.meta.get("split")): frame.arrays["scores"] for frame in predicted}
    for split in ("val", "test"):
        if split not in last:
            wanted = f"a predict frame with split {split!r} and an array 'scores'"
            raise ScoreError("contract", f"train() must emit {wanted}")
        task.score(
            last[split], data.labels[split]
        )  # only that it can be scored; the number of the test split stays sealed
    weights = [frame.arrays for frame in result.frames if frame.kind == "weights" and frame.arrays]
    if not weights:
        raise ScoreError("contract", "train() must end with a weights frame that holds the model's arrays")
    return {split: last[split] for split in ("val", "test")}, weights[-1]
