"""How much work a program took: building, training and predicting apart, as the worker's frames tell from outside."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from sandbox.contract import Frame

_TICK_S = 0.01  # in which some kernels count the time of a process


@dataclass(frozen=True)
class Work:
    """Seconds that a training took up to some validation predictions."""

    build_s: float
    train_s: float
    predict_s: float  # of all the predictions made
    looks: int  # how often validation predictions were made

    def step_s(self, every: int) -> float:
        """Of one training step, `every` of which lie between two looks; at least, since time is counted in ticks."""
        return max(0.0, self.train_s - _TICK_S) / (every * self.looks)


def work_of(frames: Sequence[Frame], clock: str = "cpu_s") -> Work | None:
    """The work that these frames tell of; None where the harness does not say when it begins to train and to predict."""
    build_s, train_s, predict_s, looks = None, 0.0, 0.0, 0
    before = 0.0
    learnt_s: float | None = None  # since the last look; it counts once there is another
    for frame in frames:
        now = float(getattr(frame, clock))
        if build_s is None:
            if frame.kind == "built":
                build_s, before = now, now
        elif frame.kind == "progress" and learnt_s is None:
            learnt_s, before = now - before, now
        elif frame.kind == "predict" and learnt_s is not None and frame.meta.get("split") == "val":
            train_s, predict_s, looks = train_s + learnt_s, predict_s + now - before, looks + 1
            learnt_s, before = None, now
    return Work(build_s, train_s, predict_s, looks) if build_s is not None and looks else None


@dataclass(frozen=True)
class Beside:
    """The beginning of a program's training made a few times by turns with the seed's, and what the steps of both take without code."""

    own: Sequence[Work]
    seed: Sequence[Work]
    own_list_s: float  # of one training step, run from its list of operations
    seed_list_s: float
    start_s: float  # what the first run of its list took more: a kernel is made for each operation and size that is met first
    varies: bool  # whether sizes within a step depend on its examples, so that later steps meet new ones as well
    every: int  # steps between two looks
    steps: int  # of a whole training
    batch: int  # examples of a step
    looked_at: int  # examples of a look

    def fair_step_s(self, count: int) -> float:
        """Of one of `count` training steps: its operations, and what the seed's steps take besides theirs (data, schedule, Python)."""
        seed_s = median(work.step_s(self.every) for work in self.seed)
        start_s = max(self.start_s / count, min(self.start_s, _NEW_SIZES * self.own_list_s) if self.varies else 0.0)
        return self.own_list_s + start_s + max(seed_s - self.seed_list_s, _BESIDES * seed_s)

    def ratio(self, works: Sequence[Work]) -> float:
        """The work of the steps of these trainings, in fair steps."""
        return median(work.step_s(self.every) / self.fair_step_s(work.looks * self.every) for work in works)

    def doubtful(self) -> bool:
        """Whether it is to be measured again: near the bound, or lists and steps were timed while the machine was not equally fast."""
        seed_s = median(work.step_s(self.every) for work in self.seed)
        near = MOST_WORK / _DOUBT < self.ratio(self.own) < MOST_WORK * _DOUBT
        return near or self.seed_list_s > _DOUBT * seed_s

    def fault(self) -> str:
        """What of it is too much, of building, training and predicting each for itself; empty when nothing is."""
        build_s, seed_build_s = (median(w.build_s for w in works) for works in (self.own, self.seed))
        look_s, seed_look_s = (median(w.predict_s / w.looks for w in works) for works in (self.own, self.seed))
        fair_s = self.fair_step_s(self.steps)
        allowed_s = 3 * seed_build_s + _IN_BUILDING * self.steps * fair_s + 0.1
        if build_s > allowed_s:
            return (
                f"building took {build_s:.2g} s of the processor; by the seed's measure {allowed_s:.2g} s are allowed"
            )
        ratio = self.ratio(self.own)
        if ratio > MOST_WORK:
            return (
                f"a training step took {ratio:.1f} times the processor time of its own operations, beside the seed's; more than "
                f"{MOST_WORK:g} is more work than its steps"
            )
        allowed_s = 3 * (self.looked_at / self.batch * fair_s + seed_look_s) + 0.05
        if look_s > allowed_s:
            return (
                f"predicting took {look_s:.2g} s of the processor; by its training steps {allowed_s:.2g} s are allowed"
            )
        return ""


def settled(found: Sequence[Beside]) -> bool:
    """Whether the last of these measurements is without doubt, and none is on the other side of the bound."""
    sides = {one.ratio(one.own) > MOST_WORK for one in found}
    return len(sides) == 1 and not found[-1].doubtful()


def middle(found: Sequence[Beside]) -> Beside:
    """The one that counts of these measurements; of two the one of more work."""
    return sorted(found, key=lambda one: one.ratio(one.own))[len(found) // 2]


MOST_WORK = (
    1.4  # fair steps that a step may take: honest programs took up to 1.3, those of twice the steps 1.8 and more
)
SUSPECT = (
    1.5  # times what its beginning promises that a whole training took: it is made again, beside the seed's, to be sure
)
_DOUBT = 1.2  # times; what is nearer than that is measured again
_BESIDES = 0.05  # of the seed's step: no less is spent on data and schedule
_NEW_SIZES = 0.35  # of its operations' time that a step may take for sizes met first; twice the steps stay too many
_IN_BUILDING = 0.05  # of a whole training's work that may be done before its first step
_MOST_LEARNT = 1.6  # times three forward passes that a step's forward and backward pass may take
_MOST_UPDATED = 0.5  # times the same that any optimiser may take; more only on tensors of its parameters' sizes


def too_many_operations(
    measured: Mapping[str, float], sizes: Collection[int], shapes: Sequence[Sequence[int]], batch: int
) -> str:
    """Why a training step does more than learn from its batch once; empty when it does not.

    `measured` has the operations of one example's forward pass, of the step's forward and backward pass and of its update;
    `sizes` those of any axis of a tensor in the update; `shapes` those of the stored weights.
    """
    if not {"flops", "learn_flops", "update_flops"} <= set(measured):
        return ""
    once = 3 * batch * measured["flops"]
    numbers = sum(math.prod(shape) for shape in shapes)
    if measured["learn_flops"] > _MOST_LEARNT * once + 64 * numbers:
        times = measured["learn_flops"] / once
        return f"a training step's forward and backward pass does the work of {times:.1f} of one batch"
    if measured["update_flops"] > _MOST_UPDATED * once + 64 * numbers:
        known = {0, 1, numbers} | {
            size for shape in shapes for size in (*shape, math.prod(shape), math.prod(shape[1:]))
        }
        if strange := sorted(set(sizes) - known):
            times = measured["update_flops"] / once
            return (
                f"its optimiser does the work of {times:.1f} steps on tensors of sizes that no parameter has "
                f"({', '.join(map(str, strange[:3]))}): it trains"
            )
    return ""
