"""What was done to the Critic's lessons, and why: written down with each reflection, and told to it the next time."""

from __future__ import annotations

from collections.abc import Sequence

from agents.quote import line, span
from memory.records import Reflection

_CLAIM = 200  # most characters of a claim
_WHY = 300  # most characters of a reason, which may hold words of a reply


def verdict(lesson: str, done: str, why: str, claim: str = "") -> dict[str, str]:
    """As a reflection records it."""
    return {"lesson": lesson, "done": done, "why": why, **({"claim": claim} if claim else {})}


def describe_verdicts(reflections: Sequence[Reflection]) -> str:
    """A line for each thing that was done in these reflections."""
    told = [one for reflection in reflections for one in reflection.verdicts]
    return "\n".join(map(_verdict, told)) or ("All stand as you wrote them." if reflections else "There are none yet.")


def _verdict(one: dict[str, str]) -> str:
    claim = f" {span(one['claim'], _CLAIM)}" if one.get("claim") else ""
    return f"- [{line(one['lesson'])}]{claim} {line(one['done'])}: {span(one['why'], _WHY)}"
