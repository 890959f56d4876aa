"""How text of candidates and models enters a prompt: quoted, so that it can open no heading and end no fence.

Programs, diffs, error messages and lessons were written by whoever is being judged. All of it goes through `block` or
`span`; what names things (ids, segments, runs) through `line`. `agents.prompts.render` cleans every value once more.
"""

from __future__ import annotations

import re
import unicodedata

from agents.blanks import newlines

MOST = 4_000  # characters of an error message that are shown
MOST_CODE = 100_000  # of a program, which is no longer by contract
_RUN = re.compile(r"`+")
_ASCII = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# control, format (what turns the direction of writing or takes no room), halves of pairs; line ends of other worlds
_STRIPPED = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def clean(text: str) -> str:
    """The text without control and format characters. Newlines and tabs stay, every other line end becomes a newline."""
    text = newlines(text)
    if text.isascii():
        return _ASCII.sub("", text)
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _STRIPPED)


def block(text: str, info: str = "", most: int = MOST) -> str:
    """The text in a fence longer than any that it holds; what is more than `most` characters is left out in the middle."""
    text = _bounded(clean(text).strip("\n"), most)
    fence = "`" * max(3, _longest(text) + 1)
    return f"{fence}{info}\n{text}\n{fence}"


def span(text: str, most: int = MOST) -> str:
    """The text on one line between backquotes, more of them in a row than it holds."""
    text = _bounded(line(text), most).replace("\n", " ")
    tick = "`" * (_longest(text) + 1)
    room = " " if text[:1] in ("`", "") or text[-1:] == "`" else ""
    return f"{tick}{room}{text}{room}{tick}"


def line(text: str) -> str:
    """The text on one line: the name of something."""
    return clean(text).strip().replace("\n", " ")


def _longest(text: str) -> int:
    return max((len(run) for run in _RUN.findall(text)), default=0)


def _bounded(text: str, most: int) -> str:
    """Beginning and end of a text that is too long: of an error the last line says most."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n... {len(text) - 2 * half:,} characters ...\n{text[-half:]}"
