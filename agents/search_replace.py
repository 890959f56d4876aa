"""Edits in the SEARCH/REPLACE form, applied to the text of a segment."""

from __future__ import annotations

from dataclasses import dataclass

from agents.blanks import even
from agents.fences import DIVIDER, REPLACE, SEARCH

_TABS = (4, 8, 2)  # blanks that a tab may stand for
_QUOTED = 400  # characters of a SEARCH text that an error shows


class EditError(Exception):
    """An edit that cannot be applied; the text says why, in words for its author."""


@dataclass(frozen=True)
class Edit:
    """The lines that are there and the lines that take their place."""

    search: list[str]
    replace: list[str]


def parse_edits(text: str) -> list[Edit]:
    """The edits of one block in order. Raises EditError when the form is broken."""
    edits: list[Edit] = []
    search: list[str] | None = None
    replace: list[str] | None = None
    for line in text.split("\n"):
        if search is None:
            if SEARCH.fullmatch(line):
                search = []
        elif replace is None:
            if DIVIDER.fullmatch(line):
                replace = []
            elif SEARCH.fullmatch(line) or REPLACE.fullmatch(line):
                raise EditError(f"edit {len(edits) + 1} has no ======= line between SEARCH and REPLACE")
            else:
                search.append(line)
        elif REPLACE.fullmatch(line):
            edits.append(Edit(search, replace))
            search = replace = None
        elif SEARCH.fullmatch(line):
            raise EditError(f"edit {len(edits) + 1} has no >>>>>>> REPLACE line")
        else:
            replace.append(line)
    if search is not None:
        raise EditError(f"edit {len(edits) + 1} has no {'=======' if replace is None else '>>>>>>> REPLACE'} line")
    if not edits:
        raise EditError("the block holds no <<<<<<< SEARCH line")
    return edits


def apply_edits(text: str, edits: list[Edit]) -> str:
    """`text` after the edits, one after the other. Raises EditError for a SEARCH that is not found, or found twice."""
    for edit in edits:
        text = _apply(text, edit)
    return text


def _apply(text: str, edit: Edit) -> str:
    search = [line.rstrip() for line in edit.search]
    while search and not search[0]:
        del search[0]
    while search and not search[-1]:
        del search[-1]
    if not search:
        raise EditError("a SEARCH text is empty; copy the lines that are to be replaced")
    lines = text.split("\n")
    replace = [] if edit.replace == [""] else edit.replace
    at = _find([line.rstrip() for line in lines], search)
    if at is not None:  # whole lines, but for blanks at their ends
        return "\n".join([*lines[:at], *replace, *lines[at + len(search) :]])
    new = "\n".join(replace).strip("\n")
    written = "\n".join(edit.search).strip("\n")
    for part in dict.fromkeys((written, even(written))):
        first = text.find(part)
        if first >= 0:  # a piece of a line
            if text.find(part, first + 1) >= 0:
                raise _twice(search)
            return text[:first] + new + text[first + len(part) :]
    at = _find([even(line).strip() for line in lines], [even(line).strip() for line in search])
    if at is not None:  # the same lines at another depth, or with other blanks
        moved = _moved(replace, search, lines[at : at + len(search)], tabs=any(line[:1] == "\t" for line in lines))
        if moved is not None:
            return "\n".join([*lines[:at], *moved, *lines[at + len(search) :]])
    raise EditError(
        f"this SEARCH text is not in the segment; copy it exactly, as it was shown:\n{_quoted(search)}\n"
        "If several edits touch the same lines, join them."
    )


def _moved(replace: list[str], search: list[str], found: list[str], tabs: bool) -> list[str] | None:
    """The new lines where the found ones stand, indented as the segment is; None if the found ones are nested otherwise."""
    for tab in _TABS:
        depths = {_depth(there, tab) - _depth(line, tab) for there, line in zip(found, search, strict=True) if line}
        if len(depths) == 1:
            depth = depths.pop()
            return [_indented(line, max(0, _depth(line, tab) + depth), tab if tabs else 0) for line in replace]
    return None


def _find(lines: list[str], search: list[str]) -> int | None:
    """The line where `search` begins in `lines`, found in linear time. Raises EditError when there are two such lines."""
    whole, part = "\n" + "\n".join(lines) + "\n", "\n" + "\n".join(search) + "\n"
    at = whole.find(part)
    if at < 0:
        return None
    if whole.find(part, at + 1) >= 0:
        raise _twice(search)
    return whole.count("\n", 0, at)


def _twice(search: list[str]) -> EditError:
    return EditError(f"this SEARCH text occurs more than once in the segment; add lines around it:\n{_quoted(search)}")


def _quoted(search: list[str]) -> str:
    text = "\n".join(search)
    return text if len(text) <= _QUOTED else text[:_QUOTED] + " ..."


def _depth(line: str, tab: int) -> int:
    """How far a line is indented, in blanks."""
    return len(even(line[: len(line) - len(line.lstrip())]).expandtabs(tab))


def _indented(line: str, depth: int, tab: int) -> str:
    if not line.strip():
        return line
    return ("\t" * (depth // tab) + " " * (depth % tab) if tab else " " * depth) + line.lstrip()
