"""What a program is to be like: `val_error <= seed + 0.5 and params < 3000`. Of what is enough, and of what is required."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from memory.elites import Elite

Values = Mapping[str, float]

_HOW = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}
_SIZE = r"(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
_PART = re.compile(rf"\s*(\w+)\s*(<=|>=|<|>)\s*(?:([-+]?{_SIZE})|(seed)(?:\s*([-+*])\s*({_SIZE}))?)\s*", re.IGNORECASE)


class Condition(NamedTuple):
    """One objective on one side of a limit: a number, or what the seed has times a factor, plus a number."""

    name: str
    how: str
    plus: float
    times: float = 0.0  # 0 where the seed is not named

    def limit(self, seed: Values | None) -> float | None:
        """The number that it is held against; None while the seed is not measured and is asked for."""
        if not self.times:
            return self.plus
        return None if seed is None or self.name not in seed else self.times * seed[self.name] + self.plus

    def met(self, objectives: Values, seed: Values | None) -> bool:
        """Whether these values are on the right side."""
        limit = self.limit(seed)
        return limit is not None and self.name in objectives and _HOW[self.how](objectives[self.name], limit)

    def excess(self, objectives: Values, seed: Values | None) -> float:
        """By how much these values are on the wrong side, in the units of the objective; infinite where that cannot be said."""
        limit = self.limit(seed)
        if limit is None or self.name not in objectives:
            return float("inf")
        over = objectives[self.name] - limit
        return max(0.0, over if self.how.startswith("<") else -over)


def conditions(text: str) -> list[Condition]:
    """All of which one program must meet. Raises ValueError with what was expected."""
    found = []
    for part in re.split(r"\band\b", text):
        if (told := _PART.fullmatch(part)) is None:
            raise ValueError(
                f"expected e.g. 'val_error < 2 and params < 3000' (<, <=, > or >=, against a number, seed, seed + 0.5, seed - 1 "
                f"or seed * 1.1, joined by `and`); came {text!r}"
            )
        name, how, number, seed, sign, size = told.groups()
        if not seed:
            found.append(Condition(name, how, float(number)))
        elif sign == "*":
            found.append(Condition(name, how, 0.0, float(size)))
        else:
            found.append(Condition(name, how, float(f"{sign}{size}" if sign else 0), 1.0))
    return found


def misnamed(setting: str, text: str, names: Sequence[str]) -> str:
    """Which objectives of this setting's text a task does not have, and which it has; empty when all is well."""
    other = [one.name for one in conditions(text) if one.name not in names]
    return f"{setting}: the task has no objective {', '.join(other)}; it has: {', '.join(names)}" if other else ""


def reached(text: str, elites: Sequence[Elite], seed: Values | None) -> bool:
    """Whether one of these meets all conditions; `seed` is what the seed measures."""
    return any(meets(text, elite.program.objectives or {}, seed) for elite in elites)


def meets(text: str, objectives: Values, seed: Values | None) -> bool:
    """Whether these values meet all conditions; `seed` is what the seed measures."""
    return all(one.met(objectives, seed) for one in conditions(text))
