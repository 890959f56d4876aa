"""What was measured before, as an author is told of it: who, what was meant, what came of it; a line each."""

from __future__ import annotations

import re
from itertools import pairwise

import genome
from agents.quote import line, span
from genome.lineage import dropped
from memory.better import noise_between
from memory.experience import delta_of
from memory.ledger import Ledger
from memory.lineage import lineage as line_of
from memory.numbers import bare, bare_change
from memory.records import Candidate
from memory.yardstick import chance

_TRIED = 5  # most programs that are listed as tried
_STEPS = 5  # most steps of a lineage
_GONE = 6  # most lines of code that are told to have been dropped
_CODE = 120  # characters of one
_MISHAPS = 3
_SHORT = 400  # characters of a rationale in a lineage, to the end of a sentence where there is one
_SHORTER = 240  # of the others
_MESSAGE = 200  # characters of an error
_DIGITS = 4  # of a measured value
_SENTENCE = re.compile(r"[.!?](?=\s|$)")


def lineage(ledger: Ledger, one: Candidate, upto: int) -> str:
    """The last steps that led to a program, oldest first, and what they dropped on the way; as of a commit."""
    path = line_of(ledger, one.id, upto)[-_STEPS - 1 :]
    if len(path) < 2:
        return "It is the program that the search began with."
    lines = [_step(ledger, child, parent, upto) for parent, child in pairwise(path)]
    gone = [text for text in dropped([each.files for each in path]) if text[:1] not in "\"'"]  # docstrings tell nothing
    if gone:
        told = "; ".join(span(text, _CODE) for text in gone[:_GONE])
        lines.append(f"Lines that were dropped on the way: {told}")
    return "\n".join(lines)


def tried(ledger: Ledger, parent: Candidate, segment: str | None, upto: int) -> str:
    """What was measured near a program, newest last; where it differs from it, and how it stands to it.

    First what has the same other segments as it, from whichever parent, where one segment is meant; then its own children, then its
    parents' others.
    """
    near = ledger.alike(segment, genome.surroundings(parent.files)[segment], upto, _TRIED + 1) if segment else []
    ids = dict.fromkeys(one.id for one in reversed(near))
    for id in (parent.id, *parent.parents):
        ids |= dict.fromkeys(step.child for step in reversed(ledger.evidence(parent=id, upto=upto, last=_TRIED)))
    ids.pop(parent.id, None)
    chosen = list(ids)[:_TRIED]
    known = ledger.outcomes(chosen, upto, code=True)
    found = sorted((ledger.stood(known[id], upto) for id in chosen), key=lambda one: (one.generation, one.index))
    return "\n".join(_step(ledger, one, parent, upto, _SHORTER) for one in found) or "Nothing yet."


def mishaps(ledger: Ledger, upto: int) -> str:
    """What children failed at lately, in training or before."""
    return (
        "\n".join(_told(one, _made(one), _failed(one), _SHORTER) for one in ledger.mishaps(upto, _MISHAPS))
        or "Nothing."
    )


def values(objectives: dict[str, float] | None) -> str:
    """`val_error 4.2, params 1,488` in the bare form of prompts; empty where nothing was measured."""
    return ", ".join(f"{name} {bare(value, _DIGITS)}" for name, value in (objectives or {}).items())


def short(text: str, most: int = _SHORT) -> str:
    """The beginning of a text on one line, to the end of a sentence if one ends in its second half."""
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    ends = [found.end() for found in _SENTENCE.finditer(text, most // 2, most)]
    return text[: ends[-1]] if ends else text[:most].rstrip() + " ..."


def _step(ledger: Ledger, one: Candidate, against: Candidate, upto: int, most: int = _SHORT) -> str:
    """A program, where it differs from another, and how it stands to it."""
    apart = ", ".join(map(line, genome.changed_segments(against.files, one.files))) or _made(one)
    delta = delta_of(one, against)
    if delta is None:
        return _told(one, apart, _failed(one) if one.failure else "is not measured", most)
    noise = noise_between(one, against, chance(ledger, upto).bound)
    moved = [
        f"{name} {bare((one.objectives or {})[name], _DIGITS)} ({bare_change(change)}{_within(change, noise.get(name, 0.0))})"
        for name, change in delta.items()
    ]
    return _told(one, apart, ", ".join(moved), most)


def _within(change: float, noise: float) -> str:
    return ", within noise" if change and abs(change) <= noise else ""


def _failed(one: Candidate) -> str:
    return f"failed: {one.failure}" + (f": {span(short(one.message, _MESSAGE))}" if one.message else "")


def _made(one: Candidate) -> str:
    return line(one.segment) if one.segment else {"cross": "a merge", "seed": "the start"}.get(one.operator, "several")


def _told(one: Candidate, where: str, came: str, most: int) -> str:
    why = f": {span(short(one.rationale, most))}" if one.rationale else ""
    return f"- [{line(one.id)}] {where}: {came}{why}"
