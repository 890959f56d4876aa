"""What is under way in a run and landed with a commit, by name: a child by its id, and what is found of programs that were taken in.

`again/ID/N` is a program's first N further trainings, `audit/ID` its audit, `thought/N` the reflection that began after commit N.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Kind = Literal["again", "audit", "thought"]


def again(id: str, further: int) -> str:
    """So many further trainings of this program."""
    return f"again/{id}/{further}"


def audit(id: str) -> str:
    """This program's audit."""
    return f"audit/{id}"


def thought(number: int) -> str:
    """The reflection that began after this commit."""
    return f"thought/{number}"


def is_child(name: str) -> bool:
    """Whether it is a child; else it is something that is found."""
    return "/" not in name


def of_kind(kind: Kind, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Those of this kind, each with what stands behind the kind: an id, an id and a number, or a number."""
    parts = {name: name.split("/") for name in names}
    return {name: tuple(rest) for name, (first, *rest) in parts.items() if first == kind}
