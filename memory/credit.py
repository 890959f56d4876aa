"""How a lesson has served: children that cited it against matched children that did not, and when it fades.

Whoever cites a lesson also has a time, an operator and a segment, and each of these moves the odds of a gain more than any
lesson does. So children are compared within strata of what was decided before they were made, and the differences of all
strata are summed (see `memory.stratified`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from memory.records import UNTRIED, Candidate, Lesson
from memory.stratified import Z95

FADING = 4  # matched children that cited it, after which a lesson without a gain is seldom lent
FADED = 8  # ... and after which it is not lent any more
_HOPE = 0.5  # added for a lesson that nobody has cited; shrinks with the root of those who did

State = Literal["untried", "standing", "fading", "faded", "merged", "contradicted"]


@dataclass(frozen=True)
class Credit:
    """What came of the children that cited a lesson beside the others of their strata. One that the sandbox lost is no trial."""

    cited: int = 0  # every child that cited it
    trials: int = 0  # those of them whose stratum holds others
    improved: int = 0
    others: int = 0  # the others of these strata, who did not cite it though it was written
    others_improved: int = 0
    difference: float | None = None  # of the shares improved within strata; None where nobody can be compared
    interval: tuple[float, float] = (-1.0, 1.0)  # of the difference, 95 %
    weight: float = (
        0.0  # how many comparisons that is worth: of one child with very many others 1, with one other a half
    )
    changes: dict[str, float] = field(default_factory=dict)  # how much more each objective moved, mean within strata

    @property
    def score(self) -> float:
        """What is expected of citing it, with hope for the untried: by it lessons are drawn to be lent, see `memory.lending`.

        The difference is drawn to 0 as if one comparison more had found none.
        """
        expected = (self.difference or 0.0) * self.weight / (self.weight + 1)
        return expected + _HOPE / math.sqrt(self.cited + 1)


def wilson(count: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of the share `count` of `trials`; [0, 1] when nothing was tried (Wilson 1927)."""
    if not 0 <= count <= trials:
        raise ValueError(f"expected 0 <= count <= trials, got {count} of {trials}")
    if trials == 0:
        return 0.0, 1.0
    share = count / trials
    middle = share + Z95**2 / (2 * trials)
    half = Z95 * math.sqrt(share * (1 - share) / trials + Z95**2 / (4 * trials**2))
    scale = 1 + Z95**2 / trials
    # rounding may leave the ends a hair off 0 and 1, where they are exact
    return (0.0 if count == 0 else (middle - half) / scale, 1.0 if count == trials else (middle + half) / scale)


def tried(child: Candidate) -> bool:
    """Whether a child says something: it came to an end, and the sandbox did not lose it."""
    return child.status in ("evaluated", "failed") and child.failure not in UNTRIED


def state(lesson: Lesson, earned: Credit) -> State:
    """What has become of a lesson. Only `untried`, `standing` and `fading` ones are lent; none is ever deleted."""
    if lesson.into:
        return "merged"
    if lesson.against:
        return "contradicted"
    if not earned.cited:
        return "untried"
    difference = earned.difference
    if difference is None or difference > 0:
        return "standing"
    if earned.interval[1] < 0 or earned.trials >= FADED:
        return "faded"
    return "fading" if earned.trials >= FADING else "standing"


def held(lesson: Lesson, earned: Credit) -> bool:
    """Whether a lesson is worth giving to other runs: it helped those who cited it, or rests on several clear steps."""
    if state(lesson, earned) not in ("untried", "standing"):
        return False
    return (earned.trials >= 2 and (earned.difference or 0.0) > 0) or lesson.supporting >= 3


def as_dict(earned: Credit, noise: Mapping[str, float] | None = None) -> dict[str, Any]:
    """Counts, difference, interval, score, and how much more each objective moved, in its unit and in units of its noise."""
    names = ("cited", "trials", "improved", "others", "others_improved", "difference", "weight", "score")
    changes = {}
    for name, more in earned.changes.items():
        unit = (noise or {}).get(name)
        changes[name] = {"difference": more, "difference_in_noise": more / unit if unit else None}
    return {
        **{name: getattr(earned, name) for name in names},
        "interval": list(earned.interval),
        "changes": changes,
    }
