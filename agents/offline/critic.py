"""Reflection: measured steps are grouped by what their diffs changed; a lesson says what its group's numbers say."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from agents.offline.prompts import Reading
from agents.offline.traces import example_of, kinds_of, read_diff
from memory.numbers import bare_change

_STEP = re.compile(r"^### +(\S+) *<- *(\S+)[^\n]*$", re.MULTILINE)
_DIFF = re.compile(r"^(`{3,})diff\n(.*?)\n\1$", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"(\w+) ([+-]?\d[\d.]*(?:e[+-]?\d+)?)(?=,|$)")


@dataclass(frozen=True)
class Step:
    """One measured step as the prompt shows it."""

    child: str
    segment: str
    kind: str  # of edit; several, joined by "and", where the diff shows several
    delta: dict[str, float]  # empty when the child failed
    failure: str
    example: str  # the first changed piece of code, in words


@dataclass(frozen=True)
class Finding:
    """A group of steps of one kind on one segment, with what they share."""

    claim: str
    applies: str
    segment: str
    evidence: tuple[str, ...]
    effect: dict[str, str]
    strength: float


def reflect(reading: Reading, rng: random.Random) -> str:
    """The Critic's reply: at most as many lessons as asked for, strongest first; a comment when there is none."""
    steps = read_steps(reading.evidence)
    most = re.search(r"at most (\d+) lessons?", reading.tail)
    noise = {name: float(size.rstrip(".")) for size, name in re.findall(r"([\d.]+(?:e-?\d+)?) in (\w+)", reading.tail)}
    groups: dict[tuple[str, str, bool], list[Step]] = {}
    for step in steps:
        groups.setdefault((step.kind, step.segment, bool(step.delta)), []).append(step)
    findings = [_finding(group, steps, noise) for group in groups.values()]
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
        delta = {}
        for line in [] if failure else head.strip().split("\n"):
            if not line.startswith("operator"):
                delta.update({name: float(value) for name, value in _NUMBER.findall(line)})
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
            )
        )
    return steps


def _gains(finding: Finding, better: Mapping[str, str]) -> bool:
    """Whether the first objective that moved, moved the right way."""
    return next((way == better.get(name, "down") for name, way in finding.effect.items() if way != "same"), False)


def _finding(group: Sequence[Step], steps: Sequence[Step], noise: dict[str, float]) -> Finding:
    first = group[0]
    kind, where = first.kind.replace("_", " "), f" in segment {first.segment}" if first.segment else ""
    ids = tuple(step.child for step in group)
    times = f"{len(group)} step{'s' if len(group) > 1 else ''}"
    if not first.delta:
        tried = sum(step.kind == first.kind and step.segment == first.segment for step in steps)
        reasons = ", ".join(dict.fromkeys(step.failure for step in group))
        claim = f"{kind.capitalize()} change{where} failed ({reasons}) in {len(group)} of {tried} steps, e.g. {first.example}"
        return Finding(claim, f"to further {kind} changes{where}", first.segment, ids, {}, 0.3 * len(group))
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
    return Finding(claim, f"to further {kind} changes{where}", first.segment, ids, effect, strength)


def _toml(finding: Finding) -> str:
    """JSON strings are TOML basic strings for plain text; an inline table has no quotes around bare names."""
    effect = ", ".join(f'{name} = "{way}"' for name, way in finding.effect.items())
    return "\n".join(
        [
            "[[lesson]]",
            f"claim = {json.dumps(finding.claim)}",
            f"applies = {json.dumps(finding.applies)}",
            f"segment = {json.dumps(finding.segment)}",
            f"evidence = {json.dumps(list(finding.evidence))}",
            f"effect = {{ {effect} }}" if effect else "effect = {}",
        ]
    )
