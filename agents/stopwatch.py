"""Time against the seed's, measured back to back in the same kinds of process.

Latency is a quotient with the seed's. The work of a training is told by its beginning, made once more by turns with the seed's, and by
what the operations of one step take where no candidate's code is loaded.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.audit import Auditor, Finding, Told
from agents.turns import Turns
from agents.work import MOST_WORK, SUSPECT, Beside, Work, middle, settled, too_many_operations, work_of
from agents.written import NO_STEP, Written
from memory.ledger import Ledger
from memory.records import Candidate, Evaluation
from sandbox.contract import Frame, JobResult, OnFrame
from tasks import Data

Again = Callable[
    [Candidate, OnFrame, Callable[[], None]], Awaitable[JobResult]
]  # a training made once more, for as long as it is looked at; the last is called where what was seen does not count
_LONG_ENOUGH_S = 0.25  # of a training: the kernel counts a process's time in ticks of up to 10 ms
_PAIRS = 3  # times that the beginning of a training is repeated, by turns with the seed's
_PLENTY_S = 3.0  # of both: it is repeated no more, as where looks lie an epoch apart
_AT_MOST = 3  # times that this is measured where it is doubtful; the middle one counts
_EXAMPLES = 20  # that are timed
_BATCH = 128  # examples of a training step, where the task's settings leave it to its harness
_UNMEASURED = "the work of its training could not be measured"
_NOISE = 0.02  # of a latency, at least: two that differ by less are one


@dataclass(frozen=True)
class Reference:
    """A program's lists and weights: the seed's, beside which others are timed."""

    written: Written
    told: Told


class Stopwatch:
    """Asked by the Inspector. One instance serves one run."""

    def __init__(
        self,
        data: Data,
        ledger: Ledger,
        auditor: Auditor,
        again: Again,
        turns: Turns,
        settings: Mapping[str, Any],
        cuda: bool,
        latency: bool,
    ) -> None:
        """`settings` are the fidelity's. With `cuda` wall time counts: the processor only waits there.

        Time by the clock is taken with nothing else of ours on the machine: where it counts, or where `latency` is an objective.
        """
        self._data, self._ledger, self._auditor, self._again = data, ledger, auditor, again
        self._turn = turns.alone if cuda or latency else turns.shared
        self._steps, self._clock = int(settings["steps"]), "wall_s" if cuda else "cpu_s"
        self._every = int(settings.get("every", 0)) or self._steps
        self._batch = int(settings.get("batch", _BATCH))
        self._inputs: np.ndarray | None = None

    async def time(
        self,
        child: Candidate,
        done: Evaluation,
        finding: Finding,
        told: Told,
        seed: Reference,
        measured: dict[str, float],
    ) -> tuple[str, str]:
        """Why the work is too much, and why it could not be measured; both empty when it was and is not.

        "latency_ms", "latency_ratio", "latency_error" and "work" are measured. Raises SandboxError.
        """
        assert finding.written is not None
        shapes = [value.shape for value in told.weights.values()]
        if fault := too_many_operations(measured, finding.sizes, shapes, self._batch):
            return fault, ""
        if self._inputs is None:
            self._inputs = np.load(self._data.inputs / "val_x.npy", mmap_mode="r")[:_EXAMPLES].copy()
        pair = ((finding.written, told), (seed.written, seed.told))
        async with self._turn():
            times = await self._auditor.time(child.id, *pair, self._inputs)
            if "latency" in times:
                self._latency(child, times["latency"], measured)
            unwritten = finding.written.no_step
            if child.operator == "seed" or seed.written.step is None:  # by which the others' work is measured
                return "", unwritten
            if finding.written.step is None:
                return "", unwritten or f"{NO_STEP}no list of it came"
            found: list[Beside] = []
            while len(found) < _AT_MOST and not settled(found):
                if found:
                    times = await self._auditor.time(child.id, *pair, self._inputs)
                beside = await self._beside(child, finding.written.varies, times.get("step"))
                if isinstance(beside, str):
                    return "", beside
                found.append(beside)
            beside = middle(found)
            measured["work"] = beside.ratio(beside.own)
            return beside.fault() or await self._whole(child, done, beside, measured), ""

    async def _beside(self, child: Candidate, varies: bool, step: Mapping[str, float] | None) -> Beside | str:
        """The beginnings of its training and the seed's, by turns; or why there are none, empty where the harness tells no work."""
        if step is None:
            return f"{_UNMEASURED}: the list of a step does not run"
        own: list[Work] = []
        seed: list[Work] = []
        for _ in range(_PAIRS):
            work = await self._beginning(self._ledger.known("seed"))
            if isinstance(work, str):
                return work
            seed.append(work)
            work = await self._beginning(child)
            if isinstance(work, str):
                return work or f"{_UNMEASURED}: it did not run again"
            own.append(work)
            if all(sum(work.train_s for work in some) > _PLENTY_S for some in (own, seed)):
                break
        return Beside(
            own, seed, step["own_s"], step["seed_s"], step["start_s"], varies,
            self._every, self._steps, self._batch, len(self._data.labels["val"]),
        )  # fmt: skip

    async def _beginning(self, one: Candidate) -> Work | str:
        """The work of this program's training from its beginning, made once more for as long as measuring takes.

        A text where it was lost, which says why; an empty one where it tells no work.
        """
        frames: list[Frame] = []

        def not_enough(frame: Frame) -> bool:
            frames.append(frame)
            work = work_of(frames, self._clock) if frame.kind == "predict" else None
            return work is None or work.train_s < _LONG_ENOUGH_S

        result = await self._again(one, not_enough, frames.clear)
        if result.failure == "lost":
            return f"{_UNMEASURED}: {result.message}"
        return work_of(frames, self._clock) or ""

    async def _whole(self, child: Candidate, done: Evaluation, beside: Beside, measured: dict[str, float]) -> str:
        """Why the whole training took more than its beginning promises; made once more where it seems so, to be sure."""
        begun = min(beside.own, key=lambda work: work.train_s / work.looks)
        looks = self._steps / self._every
        promised_s = begun.build_s + looks * (begun.train_s + begun.predict_s) / begun.looks
        took_s = done.cpu_s if self._clock == "cpu_s" else done.wall_s
        if took_s <= SUSPECT * promised_s + 0.5:
            return ""
        result = await self._again(child, lambda frame: True, lambda: None)
        whole = work_of(result.frames, self._clock)
        measured["work"] = max(measured["work"], beside.ratio([whole]) if whole else 0.0)
        if measured["work"] <= MOST_WORK:
            return ""
        return f"the whole training took {measured['work']:.1f} times the processor time of as many of its own steps"

    def _latency(self, child: Candidate, times: Mapping[str, float], measured: dict[str, float]) -> None:
        """One example's time: as a quotient with the seed's, times what the seed took when it was measured itself."""
        measured |= {"latency_ratio": times["ratio"], "latency_error": times["error"]}
        earlier = [a for a in self._ledger.audits() if "latency_ms" in a.measured]
        seed = next((a.measured for a in earlier if a.candidate == "seed"), None)
        if seed is None:
            measured["latency_ms"] = 1000 * times["own_s"]
            return
        value = times["ratio"] * seed["latency_ms"]
        noise = value * max(_NOISE, 2 * math.hypot(times["error"] / times["ratio"], seed["latency_error"]))
        # a difference within the noise is none: it must not lead anybody, nor become a lesson
        near = min((a.measured["latency_ms"] for a in earlier), key=lambda one: abs(one - value))
        measured["latency_ms"] = near if abs(near - value) <= noise else value
