"""Mutation: choose a kind of edit that suits the segment, the intent and what was learned, and apply it."""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Mapping

from agents.offline.kinds import EDIT_KINDS
from agents.offline.literals import exchange
from agents.offline.prompts import Reading
from agents.offline.scene import Edit, Scene
from agents.offline.source import UNREADABLE, segments_of, splice
from agents.offline.traces import kinds_in_words, kinds_of, read_diff
from genome import diff

_BOLDNESS = {
    "tune": 0.1,
    "tune_boldly": 0.9,
    "enrich": 0.2,
    "shrink": 0.2,
    "surprise": 0.7,
    "restructure": 0.4,
    "free": 0.3,
}
_SECOND = {
    "tune": 0.15,
    "tune_boldly": 0.3,
    "enrich": 0.25,
    "shrink": 0.3,
    "surprise": 0.3,
    "restructure": 0.7,
    "free": 0.3,
}
_DRAWS = 60


def mutate(reading: Reading, rng: random.Random, temperature: float, refused: Collection[str] = ()) -> Edit | None:
    """The Architect's edit of the segment that the prompt names; None when no kind applies.

    `refused` holds segment texts that were answered before and not accepted.
    """
    if reading.segment not in segments_of(reading.files):
        return None
    boldness = min(1.0, _BOLDNESS.get(reading.intent, 0.4) + 0.3 * temperature)
    if edit := exchange(reading.files, reading.segment, rng, boldness, refused, _liked(reading)):
        return edit
    weights = _weights(reading, temperature)
    edit = _draw(reading.files, reading.segment, rng, weights, boldness, reading.intent, refused, reading.tried)
    if edit is not None and rng.random() < _SECOND.get(reading.intent, 0.2) + 0.1 * temperature:
        files = splice(reading.files, {reading.segment: edit.text})
        second = _draw(files, reading.segment, rng, weights, boldness, reading.intent, refused, "")
        if second is not None and second.kind != edit.kind:
            edit = Edit(f"{edit.kind}+{second.kind}", second.text, f"{edit.rationale} {second.rationale}")
    return edit


def mutate_blindly(reading: Reading, rng: random.Random, refused: Collection[str] = ()) -> Edit | None:
    """An edit of the segment that the prompt names, of a kind drawn uniformly from those that apply; nothing else is read."""
    if reading.segment not in segments_of(reading.files):
        return None
    if edit := exchange(reading.files, reading.segment, rng, 0.5, refused):
        return edit
    left = sorted(EDIT_KINDS)
    while left:
        kind = rng.choice(left)
        for _ in range(3):
            edit = attempt(reading.files, reading.segment, kind, rng)
            if edit is not None and edit.text not in refused:
                return edit
        left.remove(kind)
    return None


def _draw(
    files: Mapping[str, str],
    segment: str,
    rng: random.Random,
    weights: Mapping[str, float],
    boldness: float,
    intent: str,
    refused: Collection[str],
    tried: str,
) -> Edit | None:
    left = dict(weights)
    spare: Edit | None = None
    misses: dict[str, int] = {}
    for _ in range(_DRAWS):
        if not left:
            break
        kind = rng.choices(list(left), list(left.values()))[0]
        edit = attempt(files, segment, kind, rng, boldness, intent)
        if edit is None or edit.text in refused:
            misses[kind] = misses.get(kind, 0) + 1
            if misses[kind] >= 3:
                del left[kind]
            continue
        if edit.rationale in tried:
            spare = edit  # measured before among such programs: only when nothing else is found
            continue
        return edit
    return spare


def attempt(
    files: Mapping[str, str], segment: str, kind: str, rng: random.Random, boldness: float = 0.5, intent: str = ""
) -> Edit | None:
    """One edit of the given kind on the segment, or None when it does not apply or the program does not parse."""
    try:
        scene = Scene(files, segment, rng, boldness, intent)
        return EDIT_KINDS[kind].apply(scene)
    except (*UNREADABLE, KeyError, OverflowError):
        return None  # an unknown segment, or text or numbers that cannot be taken, is simply not edited


def _weights(reading: Reading, temperature: float) -> dict[str, float]:
    """How likely each kind is: by its own weight, the intent and the lessons."""
    likes = {name: 1.0 for name in EDIT_KINDS}
    for line in reading.lessons.split("\n"):
        good = _verdict(line, reading.better)
        for name in kinds_in_words(line.split("(applies")[0]):
            likes[name] *= {1: 3.0, 0: 1.0, -1: 0.3}[good]
    if {"elite", "seed"} <= set(reading.pair):
        change = diff({"pair.py": reading.pair["seed"]}, {"pair.py": reading.pair["elite"]})
        for name in kinds_of(read_diff(change)):
            likes[name] *= 3.0
    found = {}
    for name, kind in EDIT_KINDS.items():
        suits = reading.intent in kind.intents or reading.intent not in _BOLDNESS or reading.intent == "free"
        base = kind.weight * max(0.1, min(10.0, likes[name])) * (1.0 if suits else 0.02 + 0.15 * temperature)
        found[name] = base ** (1 / (0.5 + max(0.0, temperature)))
    return found


def _liked(reading: Reading) -> dict[str, float]:
    """How likely a word of a vocabulary is, by the lessons that speak of more or fewer of it."""
    likes: dict[str, float] = {}
    for line in reading.lessons.split("\n"):
        good = _verdict(line, reading.better)
        for way, word in re.findall(r"\b(more|fewer) ([\w.-]+)", line.split("(applies")[0], re.IGNORECASE):
            good_for_it = good if way.lower() == "more" else -good
            likes[word] = likes.get(word, 1.0) * {1: 3.0, 0: 1.0, -1: 0.3}[good_for_it]
    return likes


def _verdict(lesson: str, better: Mapping[str, str]) -> int:
    """1 for a lesson of a gain, -1 for one of a loss or a failure, 0 where it is mixed or says neither."""
    match = re.search(r"effect: ([^;)]*)", lesson)
    moves = re.findall(r"(\w+) (up|down)\b", match.group(1) if match else "")
    signs = {1 if way == better.get(name, "down") else -1 for name, way in moves}
    if not signs:
        return -1 if " failed (" in lesson else 0
    return signs.pop() if len(signs) == 1 else 0


def random_edit(files: dict[str, str], rng: random.Random) -> dict[str, str]:
    """The program with one edit of a uniformly chosen kind on a uniformly chosen segment.

    Kinds and segments are drawn together until a kind applies. Raises ValueError when none does in 1,000 draws.
    """
    names = sorted(segments_of(files))
    kinds = sorted(EDIT_KINDS)
    for _ in range(1000 if names else 0):
        segment, kind = rng.choice(names), rng.choice(kinds)
        edit = attempt(files, segment, kind, rng)
        if edit is not None:
            return splice(files, {segment: edit.text})
    raise ValueError(
        "no edit kind applies to this program: it has no EVOLVE-BLOCK segments that build torch layers or optimisers"
    )
