"""Which lessons an author is told: drawn among those that apply to what it may change, whoever served better more often.

Pure functions. Were the same few always lent, their effects could not be told apart, and one that began badly had no second chance.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

from memory.credit import State
from memory.lesson_book import LessonRecord
from memory.lessons import applies
from memory.records import Lesson

LENT: tuple[State, ...] = ("untried", "standing", "fading")
_WARMTH = 0.25  # a lesson of which so much more is expected (see `Credit.score`) is drawn e times as often
_FADING = 0.1  # chance of one that fades, by what it would have otherwise
_BORROWED = 0.5  # likewise of one of another run, whose steps were not measured here


def lend(
    records: Sequence[LessonRecord], code: Mapping[str, frozenset[str]], most: int, rng: random.Random
) -> list[Lesson]:
    """At most `most` of the lessons that apply to this code (words of each segment that may change), in the order drawn.

    One that has faded, was merged or is contradicted is never lent.
    """
    left = {one.id: one for one in records if one.state in LENT and applies(one.lesson, code)}
    drawn = list[Lesson]()
    while left and len(drawn) < most:
        id = rng.choices(list(left), [chance(one) for one in left.values()])[0]
        drawn.append(left.pop(id).lesson)
    return drawn


def chance(one: LessonRecord) -> float:
    """How likely a lesson is drawn, relative to the others."""
    known = (_FADING if one.state == "fading" else 1.0) * (_BORROWED if one.lesson.borrowed else 1.0)
    return known * math.exp(one.credit.score / _WARMTH)
