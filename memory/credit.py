"""How a lesson has served: children that cited it against matched children that did not, and when it fades.

Whoever cites a lesson also has a generation, an operator and a segment, and each of these moves the odds of a gain more than
any lesson does. So a child that cited is compared with children of the same operator and segment of its own generation and
the ones beside it, and with no others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from memory.records import UNTRIED, Candidate, Lesson

Z95 = 1.959964  # two-sided 95 % of the normal distribution
WINDOW = 1  # generations to either side in which a matched child may be
FADING = 4  # matched children that cited it, after which a lesson without a gain is lent only where nothing better is
FADED = 8  # ... and after which it is not lent any more
_PRIOR = 2.0  # children that cited it and did no better than the others, assumed before any is counted
_HOPE = 0.5  # added for a lesson that nobody has cited; shrinks with the root of those who did

State = Literal["untried", "standing", "fading", "faded", "merged", "contradicted"]


@dataclass(frozen=True)
class Credit:
    """Counts of children that cited a lesson, and of those matched with them. A child that the sandbox lost is no trial."""

    cited: int = 0  # every child that cited it
    trials: int = 0  # those of them that have a match
    improved: int = 0
    others: int = 0  # the matched children
    others_improved: int = 0
    changes: dict[str, tuple[float, float]] = field(default_factory=dict)  # mean change: citing, matched

    @property
    def difference(self) -> float | None:
        """Share improved among those who cited it less that among the others; None without a match."""
        if not self.trials or not self.others:
            return None
        return self.improved / self.trials - self.others_improved / self.others

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the difference."""
        return newcombe(self.improved, self.trials, self.others_improved, self.others)

    @property
    def score(self) -> float:
        """What is expected of citing it, with hope for the untried: the order in which lessons are lent."""
        usual = (self.others_improved + 1) / (self.others + 2)
        expected = (self.improved + _PRIOR * usual) / (self.trials + _PRIOR)
        return expected - usual + _HOPE / math.sqrt(self.cited + 1)


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


def newcombe(a: int, n: int, b: int, m: int) -> tuple[float, float]:
    """The 95 % interval of a/n - b/m; [-1, 1] when one side has no trial (Newcombe 1998, method 10)."""
    if not n or not m:
        return -1.0, 1.0
    p, q = a / n, b / m
    (low_p, high_p), (low_q, high_q) = wilson(a, n), wilson(b, m)
    low = p - q - math.hypot(p - low_p, high_q - q)
    high = p - q + math.hypot(high_p - p, q - low_q)
    return max(-1.0, low), min(1.0, high)


def tried(child: Candidate) -> bool:
    """Whether a child says something: it came to an end, and the sandbox did not lose it."""
    return child.status in ("evaluated", "failed") and child.failure not in UNTRIED


def matched(
    children: Sequence[Candidate], citing: Collection[str], since: int
) -> tuple[list[Candidate], list[Candidate], list[Candidate]]:
    """Children that cited one of the lessons `citing`; those of them with a match; the matches.

    A match has the same operator and the same segment to change, is at most one generation away and later than `since`,
    when the lesson was written: an earlier one could not have cited it. All of this was decided before the child was made.
    """
    ours = [c for c in children if tried(c) and set(c.lessons) & set(citing)]
    free = [c for c in children if tried(c) and not set(c.lessons) & set(citing) and c.generation > since]

    def fits(one: Candidate, other: Candidate) -> bool:
        same = (one.operator, one.segment) == (other.operator, other.segment)
        return same and abs(one.generation - other.generation) <= WINDOW

    both = [one for one in ours if any(fits(one, other) for other in free)]
    return ours, both, [other for other in free if any(fits(one, other) for one in both)]


def credit(
    children: Sequence[Candidate],
    citing: Collection[str],
    since: int,
    improves: Callable[[Candidate], bool],
    change: Callable[[Candidate], dict[str, float] | None],
) -> Credit:
    """The credit of the lessons `citing`, taken as one. `change` is a child's step from its first parent, if it was measured."""
    ours, both, others = matched(children, citing, since)
    sides = [[found for c in side if (found := change(c)) is not None] for side in (both, others)]
    names = [name for name in (sides[0][0] if sides[0] else {}) if all(name in d for side in sides for d in side)]
    changes = {}
    for name in names if all(sides) else []:
        means = [sum(d[name] for d in side) / len(side) for side in sides]
        changes[name] = (means[0], means[1])
    return Credit(
        cited=len(ours),
        trials=len(both),
        improved=sum(map(improves, both)),
        others=len(others),
        others_improved=sum(map(improves, others)),
        changes=changes,
    )


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
    """Counts, difference, interval, score, and the mean change of each objective in its own unit and in units of its noise."""
    names = ("cited", "trials", "improved", "others", "others_improved", "difference", "score")
    changes = {}
    for name, (citing, others) in earned.changes.items():
        unit = (noise or {}).get(name)
        changes[name] = {
            "citing": citing,
            "matched": others,
            "difference_in_noise": (citing - others) / unit if unit else None,
        }
    return {
        **{name: getattr(earned, name) for name in names},
        "interval": list(earned.interval),
        "changes": changes,
    }
