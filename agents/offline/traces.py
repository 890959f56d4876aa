"""What a diff changed, as small facts, and the edit kinds that such facts speak of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from agents.offline.kinds import EDIT_KINDS

_FACT = re.compile(
    r"\b\w+ ?= ?[^\s,()=]+"  # keyword arguments and plain assignments
    r"|\b[A-Z]\w*\d?d?\([^\s,()]+, ?[^\s,()]+"  # layers with their two widths
    r"|[\w.]+\("  # everything that is called
)


def facts(lines: Iterable[str]) -> list[str]:
    """Calls, keyword arguments and layer widths in these lines of code, in order, comments left out."""
    found: list[str] = []
    for line in lines:
        code = line.split("#")[0]
        found += _FACT.findall(code)
        found += re.findall(r"(?<=[( ])[\w.]+\(", code)
        found += re.findall(r"\), [\w.]*Conv\dd\([^()]*kernel_size=1\)", code) if "bias=False" in code else []
    return list(dict.fromkeys(found))


def changed_facts(diff: str) -> tuple[list[str], list[str]]:
    """(facts that a unified diff adds, facts that it takes away)."""
    lines = [line for line in diff.split("\n") if line[:3] not in ("+++", "---")]
    plus = facts(line[1:] for line in lines if line[:1] == "+")
    minus = facts(line[1:] for line in lines if line[:1] == "-")
    return [f for f in plus if f not in minus], [f for f in minus if f not in plus]


def named_kinds(text: str, found: Sequence[str] = ()) -> list[str]:
    """Edit kinds that a sentence names, or that facts of a diff are the trace of, in the order of the table."""
    words = " ".join(re.findall(r"[a-z]+", text.lower().replace("_", " ")))
    named = [
        name
        for name in EDIT_KINDS
        if re.search(rf"\b{_stem(name)}", words) and (name != "head" or "head " in f"{words} ")
    ]
    traced = [name for name, kind in EDIT_KINDS.items() if any(kind.trace.search(fact) for fact in found)]
    return list(dict.fromkeys([*named, *traced]))


def _stem(name: str) -> str:
    """The kind's name as it reads in a sentence; a plural or another ending may follow."""
    return name.replace("_", " ").rstrip("e")
