"""Words of code, by which a lesson says where it applies: what a program's text must hold, and what it must not.

A word is a name (`Flatten`; of `nn.Flatten` the last), a number, a text in quotes or a word in it (`conv3`), or an argument as
the code has it (`stride=2`). Comments and texts in triple quotes say nothing. Pure functions; a text need not be whole Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST = 60  # characters of one word
_PIECE = re.compile(
    r"""\#[^\n]* | \"{3}.*?(?:\"{3}|\Z) | '{3}.*?(?:'{3}|\Z)
    | '(?:[^'\\\n]|\\.)*'? | "(?:[^"\\\n]|\\.)*"?
    | [^\W\d]\w* | \.?\d(?:[\w.]|(?<=[eE])[+-])* | [=!<>:*/+-]= | \n | \S""",
    re.VERBOSE | re.DOTALL,
)
_NAME = re.compile(r"[^\W\d]\w*")
_DOTTED = re.compile(r"(?:[^\W\d]\w*\.)*([^\W\d]\w*)")
_IN_TEXT = re.compile(r"[\w.-]+")
_SOUND = re.compile(r"[\w.+-]*\w[\w.+-]*")
_VALUE = 12  # pieces of an argument's value, more of which make no word
_OPEN, _CLOSED = frozenset("([{"), frozenset(")]}")


def words(text: str) -> frozenset[str]:
    """Every word of a text."""
    pieces = [piece for piece in _PIECE.findall(text) if not piece.startswith(("#", '"""', "'''"))]
    found: set[str] = set()
    for at, piece in enumerate(pieces):
        if piece[0] in "'\"":
            found |= {word(text) for text in (piece, *_IN_TEXT.findall(piece))}
        elif _SOUND.fullmatch(piece):
            found.add(piece)
            if _NAME.fullmatch(piece) and pieces[at + 1 : at + 2] == ["="] and (value := _value(pieces[at + 2 :])):
                found.add(f"{piece}={value}")
    return frozenset(one for one in found if 0 < len(one) <= LONGEST)


def word(said: str) -> str:
    """A word as `words` has it, of how a model puts it: `nn.Flatten()` is `Flatten`; empty for what is none."""
    text = said.strip().strip("`").strip()
    name, equals, value = text.partition("=")
    if equals:
        name, value = _last(name.strip()), _plain(value)
        return _short(f"{name}={value}") if name and value and not value.startswith("=") else ""
    text = text.removesuffix("()").removesuffix("(").strip("'\"")
    return _short(_last(text) or (text if _SOUND.fullmatch(text) else ""))


def holds(present: Iterable[str], absent: Iterable[str], found: frozenset[str]) -> bool:
    """Whether the words of some code have every one that must be there, and none that must not."""
    return found.issuperset(present) and found.isdisjoint(absent)


def _value(pieces: list[str]) -> str:
    """The value of an argument or a plain assignment, without blanks and quotes; empty where it is too long for a word."""
    taken, depth = list[str](), 0
    for piece in pieces[: _VALUE + 1]:
        if depth == 0 and (piece in ",\n;" or piece in _CLOSED):
            return _plain("".join(taken))
        depth += (piece in _OPEN) - (piece in _CLOSED)
        if piece != "\n":
            taken.append(piece)
    return _plain("".join(taken)) if len(pieces) <= _VALUE and depth == 0 else ""


def _plain(text: str) -> str:
    return "".join(text.replace('"', "").replace("'", "").split())


def _last(text: str) -> str:
    dotted = _DOTTED.fullmatch(text)
    return dotted[1] if dotted else ""


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else ""
