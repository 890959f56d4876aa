"""Crossover: some of what differs is taken from the second parent."""

from __future__ import annotations

import ast
import difflib
import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from agents.offline.architect import attempt
from agents.offline.kinds import EDIT_KINDS
from agents.offline.literals import blend, exchange
from agents.offline.prompts import Reading
from agents.offline.source import UNREADABLE, Code, segments_of, splice
from genome.tree import tree_of

_DRAWS = 40


@dataclass(frozen=True)
class Merge:
    """New texts of the segments that the child has otherwise than parent A, and a sentence about them."""

    changed: dict[str, str]
    rationale: str


def cross(reading: Reading, rng: random.Random, refused: Collection[str] = ()) -> Merge | None:
    """A child that differs from both parents; None when the parents cannot be told apart or read.

    Several differing segments: a proper part of them comes from B. One: its differing passages are mixed, or its
    numbers are blended, or B's segment comes with one small edit more.
    """
    segments = segments_of(reading.files)
    theirs = {n: t for n, t in reading.other.items() if n in segments and t.strip() != segments[n].text.strip()}
    if not theirs:
        return None
    if refused and (further := _further(reading.files, theirs, rng, refused)):
        return further
    spare: Merge | None = None
    worst = misfits(reading.files)
    for _ in range(_DRAWS):
        merge = _attempt(reading.files, theirs, rng)
        if merge is None or any(text in refused for text in merge.changed.values()):
            continue
        child = splice(reading.files, merge.changed)
        if not _parses(child):
            continue
        if misfits(child) <= worst:
            return merge
        spare = spare or merge
    return spare


def _attempt(files: Mapping[str, str], theirs: Mapping[str, str], rng: random.Random) -> Merge | None:
    names = sorted(theirs)
    if len(names) > 1:
        count = rng.randint(1, len(names) - 1)
        taken = sorted(rng.sample(names, count))
        words = " and ".join(f"`{name}`" for name in taken)
        return Merge({n: theirs[n] for n in taken}, f"Merge: {words} as in parent B, everything else as in parent A.")
    name = names[0]
    if edit := blend(files, name, theirs[name], rng):
        return Merge({name: edit.text}, edit.rationale)
    if further := _further(files, theirs, rng):
        return further
    mine = segments_of(files)[name].text
    way = rng.random()
    if way < 0.45:
        mixed = _mixed(mine, theirs[name], rng)
        if mixed is not None:
            return Merge(
                {name: mixed},
                f"Merge: some of the differing passages of `{name}` from parent B, the others from parent A.",
            )
    if way < 0.8:
        blended = _blended(mine, theirs[name], rng)
        if blended is not None:
            return Merge({name: blended[0]}, f"Merge: `{name}` with numbers between both parents: {blended[1]}.")
    edit = attempt(splice(files, {name: theirs[name]}), name, rng.choice(list(EDIT_KINDS)), rng, 0.2, "tune")
    if edit is None or edit.text.strip() == mine.strip():
        return None
    return Merge(
        {name: edit.text},
        f"Merge: `{name}` as in parent B, with one change more, since only this segment differs. {edit.rationale}",
    )


def _further(
    files: Mapping[str, str], theirs: Mapping[str, str], rng: random.Random, refused: Collection[str] = ()
) -> Merge | None:
    """A segment of plain values as in B, and changed further; None where segments hold other things."""
    name = rng.choice(sorted(theirs))
    edit = exchange(splice(files, theirs), name, rng, 0.2, refused)
    said = f"Merge: `{name}` as in parent B, with changes more."
    return Merge({name: edit.text}, f"{said} {edit.rationale}") if edit else None


def _mixed(mine: str, theirs: str, rng: random.Random) -> str | None:
    """Some, not all, of the differing passages from the second text."""
    a, b = mine.split("\n"), theirs.split("\n")
    moves = [move for move in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes() if move[0] != "equal"]
    if len(moves) < 2:
        return None
    taken = rng.sample(moves, rng.randint(1, len(moves) - 1))
    lines = list(a)
    for _, i, j, k, m in sorted(taken, key=lambda move: move[1], reverse=True):
        lines[i:j] = b[k:m]
    return "\n".join(lines)


def _blended(mine: str, theirs: str, rng: random.Random) -> tuple[str, str] | None:
    """The first text with some differing numbers replaced by values between both; (text, what became what)."""
    try:
        one, two = Code(mine), Code(theirs)
    except UNREADABLE:
        return None
    ours = [n for n in ast.walk(one.tree) if isinstance(n, ast.Constant)]
    others = [n for n in ast.walk(two.tree) if isinstance(n, ast.Constant)]
    if len(ours) != len(others) or _skeleton(one.tree) != _skeleton(two.tree):
        return None
    text, said = mine, []
    moves = [(x, y) for x, y in zip(ours, others, strict=True) if x.value != y.value and _numbers(x.value, y.value)]
    share = rng.uniform(0.3, 0.7)
    for x, y in sorted(moves, key=lambda pair: one.span(pair[0]), reverse=True):
        one_end: Any = x.value
        other_end: Any = y.value
        between = one_end + (other_end - one_end) * share
        new = round(between) if type(one_end) is type(other_end) is int else float(f"{between:.3g}")
        start, end = one.span(x)
        text = f"{text[:start]}{new}{text[end:]}"
        said.append(f"{new} between {one_end} and {other_end}")
    return (text, ", ".join(reversed(said))) if said and text not in (mine, theirs) else None


def _numbers(*values: object) -> bool:
    return all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)


def _skeleton(tree: ast.AST) -> str:
    """The shape of the code without its constants."""
    copy = tree_of(ast.unparse(tree))
    for node in ast.walk(copy):
        if isinstance(node, ast.Constant):
            node.value = 0
    return ast.dump(copy)


def _parses(files: Mapping[str, str]) -> bool:
    try:
        for text in files.values():
            tree_of(text)
    except UNREADABLE:
        return False
    return True


def misfits(files: Mapping[str, str]) -> int:
    """How many neighbouring convolutions, in the order of the text, disagree on a width that both write as a number."""
    count = 0
    for text in files.values():
        try:
            layers = [x for x in Code(text).layers if x.kind.startswith("Conv")]
        except UNREADABLE:
            continue
        for before, after in pairwise(layers):
            given, wanted = before.literal("out_channels"), after.literal("in_channels")
            count += given is not None and wanted is not None and given != wanted
    return count
