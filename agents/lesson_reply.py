"""The Critic's lessons, read from its reply."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

from agents.blanks import even
from agents.fences import fenced, unparsable
from agents.meant import meant

_HEADER = re.compile(r"^[ \t]*\[{1,2}[ \t]*lessons?[ \t]*\]{1,2}[ \t]*$", re.IGNORECASE | re.MULTILINE)
_FIELD = re.compile(r"^[ \t]*\"?(claim|applies|segment|revises)\"?[ \t]*[=:][ \t]*(.*)$", re.IGNORECASE | re.MULTILINE)
_WORDS = re.compile(r"^[ \t]*\"?(present|absent)\"?[ \t]*[=:][ \t]*\[([^\]]*)\]", re.IGNORECASE | re.MULTILINE)
_QUOTED = re.compile(r"\"([^\"\n]*)\"|'([^'\n]*)'")
_EVIDENCE = re.compile(r"^[ \t]*\"?evidence\"?[ \t]*[=:][ \t]*(\[[^\]]*\]|.*)", re.IGNORECASE | re.MULTILINE)
_EFFECT = re.compile(
    r"^[ \t]*\"?effect\"?[ \t]*[=:][ \t]*\{([^}]*)|^[ \t]*\[[ \t]*lessons?\.effect[ \t]*\]([^\[]*)",
    re.IGNORECASE | re.MULTILINE,
)
_PAIR = re.compile(r"\"?([\w-]+)\"?[ \t]*[=:][ \t]*[\"']?(\w+)")
_ID = re.compile(r"[\w./-]+")  # of this run, or RUN/ID of another
_LESSON = re.compile(r"(?:[\w.-]+/)?L\d+-\d+")
_WAYS = {
    "down": ("decrease", "decreased", "decreases", "lower", "lowered", "reduced", "fell"),
    "up": ("increase", "increased", "increases", "higher", "raised", "rose"),
    "same": ("unchanged", "none", "flat", "equal", "no change", "neutral"),
}
_WAY = {word: way for way, words in _WAYS.items() for word in (way, *words)}
_LONGEST = 4_000  # characters of one lesson; the time that TOML takes can grow with their square
_MOST = 50  # lessons read from one reply
_SENTENCE = 500  # characters of a claim that are kept


def parse_lessons(reply: str) -> list[dict[str, Any]]:
    """The lessons of a reply in the form of `prompts/critic.md`.

    Each has `claim`, `applies`, `segment`, `revises` (str), `evidence` (list of ids), `present`, `absent` (lists of words of code),
    `effect` (objective -> "down", "up", "same").
    A lesson without a claim, or longer than any lesson, is left out. Raises ReplyError when none is left.
    """
    text = even(meant(reply))
    if not text.strip():
        raise unparsable("the reply is empty")
    blocks = [block.text for block in fenced(text).blocks if "claim" in block.text or _HEADER.search(block.text)]
    lessons: list[dict[str, Any]] = []
    faults: list[str] = []
    for block in blocks or [text]:
        for raw in _raw(block, faults):
            lesson = _lesson(raw)
            if lesson is None:
                faults.append("a lesson has no claim")
            elif lesson not in lessons and len(lessons) < _MOST:
                lessons.append(lesson)
    if not lessons:
        raise unparsable(f"no lesson could be read: {faults[0] if faults else 'there is no [[lesson]] line'}")
    return lessons


def _raw(block: str, faults: list[str]) -> list[dict[str, Any]]:
    """The lessons of one block as they were written, each read by itself so that one fault costs one lesson."""
    headers = list(_HEADER.finditer(block))
    if not headers:
        return _from_json(block) or ([_by_pattern(block[:_LONGEST])] if "claim" in block[:_LONGEST] else [])
    raws = []
    ends = [*(header.start() for header in headers[1:]), len(block)]
    for header, end in list(zip(headers, ends, strict=True))[:_MOST]:
        piece = block[header.end() : end]
        if len(piece) > _LONGEST:
            faults.append(f"a lesson has more than {_LONGEST} characters")
            continue
        try:
            raws.append(tomllib.loads(piece.replace("[[lesson.effect]]", "[lesson.effect]")))
        except (ValueError, RecursionError) as error:
            faults.append(f"lesson {len(raws) + 1} is not TOML: {error}")
            raws.append(_by_pattern(piece))
    return raws


def _from_json(block: str) -> list[dict[str, Any]]:
    """Lessons that came as JSON: a list, or an object with one."""
    if len(block) > _LONGEST * _MOST or block.lstrip()[:1] not in {"[", "{"}:
        return []
    try:
        found = json.loads(block)
    except (ValueError, RecursionError):
        return []
    if isinstance(found, dict):
        lists = [value for value in found.values() if isinstance(value, list)]
        found = [found] if "claim" in found else [raw for value in lists for raw in value]
    return [raw for raw in found if isinstance(raw, dict)]


def _by_pattern(piece: str) -> dict[str, Any]:
    """The fields of a lesson whose TOML is broken: often by a quotation mark in a sentence, or by a table over several lines."""
    raw: dict[str, Any] = {
        found[1].lower(): found[2].strip().rstrip(",").strip("\"'") for found in _FIELD.finditer(piece)
    }
    evidence, effect = _EVIDENCE.search(piece), _EFFECT.search(piece)
    raw["evidence"] = _ID.findall(evidence[1]) if evidence else []
    raw |= {x[1].lower(): [a or b for a, b in _QUOTED.findall(x[2])] for x in _WORDS.finditer(piece)}
    raw["effect"] = dict(_PAIR.findall(effect[1] or effect[2] or "")) if effect else {}
    return raw


def _lesson(raw: dict[str, Any]) -> dict[str, Any] | None:
    table = raw.get("lesson")
    effect = raw.get("effect", table.get("effect") if isinstance(table, dict) else None)
    claim = _sentence(raw.get("claim"))
    if not claim:
        return None
    evidence = raw.get("evidence")
    if isinstance(evidence, str):
        evidence = _ID.findall(evidence)
    revises = _LESSON.search(_sentence(raw.get("revises")))
    ways = effect.items() if isinstance(effect, dict) else ()
    return {
        "claim": claim,
        "applies": _sentence(raw.get("applies")),
        "segment": _sentence(raw.get("segment")),
        "evidence": _texts(evidence),
        "present": _texts(raw.get("present")),
        "absent": _texts(raw.get("absent")),
        "revises": revises[0] if revises else "",
        "effect": {name: _WAY[way.lower()] for name, way in ways if isinstance(way, str) and way.lower() in _WAY},
    }


def _sentence(value: object) -> str:
    return " ".join(value.split())[:_SENTENCE] if isinstance(value, str) else ""


def _texts(value: object) -> list[str]:
    """The texts of a list, each once; a single text is a list of one."""
    listed = [value] if isinstance(value, str) and value.strip() else value
    return list(dict.fromkeys(x for x in listed if isinstance(x, str))) if isinstance(listed, list) else []
