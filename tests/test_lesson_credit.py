"""A lesson is scored among children like those that cited it, fades by a plain rule, and never because of who was not like them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from memory_world import GOALS, child, close, lesson, record, seed

from memory.better import declared
from memory.credit import FADED, Credit, held, state, wilson
from memory.ledger import Ledger
from memory.lesson_book import BLOCK, LessonBook, LessonRecord
from memory.records import Candidate, Lesson
from memory.service import follow, lesson_book, lesson_record
from memory.stratified import difference, interval, table
from memory.yardstick import judged_at
from tests.memory_world import META

counts = st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
LOSS = {"val_error": 30.0, "params": 5000.0}


def earned(a: int, n: int, b: int, m: int) -> Credit:
    sums = table(a, n, b, m) if n and m else {}
    return Credit(
        cited=n,
        trials=n,
        improved=a,
        others=m,
        others_improved=b,
        difference=difference(sums),
        interval=interval(sums),
        weight=float(sums.get("weight", 0)),
    )


@given(counts, counts)
def test_more_gains_never_lower_a_lesson_and_more_gains_of_the_others_never_raise_it(
    ours: tuple[int, int], theirs: tuple[int, int]
) -> None:
    (a, n), (b, m) = ours, theirs
    if a < n:
        assert earned(a + 1, n, b, m).score >= earned(a, n, b, m).score
    if b < m:
        assert earned(a, n, b + 1, m).score <= earned(a, n, b, m).score


@given(counts, counts)
def test_only_a_lesson_without_a_gain_fades_and_every_such_one_does_in_the_end(
    ours: tuple[int, int], theirs: tuple[int, int]
) -> None:
    credit = earned(*ours, *theirs)
    became = state(lesson(1), credit)
    if became in ("fading", "faded"):
        assert credit.difference is not None
        assert credit.difference <= 0
    if ours[1] >= FADED and theirs[1] and (credit.difference or 0) <= 0:
        assert became == "faded"
    if became in ("fading", "faded"):
        assert not held(replace(lesson(1), supporting=9), credit)


def test_a_lesson_that_clearly_hurts_fades_before_one_that_merely_does_nothing() -> None:
    assert state(lesson(1), earned(0, 5, 9, 9)) == "faded"
    assert state(lesson(1), earned(0, 4, 0, 8)) == "fading"
    assert state(lesson(1), earned(0, 4, 1, 1)) == "fading", "one other child proves nothing"
    assert state(lesson(1), earned(0, 1, 1, 1)) == "standing"
    assert state(lesson(1), Credit()) == "untried"


def test_the_untried_goes_before_what_was_tried_without_a_gain() -> None:
    assert Credit().score > earned(1, 3, 1, 3).score > earned(0, 3, 1, 3).score
    assert earned(3, 3, 0, 3).score > Credit().score


def made(generation: int, index: int, **changes: Any) -> Candidate:
    return child(generation, index, committed=generation, **changes)


def book_of(children: list[Candidate], block: int = BLOCK) -> LessonBook:
    book = LessonBook(GOALS, declared({}), block)
    book.take([seed(committed=0), *children])
    return book


def test_only_the_same_operator_segment_and_time_after_the_lesson_is_a_match() -> None:
    cited = made(3, 0, lessons=("L01-0",))
    alike = [made(2, 0), made(3, 1), made(4, 0)]
    others = [
        made(1, 0),  # the lesson was not written yet
        made(3, 2, segment="body"),
        made(3, 3, operator="cross"),
        made(3, 4, status="failed", failure="lost", objectives=None),
        child(3, 5),  # not committed
    ]
    alone = made(3, 6, segment="stem", lessons=("L01-0",))
    (found,) = book_of([cited, alone, *alike, *others]).records([lesson(0)])
    assert (found.credit.cited, found.credit.trials, found.credit.others) == (2, 1, 3)
    (found,) = book_of([cited, alone, *alike, *others], block=1).records([lesson(0)])
    assert found.credit.others == 1, "each ask is a block of its own"


def test_no_effect_in_two_strata_is_no_credit_at_all() -> None:
    """Who cites is where gains are frequent: pooled, nothing would look like 26 points."""
    gains = {"head": (12, 9, 4, 3), "body": (4, 1, 12, 3)}
    children: list[Candidate] = []
    for segment, (n, a, m, c) in gains.items():
        for cites, count, good in (((("L00-0"),), n, a), ((), m, c)):
            for number in range(count):
                change = {"segment": segment, "lessons": cites, "objectives": None if number < good else LOSS}
                change |= {} if number >= good else {"objectives": {"val_error": 1.0, "params": 1.0}}
                children.append(made(1, len(children), **change))
    (found,) = book_of(children).records([lesson(0, 0)])
    assert (found.credit.improved, found.credit.trials) == (10, 16)
    assert (found.credit.others_improved, found.credit.others) == (6, 16)
    assert found.credit.difference == 0.0
    assert found.credit.changes == {"val_error": 0.0, "params": 0.0}
    low, high = found.credit.interval
    assert low < 0 < high


def test_merged_lessons_count_as_one_and_later_commits_do_not(tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "ledger.sqlite", META) as ledger:
        root = record(ledger, seed())
        close(ledger, 0, ("seed",), ("seed",))
        close(ledger, 1, ("seed",), ("seed",))
        ledger.put_lesson(lesson(0))
        ledger.put_lesson(lesson(1, into="L01-0"))
        for generation in (2, 3):
            record(ledger, child(generation, 0, lessons=("L01-0", "L01-1")), root)
            record(ledger, child(generation, 1, lessons=("L01-1",)), root)
            record(ledger, child(generation, 2, objectives=LOSS), root)
            close(ledger, generation, ("seed",), ("seed",))
        first, second = lesson_record(ledger, upto=2)
        assert (first.credit.trials, first.credit.improved, first.credit.others, first.state) == (2, 2, 1, "standing")
        assert first.credit.changes["val_error"] == -15.0
        assert (second.state, second.credit.cited) == ("merged", 2)
        assert lesson_record(ledger)[0].credit.trials == 4
        book = lesson_book(ledger)
        for upto in (0, 2, 3):
            assert follow(book, ledger, upto, ledger.lessons()) == lesson_record(ledger, upto)
    assert wilson(0, 0) == (0.0, 1.0)


def test_children_that_cited_a_lesson_count_for_those_that_revised_it_against_all_since_it_was_written() -> None:
    old, newer, newest = lesson(0, into="L03-0"), lesson(0, 3, into="L04-0"), lesson(0, 4)
    children = [made(2, 0, lessons=("L01-0",)), made(2, 1, objectives=LOSS), made(5, 0, lessons=("L04-0",))]
    found = {one.id: one for one in book_of(children).records([old, newer, newest])}
    whole = found["L04-0"].credit
    assert (whole.cited, whole.improved, whole.others) == (2, 2, 1), (
        "the first one was written before the match was ordered"
    )
    assert (found["L01-0"].state, found["L01-0"].credit.cited) == ("merged", 1)


steps = st.tuples(
    st.sampled_from(["head", "body", None]),
    st.frozensets(st.integers(0, 3), max_size=3),
    st.integers(10, 30),
    st.integers(0, 3),  # how many commits it took
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(steps, min_size=1, max_size=4), min_size=1, max_size=8),
    st.integers(1, 6),
    st.lists(st.integers(0, 40), max_size=4),
    st.permutations(range(4)),
    st.data(),
)
def test_a_book_kept_while_a_run_goes_on_says_what_a_new_reader_would(
    asks: list[list[tuple[str | None, frozenset[int], int, int]]],
    block: int,
    again: list[int],
    merged: list[int],
    data: st.DataObject,
) -> None:
    """Children come late, scores change, lessons are merged, and somebody asks after some of the commits."""
    lessons = [lesson(n, n // 2) for n in range(4)]
    children = [
        child(
            ask,
            index,
            segment=segment,
            operator="mutate" if segment else "cross",
            lessons=tuple(sorted(lessons[n].id for n in cited)),
            objectives={"val_error": float(error), "params": 5000.0},
            committed=ask + late,
        )
        for ask, group in enumerate(asks, 1)
        for index, (segment, cited, error, late) in enumerate(group)
    ]
    book = LessonBook(GOALS, declared({"val_error": 2.0}), block)
    known = {"seed": seed(committed=0)}
    book.take(known.values())
    for number in range(1, len(asks) + 4):
        new = [one for one in children if one.committed == number]
        book.take(new)
        known |= {one.id: one for one in new}
        if again and (number + again[0]) % 3 == 0:
            id = sorted(known)[again.pop() % len(known)]
            known[id] = replace(known[id], objectives={"val_error": 14.0, "params": 5000.0}, scores=(13.0, 15.0))
            book.take([known[id]])
        if data.draw(st.booleans()):
            book.records(lessons)
        if number == 3:
            lessons[merged[0]] = replace(lessons[merged[0]], into=lessons[merged[1]].id)
        if number == 4:
            lessons[merged[1]] = replace(lessons[merged[1]], into=lessons[merged[2]].id)
    assert _plain(book.records(lessons)) == _plain(_fresh(known, lessons, block))


def _fresh(known: dict[str, Candidate], lessons: list[Lesson], block: int) -> list[LessonRecord]:
    book = LessonBook(GOALS, declared({"val_error": 2.0}), block)
    book.take(known.values())
    return book.records(lessons)


def _plain(records: list[LessonRecord]) -> list[dict[str, Any]]:
    return [vars(one) for one in records]


def test_another_noise_is_read_into_everything_that_was_taken() -> None:
    children = [made(2, 0, lessons=("L01-0",)), made(2, 1, objectives=LOSS)]
    book = book_of(children)
    assert book.records([lesson(0)])[0].improved == 1
    book.rejudge(declared({"val_error": 9.0, "params": 999.0}), 2)
    assert book.records([lesson(0)])[0].improved == 0


@given(st.integers(0, 10_000))
def test_the_noise_is_read_as_of_an_earlier_commit_which_moves_seldom(upto: int) -> None:
    assert 2 * upto / 3 - 1 <= judged_at(upto) <= upto
    assert len({judged_at(n) for n in range(0, upto + 1, max(1, upto // 500))}) <= 2 * upto.bit_length() + 1
