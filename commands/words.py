"""How a candidate is told in a few words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from memory.numbers import number

if TYPE_CHECKING:
    from memory.records import Audit, Candidate


def values(objectives: Mapping[str, float] | None) -> str:
    """Each objective with its value."""
    return ", ".join(f"{name} {number(value)}" for name, value in (objectives or {}).items())


def ahead(best: str, chosen: str) -> str:
    """How the program with this id was chosen as the best, and plainly so where it is the seed; `chosen` is `memory.aim.Aim.told`."""
    return f"the seed itself, no child came out ahead of it ({chosen})" if best == "seed" else chosen


def made_by(one: Candidate) -> str:
    """Its operator, and the segment that was changed."""
    return " ".join(part for part in (one.operator, one.segment) if part)


def standing(one: Candidate, unproven: Collection[str]) -> str:
    """What became of it, in a word or two."""
    return one.failure or (f"{one.status}, not proven" if one.id in unproven else one.status)


def audited(audit: Audit | None) -> str:
    """What its audit said and measured; empty where there was none."""
    if audit is None:
        return ""
    clean = values(audit.measured)
    word = f"struck: {audit.fault}" if audit.fault else f"not proven: {audit.unproven}" if audit.unproven else "holds"
    return "; ".join(part for part in (word, clean, audit.note) if part)
