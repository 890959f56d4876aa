"""The fenced blocks of a reply, in one pass over its lines.

More forgiving than CommonMark where models are careless: a block that is never closed, one that a new opening line
ends, and fences inside a docstring or inside a SEARCH/REPLACE edit, which do not end the block they stand in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Possessive quantifiers, so that no line of a hostile reply costs more than its length.
FENCE = re.compile(r"([ \t>]*+)(`{3,}+|~{3,}+)[ \t]*+([^`\n]*+)")
_QUOTE = re.compile(r"\\.|'''|\"\"\"|'|\"|#")
_SEGMENT = re.compile(r"segment\s*[=:]", re.IGNORECASE)
# The lines of an edit, as `<<<<<<< SEARCH` or as `------- SEARCH`, with whatever words stand behind: often a path.
SEARCH = re.compile(r"[ \t]*+(?:(?:<|&lt;){5,9}+(?!<|&lt;)[ \t]*+(?:\w.*+)?|-{5,9}+[ \t]*+SEARCH\b.*+)")
DIVIDER = re.compile(r"[ \t]*+={5,9}+[ \t]*+")
REPLACE = re.compile(r"[ \t]*+(?:(?:>|&gt;){5,9}+(?!>|&gt;)[ \t]*+(?:\w.*+)?|\+{5,9}+[ \t]*+REPLACE\b.*+)")
_MOST_LOOKED_AHEAD = 8  # blocks whose string or edit never ends; more of them would cost quadratic time


class ReplyError(Exception):
    """A reply without a usable answer. `failure` is a failure kind, `message` tells the author what was wrong."""

    def __init__(self, failure: str, message: str) -> None:
        super().__init__(f"{failure}: {message}")
        self.failure = failure
        self.message = message


def unparsable(message: str) -> ReplyError:
    return ReplyError("unparsable", message)


@dataclass(frozen=True)
class Block:
    """What stands between two fences. `info` follows the opening fence, `before` is the last line of prose above it."""

    info: str
    text: str
    closed: bool
    before: str = ""


@dataclass(frozen=True)
class Fenced:
    """A reply taken apart: its blocks in order and the prose around them."""

    blocks: tuple[Block, ...]
    prose: str


def fenced(text: str) -> Fenced:
    """The blocks of `text`, whose line ends are newlines. Takes time in proportion to its length."""
    lines = text.split("\n")
    blocks: list[Block] = []
    prose: list[str] = []
    at = 0
    for start, end, after, opening in _blocks(lines):
        prose += lines[at:start]
        body = _unindented(lines[start + 1 : end], len(opening[1]))
        before = next((line for line in prose[:-4:-1] if line.strip()), "")
        blocks.append(Block(opening[3].strip(), body, closed=after > end or end < len(lines), before=before))
        at = after
    prose += lines[at:]
    return Fenced(tuple(blocks), "\n".join(prose).strip())


def in_blocks(text: str) -> list[bool]:
    """For each line of `text` whether it belongs to a block that is closed, its fences included."""
    lines = text.split("\n")
    found = [False] * len(lines)
    for start, end, after, _ in _blocks(lines):
        if after > end:
            found[start:after] = [True] * (after - start)
    return found


def _blocks(lines: list[str]) -> Iterator[tuple[int, int, int, re.Match[str]]]:
    """Where each block opens and ends, where the text goes on, and its opening fence."""
    at, looked_ahead = 0, 0
    while at < len(lines):
        opening = FENCE.fullmatch(lines[at])
        if opening is None:
            at += 1
            continue
        end, after, failed = _end(lines, at, opening, look_ahead=looked_ahead < _MOST_LOOKED_AHEAD)
        looked_ahead += failed
        yield at, end, after, opening
        at = after


def _end(lines: list[str], start: int, opening: re.Match[str], look_ahead: bool) -> tuple[int, int, bool]:
    """Where the block ends, where the text goes on, and whether looking past a protected fence was in vain."""
    fence = opening[2]
    edit = opening[3].lower().startswith("edit")
    quote: str | None = None
    hunk = False
    passed: int | None = None  # the first closing fence that stood in a string or an edit
    for at in range(start + 1, len(lines)):
        line = lines[at]
        found = FENCE.fullmatch(line)
        if found is not None and found[2][0] == fence[0] and len(found[2]) >= len(fence):
            protected = look_ahead and (hunk if edit else quote is not None)
            if not found[3].strip():
                if not protected:
                    return at, at + 1, False
                passed = passed or at
            elif not protected or _SEGMENT.search(found[3]):  # the next block begins: this one was left open
                return (at, at, False) if passed is None else (passed, passed + 1, True)
        if SEARCH.fullmatch(line):
            edit = hunk = True
        elif REPLACE.fullmatch(line):
            hunk = False
        if not edit:
            quote = _open_string(line, quote)
    return (len(lines), len(lines), False) if passed is None else (passed, passed + 1, True)


def _open_string(line: str, quote: str | None) -> str | None:
    """The triple quote that is open at the end of a line of Python, given the one open at its start."""
    for token in (found[0] for found in _QUOTE.finditer(line)):
        if quote is None:
            if token == "#":
                return None
            quote = token if token[0] in "'\"" else None
        elif token == quote:
            quote = None
    return quote if quote is not None and len(quote) == 3 else None


def _unindented(lines: list[str], width: int) -> str:
    """The lines of a block whose fence is indented by `width`, as in a list, without that indentation if they have it too."""
    first = next((line for line in lines if line.strip(" \t>")), "")
    width = min(width, _indentation(first))
    return "\n".join(line[min(width, _indentation(line)) :] for line in lines) if width else "\n".join(lines)


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" \t>"))
