"""Lessons are drawn among those that apply: each once, the better served more often, none always."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from memory_world import lesson

from memory.credit import Credit, State
from memory.lending import chance, lend
from memory.lesson_book import LessonRecord
from memory.service import none_served

STATES: list[State] = ["untried", "standing", "fading", "faded", "merged", "contradicted"]
WORDS = st.frozensets(st.sampled_from(["Flatten", "Linear", "stride=2"]))


def served(number: int, state: State = "standing", difference: float = 0.0, **changes: object) -> LessonRecord:
    earned = Credit(cited=4, trials=4, others=4, difference=difference, weight=2.0)
    one = lesson(number, **changes)
    return LessonRecord(**vars(none_served()), id=one.id, lesson=one, others=none_served(), credit=earned, state=state)


records = st.lists(
    st.tuples(st.sampled_from(STATES), st.floats(-1, 1), WORDS, WORDS, st.sampled_from(["head", "body", None])),
    max_size=8,
).map(
    lambda told: [
        served(n, state, gain, present=tuple(has), absent=tuple(lacks), segment=segment)
        for n, (state, gain, has, lacks, segment) in enumerate(told)
    ]
)
code = st.dictionaries(st.sampled_from(["head", "body"]), WORDS)


@given(records, code, st.integers(1, 9), st.integers(0, 99))
def test_lent_is_each_lesson_once_that_stands_and_whose_words_the_code_meets(
    known: list[LessonRecord], there: dict[str, frozenset[str]], most: int, number: int
) -> None:
    found = lend(known, there, most, random.Random(number))
    ids = [one.id for one in found]
    assert len(set(ids)) == len(ids) <= most
    assert ids == [one.id for one in lend(known, there, most, random.Random(number))]
    for one in found:
        asked = there.values() if one.segment is None else [there[one.segment]]
        words = frozenset[str]().union(*asked)
        assert words.issuperset(one.present)
        assert words.isdisjoint(one.absent)
    fit = {one.id for one in known if one.id in {x.id for x in lend(known, there, 99, random.Random(number))}}
    assert len(ids) == min(most, len(fit))
    assert {one.state for one in known if one.id in fit} <= {"untried", "standing", "fading"}


def test_whoever_served_better_is_drawn_more_often_and_nobody_never() -> None:
    known = [served(0, difference=0.6), served(1), served(2, "fading", -0.2)]
    drawn = Counter(lend(known, {"head": frozenset()}, 1, random.Random(n))[0].id for n in range(2000))
    assert drawn["L01-0"] > 2 * drawn["L01-1"] > 4 * drawn["L01-2"] > 0


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_more_gain_is_never_less_chance(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert chance(served(0, difference=low)) <= chance(served(0, difference=high))
    lent = served(0, difference=high)
    assert chance(replace(lent, lesson=replace(lent.lesson, id="r/L01-0"))) < chance(lent)
