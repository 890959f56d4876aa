"""A lesson is scored by matched children, fades by a plain rule, and never because of chance alone or of who was not matched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_world import child, lesson, record, seed

from memory.credit import FADED, Credit, held, matched, newcombe, state, wilson
from memory.ledger import Ledger
from memory.service import lesson_record
from tests.memory_world import META

counts = st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def earned(a: int, n: int, b: int, m: int) -> Credit:
    return Credit(cited=n, trials=n, improved=a, others=m, others_improved=b)


def test_the_interval_of_a_difference_agrees_with_the_published_example() -> None:
    # Newcombe 1998, table II: 56/70 against 48/80, method 10
    assert newcombe(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert newcombe(0, 0, 3, 5) == (-1.0, 1.0)


@given(counts, counts)
def test_the_interval_holds_the_difference_and_turns_with_the_sides(
    ours: tuple[int, int], theirs: tuple[int, int]
) -> None:
    low, high = newcombe(*ours, *theirs)
    assert -1 <= low <= high <= 1
    turned = newcombe(*theirs, *ours)
    assert turned == pytest.approx((-high, -low))
    if (difference := earned(*ours, *theirs).difference) is not None:
        assert low - 1e-9 <= difference <= high + 1e-9


@given(counts, counts)
def test_more_gains_never_lower_a_lesson_and_more_gains_of_the_others_never_raise_it(
    ours: tuple[int, int], theirs: tuple[int, int]
) -> None:
    (a, n), (b, m) = ours, theirs
    if a < n:
        assert earned(a + 1, n, b, m).score > earned(a, n, b, m).score
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
    assert state(lesson(1), earned(0, 4, 8, 8)) == "faded"
    assert state(lesson(1), earned(0, 4, 0, 8)) == "fading"
    assert state(lesson(1), earned(0, 1, 1, 1)) == "standing"
    assert state(lesson(1), Credit()) == "untried"


def test_the_untried_goes_before_what_was_tried_without_a_gain() -> None:
    assert Credit().score > earned(1, 3, 1, 3).score > earned(0, 3, 1, 3).score
    assert earned(3, 3, 0, 3).score > Credit().score


def test_only_the_same_operator_and_segment_nearby_and_after_the_lesson_is_a_match() -> None:
    cited = child(3, 0, lessons=("L01-0",))
    near = [child(2, 0), child(3, 1), child(4, 0)]
    others = [
        child(1, 0),  # the lesson was not written yet
        child(5, 0),  # too far
        child(3, 2, segment="body"),
        child(3, 3, operator="cross"),
        child(3, 4, status="failed", failure="lost"),
        child(3, 5, status="planned"),
    ]
    alone = child(3, 6, segment="stem", lessons=("L01-0",))
    ours, both, found = matched([cited, alone, *near, *others], {"L01-0"}, since=1)
    assert (ours, both, found) == ([cited, alone], [cited], near)


def test_a_merged_lesson_s_children_count_for_the_one_that_stands_and_later_generations_do_not(tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "ledger.sqlite", META) as ledger:
        root = record(ledger, seed())
        ledger.put_lesson(lesson(0))
        ledger.put_lesson(lesson(1, into="L01-0"))
        for generation in (2, 3):
            record(ledger, child(generation, 0, lessons=("L01-0",)), root)
            record(ledger, child(generation, 1, lessons=("L01-1",)), root)
            record(ledger, child(generation, 2, objectives={"val_error": 30.0, "params": 5000.0}), root)
        first, second = lesson_record(ledger, before=3)
        assert (first.credit.trials, first.credit.improved, first.credit.others, first.state) == (2, 2, 1, "standing")
        assert first.credit.changes["val_error"] == (-5.0, 10.0)
        assert second.state == "merged"
        assert lesson_record(ledger)[0].credit.trials == 4
    assert wilson(0, 0) == (0.0, 1.0)
