"""Lines that a lineage dropped on its way, and those that come back.

A line counts by its code: without the space around it, without its comment. One that is said twice counts once, and one without a
word (a closing bracket) not at all. Where it stands does not count either, so a line that moves is neither dropped nor added.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

# up to a mark of a comment that is inside no string; in the middle of a text of several lines this is a guess
_CODE = re.compile(r"""((?:[^'"#]++|'(?:\\.|[^'\\])*+'|"(?:\\.|[^"\\])*+")*+)\#.*""")
_WORD = re.compile(r"\w")


class Added(NamedTuple):
    """The lines that a child has and its parent has not, in the order of the text."""

    lines: tuple[str, ...]
    back: tuple[str, ...]  # those of them that an ancestor of the parent had, so that they were dropped on the way


def code_lines(files: Mapping[str, str]) -> list[str]:
    """The lines of a program, or of some of its segments by name, each once, in the order of the text."""
    found = (_code(line) for text in files.values() for line in text.splitlines())
    return list(dict.fromkeys(line for line in found if _WORD.search(line)))


def added(child: Sequence[str], parent: Collection[str], before: Collection[str]) -> Added:
    """What a child adds, from the lines of itself, of its parent, and of all ancestors of that."""
    new = tuple(line for line in child if line not in parent)
    return Added(new, tuple(line for line in new if line in before))


def dropped(lineage: Sequence[Mapping[str, str]]) -> list[str]:
    """The lines that these programs, from the first ancestor to the last, dropped and that the last does not have, those that were
    dropped last first."""
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
