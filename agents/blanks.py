"""Ends of lines, and signs that look like a blank or like nothing: some models write them where code has a plain one, or none."""

from __future__ import annotations

import re

_WIDE = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000"  # no-break, narrow, ideographic and other spaces
_BARE = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0001-\U000e007f"  # signs without width
_ODD = re.compile(f"[{_WIDE}{_BARE}]")
_WIDTHLESS = re.compile(f"[{_BARE}]++")
_SPACE = re.compile(f"[{_WIDE}]")
# Strings and comments, which stay as they were written, or a run of odd signs. An open string ends with its line, or with the text.
_TOKEN = re.compile(
    r"'''(?:[^'\\]++|\\.|'(?!''))*+(?:'''|\\?\Z)"
    r'|"""(?:[^"\\]++|\\.|"(?!""))*+(?:"""|\\?\Z)'
    r"|'(?:[^'\\\n]++|\\.)*+'?"
    r'|"(?:[^"\\\n]++|\\.)*+"?'
    r"|#[^\n]*+"
    f"|[{_WIDE}{_BARE}]++",
    re.DOTALL,
)


def newlines(text: str) -> str:
    """The text with every end of a line as a newline."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def even(text: str) -> str:
    """The text with every odd space as a plain blank and without signs that have no width."""
    return text if text.isascii() else _SPACE.sub(" ", _WIDTHLESS.sub("", text))


def even_code(code: str) -> str:
    """Python code with even blanks outside of its strings and comments."""
    if _ODD.search(code) is None:
        return code
    return _TOKEN.sub(lambda token: even(token[0]) if _ODD.match(token[0]) else token[0], code)
