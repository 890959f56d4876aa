"""What differs between two programs, segment by segment."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping

from genome.markers import cut, lines, segments
from genome.source import normal_form

_CONTEXT = 2  # unchanged lines shown around a change


def changed_segments(a: Mapping[str, str], b: Mapping[str, str]) -> list[str]:
    """Names of the segments whose code differs, in order of appearance; comments and formatting do not count."""
    before, after = segments(a), segments(b)
    return [name for name in {**before, **after} if not same_code(before.get(name), after.get(name))]


def surroundings(files: Mapping[str, str]) -> dict[str, str]:
    """Segment -> a short text, equal for programs whose other segments are equal but for comments and formatting."""
    forms = {name: normal_form(text) or text for name, text in segments(files).items()}

    def others(name: str) -> str:
        told = "\0".join(f"{other}\0{form}" for other, form in sorted(forms.items()) if other != name)
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    return {name: others(name) for name in forms}


def same_code(a: str | None, b: str | None) -> bool:
    """Whether two texts of a segment are equal but for comments and formatting; None for one that is not there."""
    if a is None or b is None or a == b:
        return a == b
    form = normal_form(a)  # None for a segment that is no whole statement, or does not parse: its text decides
    return form is not None and form == normal_form(b)


def diff(a: Mapping[str, str], b: Mapping[str, str]) -> str:
    """Unified diff from `a` to `b` with one heading a segment: always the same text, empty when nothing differs."""
    before, after = _pieces(a), _pieces(b)
    out: list[str] = []
    for heading in {**before, **after}:
        old, new = before.get(heading, []), after.get(heading, [])
        if old == new:
            continue
        out.append(f"=== {heading}\n")
        hunks = list(difflib.unified_diff(old, new, n=_CONTEXT))[2:]  # without the file lines: the heading says it
        out += [line if line.endswith("\n") else line + "\n" for line in hunks]
    return "".join(out)


def _pieces(files: Mapping[str, str]) -> dict[str, list[str]]:
    """Heading -> lines. Line ends are kept: a change of them is a change of the bytes."""
    pieces: dict[str, list[str]] = {}
    for file, text in files.items():
        for part in cut(text):
            heading = f"segment {part.name}" if part.name is not None else f"outside the segments of {file}"
            pieces.setdefault(heading, []).extend(lines(part.text))
    return pieces
