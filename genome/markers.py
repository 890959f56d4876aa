"""Cut program text into segments at its marker lines, and splice it back, byte for byte.

A marker is a line of its own, `# EVOLVE-BLOCK-START name` or `# EVOLVE-BLOCK-END`: the form of OpenEvolve, with a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from genome.errors import GenomeError
from genome.remember import by_text

# Lines as Python's tokenizer sees them. `str.splitlines` would also break at form feeds and at U+2028.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_MARKER = re.compile(r"[ \t\f]*#+[ \t]*EVOLVE-BLOCK-(START|END)(?![\w-])(.*)", re.DOTALL)
_NAME = re.compile(r"[\w.-]+")
_NEWLINE = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Part:
    """A stretch of program text: the inside of the segment `name`, or what lies outside (`name` is None)."""

    text: str
    name: str | None = None


@dataclass(frozen=True)
class Marker:
    """What a marker line says. `name` is empty when the line gives none, or gives what is no name."""

    start: bool
    name: str


def lines(text: str) -> list[str]:
    """The lines of `text` with their ends, as Python counts them; joined they are `text`."""
    return _LINE.findall(text)


def marker(line: str) -> Marker | None:
    """The marker that `line` is, or None."""
    if "EVOLVE-BLOCK-" not in line:
        return None
    found = _MARKER.fullmatch(line)
    if found is None:
        return None
    word = found[2].strip()
    return Marker(found[1] == "START", word if _NAME.fullmatch(word) else "")


def cut(text: str) -> list[Part]:
    """The parts of one file in order, with `splice(cut(text)) == text` for any text.

    A block counts as a segment when it has a name, an end, and no block inside; marker lines belong to the outside.
    """
    return list(_cut(text))


@by_text(most=2_000_000)
def _cut(text: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    outside: list[str] = []
    inside: list[str] | None = None  # since an open START line
    name = ""
    for line in lines(text):
        mark = marker(line)
        if mark is None:
            (outside if inside is None else inside).append(line)
        elif mark.start:
            outside += inside or []
            outside.append(line)
            inside, name = ([], mark.name) if mark.name else (None, "")
        else:
            if inside is not None:
                parts += [Part("".join(outside)), Part("".join(inside), name)]
                outside, inside = [], None
            outside.append(line)
    outside += inside or []
    return (*parts, Part("".join(outside))) if outside else tuple(parts)


@by_text(most=2_000_000)
def ranges(text: str) -> Mapping[str, tuple[int, int]]:
    """Segment -> its first and last line. An empty segment ends before it begins."""
    found, first = {}, 1
    for part in _cut(text):
        size = len(lines(part.text))
        if part.name is not None:
            found[part.name] = (first, first + size - 1)
        first += size
    return found


def splice(parts: Iterable[Part]) -> str:
    """The text that was cut."""
    return "".join(part.text for part in parts)


def segments(files: Mapping[str, str]) -> dict[str, str]:
    """Name of each segment -> its inner text, in order of appearance. Raises GenomeError for a name used twice."""
    found: dict[str, str] = {}
    for file, text in files.items():
        for part in _cut(text):
            if part.name is None:
                continue
            if part.name in found:
                raise GenomeError("contract", f"{file}: segment '{part.name}' is there twice; names must be unique")
            found[part.name] = part.text
    return found


def outside(files: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """File name -> the texts outside its segments: two programs of one task have the same."""
    return {
        file: tuple(p.text if p.name is None else f"\0{p.name}" for p in _cut(text)) for file, text in files.items()
    }


def replace(files: Mapping[str, str], texts: Mapping[str, str]) -> dict[str, str]:
    """The program with new inner texts for the named segments; every other byte is kept.

    A new text takes over the line ends of its START line, and gets a last line end when it lacks one.
    Raises GenomeError (contract) for an unknown name and for a text that holds marker lines.
    """
    known = segments(files)
    for name, text in texts.items():
        if name not in known:
            raise _unknown(name, known)
        if any(marker(line) for line in lines(text)):
            raise GenomeError("contract", f"the new text of segment '{name}' holds EVOLVE-BLOCK lines; leave them out")
    result = dict(files)
    for file, whole in files.items():
        parts = cut(whole)
        if not any(part.name in texts for part in parts if part.name):
            continue
        for at, part in enumerate(parts):
            if part.name is not None and part.name in texts and texts[part.name] != part.text:
                parts[at] = Part(_fit(texts[part.name], parts[at - 1].text), part.name)
        result[file] = splice(parts)
    return result


def _unknown(name: str, known: Iterable[str]) -> GenomeError:
    return GenomeError("contract", f"no segment is named '{name}'; the segments are: {', '.join(known) or 'none'}")


def _fit(text: str, before: str) -> str:
    """`text` with the line ends that `before` closes with."""
    end = "\r\n" if before.endswith("\r\n") else before[-1]
    text = _NEWLINE.sub(lambda _: end, text)
    return text if not text or text.endswith(end) else text + end


def merge(a: Mapping[str, str], b: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Program `a` with `b`'s versions of the named segments (addressed by name, never by place)."""
    theirs = segments(b)
    texts = {}
    for name in names:
        if name not in theirs:
            raise _unknown(name, theirs)
        texts[name] = theirs[name]
    return replace(a, texts)


def validate_markers(files: Mapping[str, str]) -> None:
    """Nothing, when a task's own program is soundly marked; else GenomeError (contract) with every fault and place."""
    faults: list[str] = []
    seen: dict[str, str] = {}
    for file, text in files.items():
        opened: tuple[str, str] | None = None  # name, place
        for number, line in enumerate(lines(text), 1):
            mark = marker(line)
            if mark is None:
                continue
            place = f"{file}, line {number}"
            if not mark.start:
                if opened is None:
                    faults.append(f"{place}: EVOLVE-BLOCK-END without a START before it")
                elif mark.name and opened[0] and mark.name != opened[0]:
                    faults.append(f"{place}: the END of '{mark.name}' closes '{opened[0]}'")
                opened = None
                continue
            if opened is not None:
                faults.append(f"{place}: a START inside the block opened at {opened[1]}; blocks do not nest")
            if not mark.name:
                faults.append(
                    f"{place}: a START needs a name: # EVOLVE-BLOCK-START name (letters, digits, '_', '-', '.')"
                )
            elif mark.name in seen:
                faults.append(f"{place}: segment '{mark.name}' is already at {seen[mark.name]}; names must be unique")
            else:
                seen[mark.name] = place
            opened = (mark.name, place)
        if opened is not None:
            faults.append(f"{opened[1]}: block '{opened[0]}' has no EVOLVE-BLOCK-END")
    if not faults and not seen:
        faults.append("no segment: put `# EVOLVE-BLOCK-START name` and `# EVOLVE-BLOCK-END` around what may change")
    if faults:
        raise GenomeError("contract", "\n".join(faults))
