"""Reads the project's prompts back into their parts, tolerantly: what is not found is empty."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from agents.blanks import newlines

_ROLE = re.compile(r"^#\s*Role:\s*(\w+)", re.MULTILINE)
_HEADING = re.compile(r"^## +(.+?)\s*$", re.MULTILINE)
_FILE = re.compile(r"^#{2,4} +(?:segment +)?`?([^\s`]+)`?[^\n]*\n\s*(`{3,}|~{3,})[^\n]*\n", re.MULTILINE)


@dataclass(frozen=True)
class Reading:
    """The parts of a prompt that the offline model looks at."""

    role: str  # "architect", "breeder", "critic", "scribe" or ""
    files: dict[str, str] = field(default_factory=dict)  # the program, or parent A
    other: dict[str, str] = field(default_factory=dict)  # parent B's differing segments by name
    scope: tuple[str, ...] = ()  # the segments that may change
    intent: str = "tune"
    better: dict[str, str] = field(default_factory=dict)  # objective -> "down" or "up", the way it should go
    lessons: str = ""
    pair: dict[str, str] = field(default_factory=dict)  # "elite" and "seed": two texts of one segment
    tried: str = ""
    evidence: str = ""
    standing: str = ""
    wording: str = ""  # of an instruction that is to be rephrased
    tail: str = ""  # from the last instructions on

    @property
    def whole(self) -> bool:
        """Whether the whole program may be written anew."""
        return "as many as you like" in self.tail

    @property
    def segment(self) -> str:
        """The segment to change; the first, where several may be."""
        return self.scope[0] if self.scope else ""


def read_prompt(text: str) -> Reading:
    """The parts of a rendered prompt. Line ends are normalised."""
    text = newlines(text)
    role = _ROLE.search(text)
    parts = _sections(text)
    tail = _part(parts, "your ")
    scope = re.search(r"^Segments? to change[^:\n]*:(.+)$", tail, re.MULTILINE)
    intent = re.search(r"^Intent:\s*`?(\w+)", tail, re.MULTILINE)
    program = _part(parts, "the program") or _part(parts, "parent a")
    return Reading(
        role=role.group(1).lower() if role else "",
        files=fenced(program),
        other=fenced(_part(parts, "parent b")),
        scope=tuple(re.findall(r"[\w.-]+", scope.group(1))) if scope else (),
        intent=intent.group(1) if intent else "tune",
        better={
            name: "down" if way == "lower" else "up"
            for name, way in re.findall(r"^- (\w+)[^\n]*?, (lower|higher) is better", _part(parts, "objectives"), re.M)
        },
        lessons=_part(parts, "lessons from"),
        pair=fenced(_part(parts, "a change that helped")),
        tried=_part(parts, "already tried"),
        evidence=_part(parts, "measured steps"),
        standing=_part(parts, "standing lessons"),
        wording=_wording(_part(parts, "the present wording")),
        tail=tail,
    )


def _sections(text: str) -> list[tuple[str, str]]:
    """(heading in lower case, body) of every level-two heading that stands outside code fences."""
    marks = []
    fence = ""
    offset = 0
    for line in text.split("\n"):
        opening = re.match(r"(`{3,}|~{3,})", line)
        if opening and not fence:
            fence = opening.group(1)
        elif fence and line.rstrip() == fence:
            fence = ""
        elif not fence and (heading := _HEADING.match(line)):
            marks.append((heading.group(1).lower(), offset, offset + len(line)))
        offset += len(line) + 1
    ends = [*[mark[1] for mark in marks[1:]], len(text)]
    return [(title, text[start:end]) for (title, _, start), end in zip(marks, ends, strict=False)]


def _wording(part: str) -> str:
    found = re.search(r"^(`{3,})text\n(.*?)\n\1$", part, re.MULTILINE | re.DOTALL)
    return found.group(2) if found else ""


def _part(parts: list[tuple[str, str]], beginning: str) -> str:
    return next((body for title, body in parts if title.startswith(beginning)), "")


def fenced(text: str) -> dict[str, str]:
    """Heading -> text of the fenced block under it."""
    found: dict[str, str] = {}
    at = 0
    while match := _FILE.search(text, at):
        end = re.compile(rf"^{re.escape(match.group(2))}[ \t]*$", re.MULTILINE).search(text, match.end())
        stop = end.start() if end else len(text)
        found[match.group(1)] = text[match.end() : stop].removesuffix("\n")
        at = end.end() if end else len(text)
    return found
