"""What an author is told of one program beside its text: what its parts cost and pass on, and how its training went."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from agents.quote import line, span
from memory.anatomy import Part, by_segment
from memory.numbers import bare, number
from memory.records import Candidate

Points = Sequence[Mapping[str, float]]  # of `Evaluation.curve`

_LINES = 12  # most parts that are named
_STEPS = 6  # most steps of a curve that are shown
_DIGITS = 3  # of what varies from training to training
_FALLING = 0.8  # a loss that fell to this share of itself over the last part of a training still falls
_NO_LOSS = 1e9  # from here on what a program tells of its loss is none
_WORSE = 1.1  # times the best, a score is clearly worse
_WIDER = (
    2.0  # times the error on training batches that the validation error is when a program is said to learn by heart
)


def parts(candidate: Candidate) -> str:
    """A line for each segment that holds parts of the network: parameters, and the shapes without the batch; empty where none is known.

    Where no class of the network stands in a segment, the parts that the network is directly made of.
    """
    found = by_segment(candidate.files, candidate.anatomy)
    rest = found.pop("", None)
    lines = [f"{line(name)}{_told(one)}" for name, one in found.items()]
    if not lines:
        inside = [part for part in candidate.anatomy if part["name"] and "." not in part["name"]]
        lines = [f"{span(part['name'])}{_told(part)}" for part in inside]
    elif rest and rest["params"]:
        lines.append(f"outside the segments: {number(rest['params'])} parameters")
    more = [f"and {len(lines) - _LINES} more"] if len(lines) > _LINES else []
    return "\n".join(lines[:_LINES] + more)


def _told(one: Mapping[str, Any] | Part) -> str:
    times = f", {one['times']} times" if one["times"] > 1 else ""
    shapes = [f"({', '.join(map(str, one[way]))})" if one[way] is not None else "?" for way in ("in", "out")]
    text = f"{times}: {number(one['params'])} parameters"
    return text if shapes == ["?", "?"] else f"{text}, {'first ' if times else ''}{' -> '.join(shapes)}"


def curve(points: Points, seed: Points = (), unit: str = "") -> str:
    """A few steps of a training, evenly chosen, with the validation score and the loss on a training batch, and the seed's beside
    them where it is given; what is plain of it in words. Empty without points. `unit` is that of the score, "%" for an error."""
    if not points:
        return ""
    seeds = {point["step"]: point for point in seed}
    shown = [points[at] for at in _evenly(len(points))]
    columns = {
        "step": [bare(point["step"]) for point in shown],
        f"validation{f' ({unit})' if unit else ''}": [_rough(point.get("score")) for point in shown],
        "seed": [_rough(seeds.get(point["step"], {}).get("score")) for point in shown],
        "train loss": [_rough(point.get("train_loss")) for point in shown],
        "seed's": [_rough(seeds.get(point["step"], {}).get("train_loss")) for point in shown],
    }
    told = {name: values for name, values in columns.items() if set(values) != {"-"}}
    rows = [" | ".join(row) for row in (list(told), *zip(*told.values(), strict=True))]
    return "\n".join([*rows, *reading(points, unit)])


def reading(points: Points, unit: str = "") -> list[str]:
    """What is plain of a curve, a sentence each."""
    said = []
    losses = [loss for point in points if abs(loss := point.get("train_loss", math.nan)) < _NO_LOSS]
    scores = [point["score"] for point in points]
    # a mean cross-entropy of L gives the right class a probability of exp(-L), in the geometric mean
    if unit == "%" and losses and losses[-1] >= 0 and scores[-1] > _WIDER * (error := 100 * -math.expm1(-losses[-1])):
        said.append(
            f"It fits what it is trained on far better than the validation set: by its loss about {bare(error, 2)} % there."
        )
    elif _still_falls(losses):
        said.append("Its train loss was still falling at the end.")
    if (best := _best_before(scores)) is not None:
        said.append(f"Its validation score was best around step {bare(points[best]['step'])} and got worse after it.")
    return said


def _best_before(scores: Sequence[float]) -> int | None:
    """Where the score was best, if it was clearly worse in the last third: means over a third each, for single looks say little."""
    part = max(2, len(scores) // 3)
    means = [fmean(scores[at : at + part]) for at in range(len(scores) - part + 1)]
    if len(means) <= part or means[-1] <= _WORSE * min(means):
        return None
    return means.index(min(means)) + part // 2


def _still_falls(losses: Sequence[float]) -> bool:
    """Whether the last sixth of the looks, at least two, was clearly below the one before: a single batch says little."""
    part = max(2, len(losses) // 6)
    if len(losses) < 2 * part:
        return False
    before, last = fmean(losses[-2 * part : -part]), fmean(losses[-part:])
    return 0 < last < _FALLING * before


def _evenly(count: int) -> list[int]:
    """At most so many places among `count`, the first and the last among them."""
    if count <= _STEPS:
        return list(range(count))
    return [round(n * (count - 1) / (_STEPS - 1)) for n in range(_STEPS)]


def _rough(value: float | None) -> str:
    return "-" if value is None else bare(value, _DIGITS)
