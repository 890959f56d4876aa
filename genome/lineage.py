"""Lines that a lineage dropped on its way, and those that come back.

A line counts by its code: without the space around it, without its comment, and not at all without a word, as a closing bracket.
Where it stands does not count, so a line that moves is neither dropped nor added.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

# up to a mark of a comment that is inside no string; in the middle of a text of several lines this is a guess
_CODE = re.compile(r"""((?:[^'"#]++|'(?:\\.|[^'\\])*+'|"(?:\\.|[^"\\])*+")*+)\#.*""")
_WORD = re.compile(r"\w")


class Added(NamedTuple):
    """The lines that a child has more than its parent, and how often."""

    lines: Counter[str]
    back: Counter[str]  # those of them that an ancestor of the parent had, so that they were dropped on the way


def code_lines(files: Mapping[str, str]) -> Counter[str]:
    """The lines of a program, or of some of its segments by name, and how often it has each, in the order of the text."""
    found = (_code(line) for text in files.values() for line in text.splitlines())
    return Counter(line for line in found if _WORD.search(line))


def most(programs: Iterable[Counter[str]]) -> Counter[str]:
    """How often any of these had each line."""
    found = Counter[str]()
    for program in programs:
        found |= program
    return found


def added(child: Counter[str], parent: Counter[str], before: Counter[str]) -> Added:
    """What a child adds, from the lines of itself and of its parent, and from the most that any ancestor of that had."""
    new = child - parent
    return Added(new, new & (before - parent))


def dropped(lineage: Sequence[Mapping[str, str]]) -> list[str]:
    """The lines that these programs, from the first ancestor to the last, dropped and that the last does not have, those that were
    dropped last first, each once."""
    programs = [code_lines(files) for files in lineage]
    seen = set(programs[-1]) if programs else set()
    found: list[str] = []
    for program in reversed(programs[:-1]):
        lost = [line for line in program if line not in seen]
        found += lost
        seen.update(lost)
    return found


def _code(line: str) -> str:
    commented = _CODE.fullmatch(line)
    return (commented[1] if commented else line).strip()
