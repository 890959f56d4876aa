"""A reply as it was meant: without what was thought aloud, without the tokens of its model and what comes after them.

The one door through which every reply goes before anything is read from it.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left

from agents.blanks import even, newlines
from agents.fences import DIVIDER, FENCE, REPLACE, SEARCH, unparsable
from agents.marks import CLOSED, ENDS, MARK, OPENED
from memory.rows import storable

_ESCAPED_EDIT = re.compile(r"^[ \t]*+(?:&lt;){5}", re.MULTILINE)
_NAMING = re.compile(r"[ \t]*+#++[ \t]*+(?:segment|EVOLVE-BLOCK-).*+", re.IGNORECASE)
_FORM = (FENCE, SEARCH, DIVIDER, REPLACE, _NAMING)
_BLOCK = re.compile(r"^[ \t>]*+(?:```|~~~|<{5}|(?:class|def|import|from)[ \t])", re.MULTILINE)
_LAST_FENCE = re.compile(r"(?:[^\S\n]*+\n)++[ \t>]*+(?:`{3,}+|~{3,}+)[ \t]*+(?=\n|\Z)")
_CODE = re.compile(rf"^{FENCE.pattern}$|\\.|'''|\"\"\"|['\"#\n]", re.MULTILINE)


def meant(reply: str, finish: str = "stop") -> str:
    """What a reply says, in text that can be stored and sent, whose line ends are newlines.

    Raises ReplyError if the reply only thinks. Takes time in proportion to its length.
    """
    text = _legible(reply)
    marks = list(MARK.finditer(text))
    if marks:
        text, thought, ended = _answer(text, marks)
        if thought and not (text.strip() if ended else _BLOCK.search(text)):
            cut = "the reply was cut off at the token limit, while thinking"
            none = f"no answer follows {' '.join(thought.split())}"
            raise unparsable(f"{cut if finish == 'length' else none}; think less, give the answer")
    return text if text.isascii() else "\n".join(map(_even_form, text.split("\n")))


def _legible(reply: str) -> str:
    """The reply without what its encoding or a server did to it."""
    text = newlines(storable(reply)).replace("\0", "").removeprefix("\ufeff")
    if "&lt;" in text and not re.search("[<>]", text) and _escaped(text):
        text = html.unescape(text)
    return text


def _escaped(text: str) -> bool:
    """Whether a text without a bracket was escaped as HTML: its marks are."""
    return bool(_ESCAPED_EDIT.search(text)) or any("&lt;" in mark[0] for mark in MARK.finditer(text))


def _even_form(line: str) -> str:
    """The line with even blanks if it belongs to the form of a reply; code is for `agents.blanks.even_code`."""
    plain = even(line)
    return plain if any(form.fullmatch(plain) for form in _FORM) else line


def _answer(text: str, marks: list[re.Match[str]]) -> tuple[str, str, bool]:
    """The answer in `text`, the first mark of a thought that was left out, if any was, and whether the last of them ended."""
    ends = {kind: _ends(kind, marks) for kind in OPENED.keys() & {mark.lastgroup for mark in marks}}
    alone = [nr for nr, mark in enumerate(marks) if _ends_all(mark.lastgroup or "")]
    last_block = max((block.start() for block in _BLOCK.finditer(text)), default=-1)
    last_words = _last_words(text, marks)
    answer = _Answer()
    thought = ""
    wrapped = False
    at = nr = 0
    while nr < len(marks):
        mark, kind = marks[nr], marks[nr].lastgroup or ""
        nr += 1
        answer.add(text[at : mark.start()])
        at = mark.end()
        if answer.quotes(mark) and at <= last_words:
            answer.add(mark[0])
        elif kind in OPENED:
            end = _next(ends[kind], nr)
            if end is None and (OPENED[kind].spoken or answer.fence):
                answer.add(mark[0])
                continue
            thought = thought or mark[0]
            end = _next(alone, nr) if end is None else end
            if end is None:
                return "".join(answer.parts), thought, False
            if marks[end].lastgroup == _closing(kind) or marks[end].lastgroup in ENDS:
                nr, at = end + 1, marks[end].end()
                answer.break_line()
            else:  # it makes all before it a thought, when its turn comes
                nr, at = end, marks[end].start()
        elif _ends_all(kind) or (kind == "wrapped" and not wrapped and at < last_block):
            answer = _Answer()
            wrapped = kind == "wrapped"
            thought = thought or mark[0]
        elif kind in ENDS and answer.said:
            if answer.fence and (fence := _LAST_FENCE.match(text, at)):
                answer.add(fence[0])
            at = len(text)
            break
    answer.add(text[at:])
    return "".join(answer.parts), thought, True


def _closing(kind: str) -> str:
    return kind.replace("opened", "closed")


def _ends_all(kind: str) -> bool:
    """Whether a mark of this kind makes a thought of everything before it."""
    return kind == "answer" or (kind in CLOSED and CLOSED[kind].alone)


def _next(numbers: list[int], least: int) -> int | None:
    """The first of the ascending numbers that is not below `least`."""
    at = bisect_left(numbers, least)
    return numbers[at] if at < len(numbers) else None


def _ends(kind: str, marks: list[re.Match[str]]) -> list[int]:
    """Which of the marks may end a thought that began with one of this kind."""
    ending = {_closing(kind), "answer", *(("end_of_message",) if OPENED[kind].message else ())}
    return [nr for nr, mark in enumerate(marks) if mark.lastgroup in ending]


def _last_words(text: str, marks: list[re.Match[str]]) -> int:
    """Where the text ends but for blanks and for marks that end a turn."""
    last = len(text)
    for mark in reversed(marks):
        if mark.lastgroup not in ENDS or text[mark.end() : last].strip():
            break
        last = mark.start()
    return last


class _Answer:
    """The parts of an answer up to some place, and whether that place is code: a fenced block, a string or comment in it."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.said = False
        self.fence = ""
        self._indent = 0
        self._quote = ""

    def add(self, text: str) -> None:
        if not text:
            return
        self.parts.append(text)
        self.said = self.said or bool(text.strip())
        for found in _CODE.finditer(text):
            if found[2]:
                self._meet_fence(found)
            elif self.fence:
                self._quote = self._after(found[0])

    def _meet_fence(self, found: re.Match[str]) -> None:
        """A fence may be part of a docstring only if it stands deeper than the one that opened the block."""
        indent, fence, info = len(found[1]), found[2], found[3].strip()
        if not self.fence:
            self.fence, self._indent, self._quote = fence, indent, ""
        elif fence.startswith(self.fence) and not (self._quote and indent > self._indent):
            self.fence, self._quote = fence if info else "", ""

    def _after(self, token: str) -> str:
        """What is open after this token of Python: a string, a comment or nothing."""
        if token == "\n":
            return self._quote if len(self._quote) == 3 else ""
        if not self._quote:
            return token if token[0] in "'\"#" else ""
        return "" if token == self._quote else self._quote

    def quotes(self, mark: re.Match[str]) -> bool:
        """Whether a mark that comes next is spoken of: in a string or comment of code, or between backquotes or quotes."""
        text, end = mark.string, mark.end()
        if not self.fence:
            before, after = text[max(0, mark.start() - 1) : mark.start()], text[end : end + 1]
            return before == after and before in {"'", '"', "`"} and not text.startswith("``", end)
        if len(self._quote) != 1 or self._quote == "#":
            return bool(self._quote)
        closing, line_end = text.find(self._quote, end), text.find("\n", end)
        return closing >= 0 and (closing < line_end or line_end < 0)

    def break_line(self) -> None:
        """Let what comes next begin a line."""
        if self.said and not self.parts[-1].endswith("\n"):
            self.add("\n")
