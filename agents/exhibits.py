"""How measured steps read in the Critic's prompt: those that are new in full, the others as one line each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from agents.quote import block, clean, line, span
from memory.numbers import bare, bare_change
from memory.steps import Exhibit

_DIFF_LINES = 40  # most lines of a diff
_MESSAGE = 300  # most characters of an error
_RATIONALE = 400  # most characters of what an author said of its change
_SENTENCE = 160  # likewise of its first sentence
_POINTS = 4  # of a training's curve
_END = re.compile(r"(?<=[.!?])\s|\n")


@dataclass(frozen=True)
class Background:
    """What is known of a step beside the change: how both ends measure, what its author said, how they trained."""

    child: Mapping[str, float] = field(default_factory=dict)  # its objectives
    parents: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # those of each parent, by id
    rationale: str = ""
    # of child and parent, by id: points of one training as `Evaluation.curve` has them
    curves: Mapping[str, Sequence[Mapping[str, float]]] = field(default_factory=dict)


def describe_steps(steps: Sequence[Exhibit], known: Mapping[str, Background]) -> str:
    """These steps in full; a training that several have in common, as siblings have their parent's, is told once."""
    told: set[str] = set()
    texts = []
    for one in steps:
        beside = known.get(one.step.child, Background())
        texts.append(
            describe_step(one, replace(beside, curves={k: v for k, v in beside.curves.items() if k not in told}))
        )
        told |= beside.curves.keys()
    return "\n\n".join(texts)


def describe_step(one: Exhibit, known: Background = Background()) -> str:
    """One measured step: who made it of what, what was measured and how that reads, what its author said, the change itself."""
    e = one.step
    meant = f", intent {line(e.intent)}" if e.intent else ""
    of = f", of run {line(one.run)} (task {line(one.task)})" if one.run else ""
    parts = [
        f"### {line(e.child)} <- {line(e.parent)}\n",
        f"operator {e.operator}, segment {line(e.segment or 'several')}{meant}{of}",
        *(_measured(one, known) if e.delta else [_failed(one, _MESSAGE)]),
        *([f"reads as: {one.verdict}"] if e.delta else []),
        *(
            [f"note: {span(e.message, _MESSAGE)}"] if e.delta and e.message else []
        ),  # such as a first step like another's
        *_parents(one, known),
        *([f"author: {span(known.rationale, _RATIONALE)}"] if known.rationale.strip() else []),
        *(f"training of {line(id)}: {_curve(points)}" for id, points in known.curves.items() if points),
    ]
    lines = clean(e.diff).split("\n")
    if len(lines) > _DIFF_LINES:
        lines = [*lines[:_DIFF_LINES], f"... {len(lines) - _DIFF_LINES} more lines"]
    return "\n".join(parts) + f"\n\n{block(chr(10).join(lines), 'diff')}"


def describe_briefly(one: Exhibit, known: Background = Background()) -> str:
    """The same in one line, with the first sentence of what its author said in place of the change."""
    e = one.step
    meant = f", intent {line(e.intent)}" if e.intent else ""
    of = f", of run {line(one.run)} (task {line(one.task)})" if one.run else ""
    came = (
        f"{', '.join(f'{name} {bare_change(value)}' for name, value in e.delta.items())}, {one.verdict}"
        if e.delta
        else _failed(one, _SENTENCE)
    )
    said = next((part for part in _END.split(known.rationale.strip()) if part.strip()), "")
    told = f" {span(said, _SENTENCE)}" if said else ""
    return f"- {line(e.child)} <- {line(e.parent)}, segment {line(e.segment or 'several')}{meant}{of}: {came}.{told}"


def _measured(one: Exhibit, known: Background) -> list[str]:
    """A line an objective: before and after, the change, and what of it may be chance between these two."""
    theirs = known.parents.get(one.step.parent, {})
    lines = []
    for name, change in (one.step.delta or {}).items():
        both = (
            f"{bare(theirs[name], 4)} -> {bare(known.child[name], 4)}, "
            if name in theirs and name in known.child
            else ""
        )
        noise = f", noise {bare(one.noise[name], 3)}" if one.noise.get(name) else ""
        lines.append(f"- {name}: {both}change {bare_change(change)}{noise}")
    return lines


def _failed(one: Exhibit, most: int) -> str:
    e = one.step
    return f"failed: {line(e.failure or 'unknown')}" + (f": {span(e.message, most)}" if e.message else "")


def _parents(one: Exhibit, known: Background) -> list[str]:
    """Both parents of a cross, with what they measure; which one the change is from is said above."""
    if len(known.parents) < 2:
        return []
    told = (
        f"{line(id)} ({', '.join(f'{k} {bare(v, 4)}' for k, v in found.items())})"
        for id, found in known.parents.items()
    )
    return [f"parents: {' and '.join(told)}"]


def _curve(points: Sequence[Mapping[str, float]]) -> str:
    """A few points from the first to the last: the score on validation, and the loss in training where that was told."""
    last = len(points) - 1
    chosen = sorted({round(last * n / (_POINTS - 1)) for n in range(_POINTS)})
    return ", ".join(_point(points[at]) for at in chosen)


def _point(point: Mapping[str, float]) -> str:
    loss = point.get("train_loss")
    told = "" if loss is None else f" (train loss {bare(loss, 3)})"
    return f"{bare(point['score'], 3)} at step {bare(point['step'])}{told}"
