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
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

# control characters but newline and tab (C0, DEL, C1), and the marks that turn the direction of text around
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: object) -> str:
    """The text with whatever a terminal might obey made visible, e.g. an escape character as `\\x1b`."""
    return UNSAFE.sub(lambda found: found.group().encode("unicode_escape").decode(), str(text).replace("\r\n", "\n"))


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


def console() -> Console:
    """Stdout as rich prints to it: colours on a terminal unless NO_COLOR is set, never markup out of text."""
    from rich.console import Console

    return Console(markup=False, highlight=False, emoji=False, soft_wrap=not sys.stdout.isatty())


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[str] = ()) -> None:
    """A table on stdout: drawn on a terminal, aligned columns of full text elsewhere; `right` names those of numbers."""
    cells = [[plain(cell).replace("\n", " ") for cell in row] for row in rows]
    if not sys.stdout.isatty():
        widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
        for row in [list(columns), *cells]:
            padded = (
                c.rjust(w) if name in right else c.ljust(w) for c, w, name in zip(row, widths, columns, strict=True)
            )
            print("  ".join(padded).rstrip())
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(Text(name), justify="right" if name in right else "left", overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))
    console().print(table)


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
