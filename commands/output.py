"""How commands print: data on stdout, talk on stderr, JSON that any parser takes, and no text that a terminal obeys.

What candidates and models wrote is untrusted: it is shown letter by letter, never as markup or as terminal commands.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from commands.streams import legible

if TYPE_CHECKING:
    from rich.console import Console

# control characters but newline and tab (C0, DEL, C1), and the marks that turn the direction of text around
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

NARROWEST = 20  # cells that a text is never broken below, however small the terminal
LONG_WORD = 24  # cells beyond which a word of a table may be broken


def plain(text: object) -> str:
    """The text as stdout can show it, with whatever a terminal might obey made visible, e.g. an escape character as `\\x1b`."""
    text = str(text).replace("\r\n", "\n")
    return legible(UNSAFE.sub(lambda found: found.group().encode("unicode_escape").decode(), text))


def program() -> str:
    """How the user can call this command again: by name, or by path where its folder is not on PATH."""
    called = Path(sys.argv[0])
    if called.name != "evolve" or shutil.which("evolve"):
        return "evolve"
    with contextlib.suppress(ValueError):
        return str(called.absolute().relative_to(Path.cwd()))
    return str(called)


def talk(text: str) -> None:
    """Say something on stderr."""
    print(plain(text), file=sys.stderr)


def print_json(value: Any) -> None:
    """One line of JSON on stdout. What is not a finite number becomes null, which JSON has and NaN is not."""
    print(json.dumps(_finite(value), allow_nan=False))


def print_json_list(values: Iterable[Any]) -> None:
    """One line of JSON on stdout, a list whose members are made as they are printed."""
    print("[", end="")
    for number, value in enumerate(values):
        print(", " if number else "", json.dumps(_finite(value), allow_nan=False), sep="", end="")
    print("]")


def console() -> Console:
    """Stdout as rich prints to it: colours on a terminal unless NO_COLOR is set, never markup out of text."""
    from rich.console import Console

    return Console(markup=False, highlight=False, emoji=False, soft_wrap=not sys.stdout.isatty())


def terminal() -> int | None:
    """How many cells stdout has in a row; None where it is no terminal, and text goes on as long as it is."""
    return console().width if sys.stdout.isatty() else None


def wrapped(text: object, used: int = 0) -> list[str]:
    """The lines of a text, on a terminal broken between words where `used` cells of each row are taken."""
    lines = plain(text).split("\n")
    wide = terminal()
    return lines if wide is None else [part for line in lines for part in _broken(line, max(wide - used, NARROWEST))]


def print_facts(facts: Iterable[tuple[str, object]], indent: int = 0, least: int = 0) -> None:
    """A line for each fact on stdout, its name before it, or above it where the terminal is too narrow; empty ones are left out."""
    told = [(plain(name), value) for name, value in facts if value not in ("", None)]
    wide = max([least, *(cell_len(name) + 1 for name, _ in told)])
    above = (room := terminal()) is not None and indent + wide + NARROWEST > room
    left = indent + (4 if above else wide)
    for name, value in told:
        lines = wrapped(value, left)
        print(" " * indent + (name.rstrip() if above else _padded(name, wide) + lines.pop(0)))
        for line in lines:
            print(" " * left + line if line else "")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[str] = ()) -> None:
    """A table on stdout, of full text; `right` names the columns of numbers.

    A terminal gets it in its own width: cells are broken between words, and where not even words fit, each row is told as facts.
    """
    names = [plain(name) for name in columns]
    cells = [[plain(cell).replace("\n", " ").replace("\t", " ") for cell in row] for row in rows]
    wide = terminal()
    widths = _widths([names, *cells], wide)
    if widths is None:
        for row in cells:
            print_facts((f"{name} ", cell) for name, cell in zip(names, row, strict=True))
            print()
        return
    for number, row in enumerate([names, *cells]):
        parts = [_broken(cell, width) if wide else [cell] for cell, width in zip(row, widths, strict=True)]
        for line in zip_longest(*parts, fillvalue=""):
            aligned = (_padded(c, w, n in right) for c, w, n in zip(line, widths, columns, strict=True))
            print("  ".join(aligned).rstrip())
        if wide and number == 0:
            print(plain("\u2500") * (sum(widths) + 2 * len(widths) - 2))


def _widths(rows: Sequence[Sequence[str]], wide: int | None) -> list[int] | None:
    """Cells for each column; None where `wide` cells do not hold the longest words side by side."""
    by_column = list(zip(*rows, strict=True))
    widths = [max(map(cell_len, column)) for column in by_column]
    if wide is None:
        return widths
    least = [max(cell_len(word) for cell in column for word in cell.split() or [""]) for column in by_column]
    least = [min(length, LONG_WORD) for length in least]
    over = sum(widths) + 2 * len(widths) - 2 - wide
    while over > 0:
        spare, at = max((width - word, number) for number, (width, word) in enumerate(zip(widths, least, strict=True)))
        if spare <= 0:
            return None
        widths[at] -= 1
        over -= 1
    return widths


def _broken(text: str, width: int) -> list[str]:
    from rich.text import Text

    return [line.plain.rstrip() for line in Text(text).wrap(console(), width, overflow="fold")] or [""]


def _padded(text: str, width: int, right: bool = False) -> str:
    """By the cells of a terminal, of which a letter may take two, or none."""
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def share(count: int, trials: int, interval: Sequence[float]) -> str:
    """A share with its interval in per cent: `3/8 (14-69 %)`; a dash when nothing was tried."""
    return f"{count}/{trials} ({interval[0] * 100:.0f}-{interval[1] * 100:.0f} %)" if trials else "-"


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
