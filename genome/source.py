"""A file of a program, read: normal form, units, and what it may not name.

A file is read stretch by stretch, so that a program which differs in one segment costs one segment's work; what was read is kept
by text. A stretch is text that parses by itself: then the file's statements are those of its stretches, one after the other, for
a statement ends where its last line does, and none that could be part of the one before begins a text that parses. What does not
fit that (a segment inside a class, a fault of syntax) is read as one stretch, the whole file.
"""

from __future__ import annotations

import ast
import hashlib
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

from genome.errors import GenomeError
from genome.forbidden import Fault, Meant, faults, frames_stored
from genome.imported import Names, names_at_top
from genome.markers import cut, lines, ranges
from genome.remember import by_text
from genome.tree import normalise, parse, serialise
from genome.units import Unit, placed, units


@dataclass(frozen=True)
class Stretch:
    """What the statements of a text say; its lines count from 1, its units belong to no file yet."""

    text: str
    height: int  # lines
    code: str  # the statements in normal form
    units: tuple[Unit, ...]
    spans: tuple[tuple[int, int], ...]  # first and last line of each statement of several lines, inner ones too
    names: Names
    frames: frozenset[str]
    # whether the first and the last statement is an import: a run of imports is put in order as one
    imports_first: bool
    imports_last: bool


@dataclass(frozen=True)
class Source:
    """One Python file of a program."""

    file: str
    text: str
    stretches: tuple[Stretch, ...]

    @property
    def code(self) -> str:
        """The normal form: equal for texts that differ only in comments, formatting, docstrings or order of imports."""
        inner = "".join(stretch.code for stretch in self.stretches)
        return f"Module( body=[{inner}])" if inner else "Module()"

    def units(self) -> list[Unit]:
        """The file's units in order, new ones with each call."""
        return [placed(unit, self.file, above, None) for above, stretch in self._placed() for unit in stretch.units]

    def straddling(self) -> list[str]:
        """Statements that begin in a segment and end behind it: an open string or bracket swallows what follows."""
        if len(self.stretches) > 1:  # each ends what it begins
            return []
        spans = [span for stretch in self.stretches for span in stretch.spans]
        return [
            f"segment '{name}': what begins at its line {line - first + 1} does not end in it; close strings and brackets"
            for name, (first, last) in ranges(self.text).items()
            for line in sorted({begin for begin, end in spans if first <= begin <= last < end})
        ]

    def forbidden(self, imports: Collection[str], own: Collection[str]) -> list[str]:
        """A line for each thing that the file may not name; see `genome.forbidden`."""
        names = reduce(add, (s.names for s in self.stretches), Names()).known({}, set(imports) - set(own))
        frames = frozenset[str]().union(*(s.frames for s in self.stretches))
        meant = Meant(frozenset(imports), frozenset(own), frozenset(names.items()), frames)
        found = [(above, fault) for above, stretch in self._placed() for fault in _faults(stretch.text, meant)]
        found.sort(key=lambda one: one[1].inner)  # the top of the whole file comes first
        return [f"{self.file}, line {above + fault.line}: {fault.reason}" for above, fault in found]

    def _placed(self) -> Iterator[tuple[int, Stretch]]:
        """Each stretch, with the number of lines above it."""
        above = 0
        for stretch in self.stretches:
            yield above, stretch
            above += stretch.height


def fingerprint(files: Mapping[str, str]) -> str:
    """16 hex digits, equal for programs that differ only in comments, formatting, docstrings or order of imports.

    File names count; files that are not Python count by their text. The same under every Python version.
    Raises GenomeError (syntax).
    """
    digest = hashlib.sha256()
    sources = read_all(files)
    for file in sorted(files):
        content = sources[file].code if file in sources else files[file]
        digest.update(f"{file}\0{len(content)}\0{content}\0".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:16]


def read_all(files: Mapping[str, str]) -> dict[str, Source]:
    """The Python files of a program, read. Raises GenomeError (syntax)."""
    return {file: read(file, text) for file, text in files.items() if file.endswith(".py")}


def read(file: str, text: str) -> Source:
    """One file, by stretches where it can be read so. Raises GenomeError (syntax)."""
    found = _joined([part.text for part in cut(text)])
    return Source(file, text, tuple(found)) if found else read_whole(file, text)


def read_whole(file: str, text: str) -> Source:
    """One file as one stretch. Raises GenomeError (syntax)."""
    found = _read(text)
    if found is None:
        parse(file, text)  # says what is wrong, and where
        raise GenomeError("syntax", f"{file} cannot be parsed")
    return Source(file, text, (found,))


@by_text(most=4_000_000)
def normal_form(segment: str) -> str | None:
    """A short text, equal for segments whose code is equal but for comments and formatting; None where a segment does not parse."""
    found = _read(textwrap.dedent(segment))
    return hashlib.sha256(found.code.encode("utf-8", "surrogatepass")).hexdigest()[:16] if found else None


def _joined(texts: Sequence[str]) -> list[Stretch]:
    """The stretches of a file that consists of these texts, none where one of them does not parse. Texts that part a run of
    imports are read together."""
    found: list[Stretch] = []
    for text in texts:
        now = _read(text)
        if now is None:
            return []
        before = next((n for n in reversed(range(len(found))) if found[n].code), None)
        if before is not None and now.imports_first and found[before].imports_last:
            now = _read("".join(one.text for one in found[before:]) + text)
            if now is None:
                return []
            del found[before:]
        found.append(now)
    return found


@by_text(most=1_000_000)
def _read(text: str) -> Stretch | None:
    """What this text says, None where it does not parse."""
    try:
        tree = _tree(text)
    except GenomeError:
        return None
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt | ast.ExceptHandler)]
    spans = [(node.lineno, node.end_lineno or node.lineno) for node in statements]
    return Stretch(
        text=text,
        height=len(lines(text)),
        code="".join(serialise(statement) for statement in tree.body),
        units=tuple(units(tree)),
        spans=tuple(span for span in spans if span[0] < span[1]),
        names=names_at_top(tree),
        frames=frames_stored(tree),
        imports_first=_is_import(tree.body[:1]),
        imports_last=_is_import(tree.body[-1:]),
    )


@by_text(most=200_000)
def _tree(text: str) -> ast.Module:
    """Not to be changed: it is needed twice, and kept for the last few texts alone, for trees are large."""
    return normalise(parse("segment.py", text))


@by_text(most=1_000_000)
def _faults(text: str, meant: Meant) -> tuple[Fault, ...]:
    return tuple(faults(_tree(text), meant))


def _is_import(statements: Sequence[ast.stmt]) -> bool:
    return bool(statements) and isinstance(statements[0], ast.Import | ast.ImportFrom)
