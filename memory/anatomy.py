"""What a program's network consists of, as its check told: parameters and shapes of its parts, and of its segments.

It comes from inside the sandbox (`sandbox/worker/anatomy.py` says what each field means), so it is read as something that anybody may
have written, and is for authors alone: nothing is decided from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from genome.markers import ranges

MOST = 40  # parts of one program
_LONGEST = 80  # characters of a name
_AXES = 8  # of a tensor
_LARGEST = 1 << 53  # numbers stay below it

Part = dict[str, Any]  # name, kind, file, line, params, own, times, in, out


def heard(told: object) -> tuple[Part, ...]:
    """Those of the parts that a check told which have the form of one; what has not is left out."""
    if not isinstance(told, list):
        return ()
    return tuple(part for one in told[:MOST] if (part := _part(one)) is not None)


def by_segment(files: Mapping[str, str], anatomy: Sequence[Part]) -> dict[str, dict[str, Any]]:
    """By segment, in the order of the program: `params` of the modules whose class stands in it, those inside them that stand in another
    left out; `times`, how many of them are in none of its own; `in` and `out`, shapes of the first of these. Segments without a class are
    not named; what stands in no segment is under "", last.

    All `params` together are those of the network.
    """
    cuts = {file: ranges(text) for file, text in files.items()}
    order = [name for found in cuts.values() for name in found]
    homes = {part["name"]: _home(cuts, part) for part in anatomy if _is_mine(part)}
    found: dict[str, dict[str, Any]] = {}
    for part in anatomy:
        if not _is_mine(part):
            continue
        home = homes[part["name"]]
        segment = found.setdefault(home, {"params": 0, "times": 0, "in": None, "out": None})
        segment["params"] += part["own"]
        if any(homes.get(holder) == home for holder in _holders(part["name"])):
            continue
        if not segment["times"]:
            segment |= {"in": part["in"], "out": part["out"]}
        segment["times"] += part["times"]
    return {name: found[name] for name in (*order, "") if name in found}


def _is_mine(part: Part) -> bool:
    """Whether it is the model itself or of a class of the program's: parts of torch's own classes count with what holds them."""
    return part["file"] is not None or part["name"] == ""


def _home(cuts: Mapping[str, Mapping[str, tuple[int, int]]], part: Part) -> str:
    inside = cuts.get(part["file"], {}).items()
    return next((name for name, (first, last) in inside if first <= (part["line"] or 0) <= last), "")


def _holders(name: str) -> list[str]:
    """The names of all that may hold the part of this name, the model itself last."""
    found = []
    while name:
        name = name.rpartition(".")[0]
        found.append(name)
    return found


def _part(one: object) -> Part | None:
    if not isinstance(one, dict):
        return None
    part = {key: one.get(key) for key in ("name", "kind", "file", "line", "params", "own", "times", "in", "out")}
    sound = (
        _is_text(part["name"])
        and _is_text(part["kind"])
        and (part["file"] is None or _is_text(part["file"]))
        and (part["line"] is None or _is_count(part["line"]))
        and all(_is_count(part[key]) for key in ("params", "own", "times"))
        and all(part[key] is None or _is_shape(part[key]) for key in ("in", "out"))
    )
    return part if sound else None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST and value.isprintable()


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < _LARGEST


def _is_shape(value: object) -> bool:
    return isinstance(value, list) and len(value) <= _AXES and all(_is_count(n) for n in value)
