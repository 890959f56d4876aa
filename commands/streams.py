"""Standard output and error as they come: of any encoding, closed, full, or read by nobody any more."""

from __future__ import annotations

import codecs
import io
import os
import sys

READABLE = "readable"  # the name of our way with what an encoding lacks
# what a reader takes for the same; whatever else an encoding lacks is shown by its number
_ALIKE = {
    **dict.fromkeys("‐‑‒–—−─━╌╴╶", "-"),
    **dict.fromkeys("│┃╎║▏▕", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛┡┩╇╔╗╚╝", "+"),
    **dict.fromkeys("‘’‚′", "'"),
    **dict.fromkeys("“”„″", '"'),
    **dict.fromkeys("•●·▪", "*"),
    **dict.fromkeys("\u00a0\u2002\u2003\u2009\u202f", " "),
    "…": "~",  # in one cell: what was cut to fit a row still fits
    "→": "->",
    "←": "<-",
    "⇒": "=>",
    "±": "+-",
    "×": "x",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "≈": "~",
    "µ": "u",
    "μ": "u",
    "❱": ">",
}
BROKEN_PIPE = 141  # as a shell reports a program that the signal of a broken pipe ended


def _readable(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    told = (_ALIKE.get(sign) or sign.encode("ascii", "backslashreplace").decode("ascii") for sign in lacking)
    return "".join(told), error.end


codecs.register_error(READABLE, _readable)


def legible(text: str) -> str:
    """The text as stdout will show it, so that its width can be reckoned with."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    if not "…".encode(encoding, "ignore"):
        text = text.replace("…", "...")
    return text.encode(encoding, READABLE).decode(encoding)


class Stream(io.TextIOWrapper):
    """Writes every text in the encoding of the terminal or pipe behind it, and knows what to do when nobody takes it."""

    def __init__(self, old: io.TextIOWrapper | None, talk: bool) -> None:
        """In place of `old`. When writing fails, `talk` is lost; anything else was asked for, so the program ends."""
        self._talk = talk
        buffer = old.buffer if old is not None else io.BufferedWriter(io.FileIO(os.devnull, "w"))
        encoding = old.encoding if old is not None else "utf-8"
        by_line = talk or (old is not None and old.isatty())
        at_once = old is not None and old.write_through  # PYTHONUNBUFFERED
        super().__init__(buffer, encoding=encoding, errors=READABLE, line_buffering=by_line, write_through=at_once)

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as error:
            self._lost(error)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self._lost(error)

    def _lost(self, error: OSError) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())  # what is still held back goes there, without a word
        os.close(nowhere)
        if self._talk:
            return
        if isinstance(error, BrokenPipeError):
            raise SystemExit(BROKEN_PIPE)
        print(f"evolve: the output cannot be written: {error.strerror}", file=sys.stderr)
        raise SystemExit(1)


def settle() -> None:
    """Make stdout and stderr such streams. Numbers 0, 1 and 2 are taken first, or a run's own files would get them."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout, sys.stderr = Stream(sys.stdout, talk=False), Stream(sys.stderr, talk=True)  # type: ignore[arg-type]
