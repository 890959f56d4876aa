"""Measured steps read against the task's noise: which segment each one is about, what it shows, how large it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import genome
from memory.better import Comparison, compare, rival
from memory.dominance import Goals
from memory.experience import delta_of
from memory.records import UNTRIED, Candidate, Evidence

Verdict = Comparison | Literal["failure"]
_ORDER: tuple[Verdict, ...] = ("win", "failure", "loss", "trade", "within noise")
_EMPTY = ("duplicate", "unchanged", *UNTRIED)  # failures that say nothing of the change itself
_SHARE = 0.05  # of the seed's value: the unit of an objective that has no noise, such as a count of parameters
_LARGE = 10.0  # units beyond which a step is not worth more: else one wild step would come first for ever
_OLDER = 0.7  # weight of a step of an earlier generation or another run


@dataclass(frozen=True)
class Exhibit:
    """A step as the Critic may be shown it."""

    step: Evidence
    verdict: Verdict
    size: float  # the largest change, in units of the noise
    nearness: float = 0.0  # cosine similarity to the nearest step that led to a candidate in focus
    fresh: bool = True  # of the generation that has just closed
    run: str = ""  # of another run; empty for this one's
    task: str = ""
    noise: dict[str, float] = field(default_factory=dict)  # change of each objective that may be chance in this step


def step_of(child: Candidate, parents: Sequence[Candidate], goals: Goals | None = None) -> Evidence:
    """The measured step that led to a child, from its better parent unless only the other one tells what was changed.

    A step is about one segment where it can be: the mutated one, or the only one in which a merge differs from a parent. Without
    goals the first parent is taken for the better one.
    """
    parent, segment = (rival(parents, goals) if goals else None) or parents[0], child.segment
    if segment and child.files and genome.changed_segments(parent.files, child.files) not in ([segment], []):
        segment = None  # its author changed more than was asked
    if segment is None:
        for one in (parent, *(other for other in parents if other.id != parent.id)):
            changed = genome.changed_segments(one.files, child.files) if child.files else []
            if len(changed) == 1:
                parent, segment = one, changed[0]
                break
    return Evidence(
        child=child.id,
        parent=parent.id,
        generation=child.generation,
        operator=child.operator,
        segment=segment,
        intent=child.intent,
        persona=child.persona,
        diff=genome.diff(parent.files, child.files),
        delta=delta_of(child, parent),
        failure=child.failure,
        message=child.message,
    )


def verdict(step: Evidence, noise: Mapping[str, float], goals: Mapping[str, str]) -> Verdict:
    """What a step shows, against the noise of its two scores; a `win` is a child that is better, see `memory.better`."""
    if step.delta is None:
        return "loss" if step.failure == "stopped" else "failure"
    return compare(step.delta, noise, goals)


def units(noise: Mapping[str, float], seed: Mapping[str, float] | None) -> dict[str, float]:
    """One unit of change for each objective: its noise, or where it has none a twentieth of the seed's value."""
    names = {**noise, **(seed or {})}
    return {name: noise.get(name) or _SHARE * abs((seed or {}).get(name, 0.0)) or 1.0 for name in names}


def size(step: Evidence, unit: Mapping[str, float]) -> float:
    """The largest change of a step in units; 0 for a failure."""
    return max((abs(value) / unit.get(name, 1.0) for name, value in (step.delta or {}).items()), default=0.0)


def tells(one: Exhibit) -> bool:
    """Whether a step shows something: a gain, a loss, a trade, or a failure of what was tried."""
    return one.verdict != "within noise" and one.step.failure not in _EMPTY


def choose(exhibits: Iterable[Exhibit], most: int, first: Collection[str] = ()) -> list[Exhibit]:
    """At most `most`: those that led to the children `first`, then gains, failures and losses taking turns, each kind's largest and
    nearest first.

    What is within the noise, or failed without trying anything new, comes when nothing else is left. The answer does not
    depend on the order given.
    """
    kinds: dict[Verdict, list[Exhibit]] = {kind: [] for kind in _ORDER}
    leading = list[Exhibit]()
    for one in exhibits:
        into = leading if one.step.child in first else kinds[one.verdict if tells(one) else "within noise"]
        into.append(one)
    leading.sort(key=lambda one: (-_weight(one), one.run, one.step.child))
    for found in kinds.values():
        found.sort(key=lambda one: (-_weight(one), one.run, one.step.child))
    telling = [kinds[kind] for kind in _ORDER[:-1]]
    turns = [found[turn] for turn in range(max(map(len, telling))) for found in telling if turn < len(found)]
    return [*leading, *turns, *kinds["within noise"]][:most]


def _weight(one: Exhibit) -> float:
    large = 1.0 if one.step.delta is None else min(one.size, _LARGE)
    return round(large * (0.5 + one.nearness) * (1.0 if one.fresh else _OLDER), 6)
