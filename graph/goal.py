"""When enough is reached: `val_error < 2 and params < 3000`, said of one elite."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from memory.elites import Elite

_HOW = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}
_PART = re.compile(r"\s*(\w+)\s*(<=|>=|<|>)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*", re.IGNORECASE)


class Condition(NamedTuple):
    """One objective on one side of a number."""

    name: str
    how: str
    value: float


def conditions(text: str) -> list[Condition]:
    """All of which one elite must meet. Raises ValueError with what was expected."""
    found = []
    for part in re.split(r"\band\b", text):
        if (told := _PART.fullmatch(part)) is None:
            raise ValueError(
                f"expected e.g. 'val_error < 2 and params < 3000' (<, <=, > or >=, joined by `and`); came {text!r}"
            )
        found.append(Condition(told[1], told[2], float(told[3])))
    return found


def misnamed(text: str, names: Sequence[str]) -> str:
    """Which objectives of the text a task does not have, and which it has; empty when all is well."""
    other = [one.name for one in conditions(text) if one.name not in names]
    return f"budget.until: the task has no objective {', '.join(other)}; it has: {', '.join(names)}" if other else ""


def reached(text: str, elites: Sequence[Elite]) -> bool:
    """Whether one of these meets them all."""
    return any(meets(text, elite.program.objectives or {}) for elite in elites)


def meets(text: str, objectives: Mapping[str, float]) -> bool:
    """Whether these values meet all conditions."""
    return all(one.name in objectives and _HOW[one.how](objectives[one.name], one.value) for one in conditions(text))
