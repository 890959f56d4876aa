"""Reflection: measured steps are grouped by what their diffs changed; a lesson says what its group's numbers say."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from agents.offline.prompts import Reading
from agents.offline.traces import Change, example_of, kinds_of, read_diff
from memory.numbers import bare_change
from memory.words_of_code import words

_STEP = re.compile(r"^### +(\S+) *<- *(\S+)[^\n]*$", re.MULTILINE)
_DIFF = re.compile(r"^(`{3,})diff\n(.*?)\n\1$", re.MULTILINE | re.DOTALL)
_VALUE = r"([+-]?\d[\d.]*(?:e[+-]?\d+)?)"
_CHANGE = re.compile(rf"^- (\w+): .*?\bchange {_VALUE}(?:, noise {_VALUE})?$", re.MULTILINE)
_CALL = re.compile(r"[A-Z]\w+")  # what a condition of the code may name: a block, a layer


@dataclass(frozen=True)
class Step:
    """One measured step as the prompt shows it."""

    child: str
    segment: str
    kind: str  # of edit; several, joined by "and", where the diff shows several
    delta: dict[str, float]  # empty when the child failed
    failure: str
    example: str  # the first changed piece of code, in words
    noise: dict[str, float]  # change of each objective that may be chance
    gone: frozenset[str]  # layers and texts that went out
    new: frozenset[str]  # those that came in where the code had none


@dataclass(frozen=True)
class Finding:
    """A group of steps of one kind on one segment, with what they share."""

    claim: str
    applies: str
    segment: str
    evidence: tuple[str, ...]
    effect: dict[str, str]
    strength: float
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


def reflect(reading: Reading, rng: random.Random) -> str:
    """The Critic's reply: at most as many lessons as asked for, strongest first; a comment when there is none."""
    steps = read_steps(reading.evidence)
    most = re.search(r"at most (\d+) lessons?", reading.tail)
    groups: dict[tuple[str, str, bool], list[Step]] = {}
    for step in steps:
        groups.setdefault((step.kind, step.segment, bool(step.delta)), []).append(step)
    findings = [_finding(group, steps) for group in groups.values()]
    findings = [f for f in findings if f.claim not in reading.standing]
    rng.shuffle(findings)  # those of equal strength come in a random order
    findings.sort(
        key=lambda f: -f.strength * (2 if _gains(f, reading.better) else 1)
    )  # what to do, before what to avoid
    clear = [f for f in findings if f.strength]
    findings = clear or findings[:1]  # that a change made no difference is worth saying only where nothing else is
    blocks = [_toml(f) for f in findings[: int(most.group(1)) if most else 3]]
    return "```toml\n" + ("\n\n".join(blocks) or "# the measured steps support no lesson") + "\n```"


def read_steps(evidence: str) -> list[Step]:
    """The steps of the prompt's evidence; what cannot be read is left out."""
    marks = list(_STEP.finditer(evidence))
    ends = [mark.start() for mark in marks[1:]] + [len(evidence)]
    steps = []
    for mark, end in zip(marks, ends, strict=False):
        part = evidence[mark.end() : end]
        shown = _DIFF.search(part)
        head, diff = (part[: shown.start()], shown.group(2)) if shown else (part, "")
        segment = re.search(r"segment `?([^\s,`]+)", head)
        failure = re.search(r"^failed: (\w+)", head, re.MULTILINE)
        told = [] if failure else _CHANGE.findall(head)
        delta = {name: float(value) for name, value, _ in told}
        change = read_diff(diff)
        kinds = kinds_of(change)
        if not kinds or not (delta or failure):
            continue
        where = segment.group(1) if segment and segment.group(1) != "several" else ""
        steps.append(
            Step(
                mark.group(1),
                where,
                " and ".join(kinds[:3]),
                delta,
                failure.group(1) if failure else "",
                example_of(change),
                {name: float(noise) for name, _, noise in told if noise},
                *_swapped(change, diff),
            )
        )
    return steps


def _swapped(change: Change, diff: str) -> tuple[frozenset[str], frozenset[str]]:
    """The layers and texts that went out, and those that came in where the code that is shown had none."""
    layers = {name: count for name, count in change.calls.items() if _CALL.fullmatch(name) and name != "Sequential"}
    counts = layers | dict(change.texts)
    before = words("\n".join(line[1:] for line in diff.split("\n") if line[:1] in ("-", " ")))
    gone = frozenset(name for name, count in counts.items() if count < 0)
    return gone, frozenset(name for name, count in counts.items() if count > 0) - before


def _gains(finding: Finding, better: Mapping[str, str]) -> bool:
    """Whether the first objective that moved, moved the right way."""
    return next((way == better.get(name, "down") for name, way in finding.effect.items() if way != "same"), False)


def _finding(group: Sequence[Step], steps: Sequence[Step]) -> Finding:
    first = group[0]
    noise = {name: mean(step.noise.get(name, 0.0) for step in group) for name in first.delta}
    present, absent = (
        tuple(sorted(frozenset.intersection(*common))[:2])
        for common in ([step.gone for step in group], [step.new for step in group])
    )
    kind, where = first.kind.replace("_", " "), f" in segment {first.segment}" if first.segment else ""
    ids = tuple(step.child for step in group)
    times = f"{len(group)} step{'s' if len(group) > 1 else ''}"
    if not first.delta:
        tried = sum(step.kind == first.kind and step.segment == first.segment for step in steps)
        reasons = ", ".join(dict.fromkeys(step.failure for step in group))
        claim = f"{kind.capitalize()} change{where} failed ({reasons}) in {len(group)} of {tried} steps, e.g. {first.example}"
        applies = f"to further {kind} changes{where}"
        return Finding(claim, applies, first.segment, ids, {}, 0.3 * len(group), present, absent)
    names = [name for name in first.delta if all(name in step.delta for step in group)]
    means = {name: mean(step.delta[name] for step in group) for name in names}
    effect = {}
    strength = 0.0
    for name, value in means.items():
        agree = len({step.delta[name] > 0 for step in group if abs(step.delta[name]) > noise.get(name, 0.0)}) <= 1
        clear = abs(value) > noise.get(name, 0.0) and agree
        effect[name] = ("down" if value < 0 else "up") if clear else "same"
        strength += clear * abs(value) / (noise.get(name) or abs(value) or 1.0) * len(group) ** 0.5
    numbers = ", ".join(f"{name} {bare_change(value)}" for name, value in means.items())
    best = min(group, key=lambda step: step.delta[names[0]])
    clearly = "" if strength else "no clear effect, "
    claim = f"{kind.capitalize()} change{where}: {clearly}{numbers} on average over {times}, e.g. {best.example}"
    applies = f"to further {kind} changes{where}"
    return Finding(claim, applies, first.segment, ids, effect, strength, present, absent)


def _toml(finding: Finding) -> str:
    """JSON strings are TOML basic strings for plain text; an inline table has no quotes around bare names."""
    effect = ", ".join(f'{name} = "{way}"' for name, way in finding.effect.items())
    asked = {"present": finding.present, "absent": finding.absent}
    return "\n".join(
        [
            "[[lesson]]",
            f"claim = {json.dumps(finding.claim)}",
            f"applies = {json.dumps(finding.applies)}",
            f"segment = {json.dumps(finding.segment)}",
            f"evidence = {json.dumps(list(finding.evidence))}",
            *(f"{name} = {json.dumps(list(said))}" for name, said in asked.items() if said),
            f"effect = {{ {effect} }}" if effect else "effect = {}",
        ]
    )
