"""Edits of segments that hold plain values: a word is exchanged for another of its vocabulary, a number for one near it.

A vocabulary is a tuple of values at the top of the file, outside the segments, as in `OPERATIONS = ("none", "skip", "pool")`.
"""

from __future__ import annotations

import ast
import json
import random
from collections.abc import Collection, Mapping
from typing import NamedTuple

from agents.offline.scene import Edit
from agents.offline.source import UNREADABLE, Code, Segment, segments_of, splice

_DRAWS = 30
_MOST = 4  # values that one edit changes


class Site(NamedTuple):
    """A value that may be another one."""

    name: str  # that it stands under
    start: int
    end: int  # in the segment's text
    value: str | int | float | bool


class Values:
    """The values of a segment that holds nothing else. Raises ValueError where it does, and SyntaxError as `Code` does."""

    def __init__(self, files: Mapping[str, str], segment: str) -> None:
        known = segments_of(files)
        home = known[segment]
        code = Code(files[home.file])
        self.text = home.text
        inside = [node for node in code.tree.body if home.first < node.lineno <= home.last]
        first = code.offset(home.first + 1, 0)
        self.sites: list[Site] = []
        for node in inside:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                continue
            if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
                raise ValueError("not values alone")
            ast.literal_eval(node.value)
            for one in _constants(node.value):
                start, end = code.span(one)
                if isinstance(one.value, str | int | float):
                    self.sites.append(Site(node.targets[0].id, start - first, end - first, one.value))
        self.words = _vocabularies(code, known.values(), home.file)

    def others(self, site: Site) -> list[object]:
        """What may stand there instead: the rest of its vocabulary."""
        same = [words for words in self.words if any(_same(word, site.value) for word in words)]
        return [word for words in same[:1] for word in words if not _same(word, site.value)]

    def changed(self, new: Mapping[Site, str]) -> str:
        """The segment's text with these values."""
        text = self.text
        for site, value in sorted(new.items(), key=lambda one: one[0].start, reverse=True):
            text = text[: site.start] + value + text[site.end :]
        return text


def exchange(
    files: Mapping[str, str],
    segment: str,
    rng: random.Random,
    boldness: float,
    refused: Collection[str] = (),
    likes: Mapping[str, float] | None = None,
) -> Edit | None:
    """The segment with one value changed, or a few where that is bold; None where it holds other things, or nothing that could change.

    With each edit that was refused one more is changed: what lies near was tried before. `likes` says how likely words are to be
    chosen; 1 for those that it does not name.
    """
    try:
        values = Values(files, segment)
    except (*UNREADABLE, KeyError):
        return None
    for _ in range(_DRAWS if values.sites else 0):
        count = min(1 + len(refused), len(values.sites))
        while count < min(_MOST, len(values.sites)) and rng.random() < boldness:
            count += 1
        chosen = rng.sample(values.sites, count)
        new = {site: other for site in chosen if (other := _other(values, site, rng, boldness, likes or {}))}
        text = values.changed(new)
        if new and text != values.text and text not in refused:
            said = ", ".join(f"{other} in place of {_shown(site.value)} in {site.name}" for site, other in new.items())
            return Edit("exchange", text, f"Exchange: {said}.")
    return None


def blend(
    files: Mapping[str, str], segment: str, theirs: str, rng: random.Random, refused: Collection[str] = ()
) -> Edit | None:
    """The segment with some, not all, of the differing values of another text of it; None where they differ in more, or in one alone."""
    try:
        mine, other = Values(files, segment), Values(splice(files, {segment: theirs}), segment)
    except (*UNREADABLE, KeyError):
        return None
    if len(mine.sites) != len(other.sites) or _form(mine) != _form(other):
        return None
    pairs = zip(mine.sites, other.sites, strict=True)
    differ = {site: theirs[its.start : its.end] for site, its in pairs if not _same(site.value, its.value)}
    for _ in range(_DRAWS if len(differ) > 1 else 0):
        taken = rng.sample(sorted(differ), rng.randint(1, len(differ) - 1))
        text = mine.changed({site: differ[site] for site in taken})
        if text not in refused:
            names = " and ".join(dict.fromkeys(site.name for site in taken))
            return Edit(
                "exchange", text, f"Merge: {len(taken)} of {len(differ)} differing values of {names} from parent B."
            )
    return None


def _other(values: Values, site: Site, rng: random.Random, boldness: float, likes: Mapping[str, float]) -> str | None:
    if others := values.others(site):
        return _shown(rng.choices(others, [likes.get(str(word), 1.0) for word in others])[0])
    if isinstance(site.value, bool):
        return repr(not site.value)
    if isinstance(site.value, str):
        return None
    factor = 2 ** rng.uniform(-1 - boldness, 1 + boldness)
    if isinstance(site.value, float):
        return repr(float(f"{site.value * factor:.3g}"))
    return str(max(site.value + rng.choice((-1, 1)), 0) if abs(site.value) < 4 else round(site.value * factor))


def _constants(value: ast.expr) -> list[ast.Constant]:
    """The constants of a literal in the order of the text; keys of a dict are names, and stay."""
    if isinstance(value, ast.Constant):
        return [value]
    if isinstance(value, ast.Dict):
        return [one for part in value.values for one in _constants(part)]
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        return [one for part in value.elts for one in _constants(part)]
    return []


def _vocabularies(code: Code, segments: Collection[Segment], file: str) -> list[tuple[object, ...]]:
    ranges = [(one.first, one.last) for one in segments if one.file == file]
    found: list[tuple[object, ...]] = []
    for node in code.tree.body:
        outside = not any(first < node.lineno <= last for first, last in ranges)
        if outside and isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            words = tuple(one.value for one in node.value.elts if isinstance(one, ast.Constant))
            found += [words] if len(words) == len(node.value.elts) > 1 else []
    return found


def _form(values: Values) -> str:
    """The segment's text without its values."""
    return values.changed(dict.fromkeys(values.sites, "_"))


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other
