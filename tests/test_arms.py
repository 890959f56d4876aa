"""What each child added when it was ordered, and what its arm brought: told commit by commit as by a reader of the whole."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_world import small_run

from graph.arms import TrialBook, arm_of, trial_book
from graph.bandit import tally
from memory.aim import aim_of
from memory.records import Candidate
from tasks import Objective

OBJECTIVES = (Objective("val_error", "%", "min", 100.0), Objective("params", "", "min", 100.0))


def measured(id: str, generation: int, index: int, error: float, params: float, **more: Any) -> Candidate:
    values = {"val_error": error, "params": params}
    more = {"committed": generation, "operator": "mutate" if generation else "seed"} | more
    return Candidate(id, generation, index, status="evaluated", objectives=values, **more)


def test_a_childs_gain_is_what_it_adds_to_everything_committed_when_it_was_ordered() -> None:
    book = TrialBook(OBJECTIVES, aim_of({}))
    book.take(0, [measured("seed", 0, 0, 50, 50)], {})
    first = [
        measured("g01-00", 1, 0, 40, 50),
        measured("g01-01", 1, 1, 45, 50),  # worse than its sibling, yet a gain over all that was there before them
        Candidate("g01-02", 1, 2, "mutate", status="failed", failure="syntax", committed=1),
        Candidate("g01-03", 1, 3, "mutate", status="failed", failure="lost", committed=1),
    ]
    book.take(1, first, {"g01-00": 7, "g01-02": 9})
    book.take(2, [measured("g02-00", 2, 0, 45, 50), measured("g01-04", 1, 4, 45, 50, committed=2)], {})
    assert [(t.child.id, round(t.gain, 9), t.tokens) for t in book.trials] == [
        ("g01-00", 0.05, 7),
        ("g01-01", 0.025, 0),
        ("g01-02", 0.0, 9),
        ("g02-00", 0.0, 0),  # the same again is none
        ("g01-04", 0.025, 0),  # but this one was ordered before the first was known
    ]


def test_a_child_that_misses_what_is_required_adds_nothing_to_what_its_arm_brought() -> None:
    aim = aim_of({"aim": {"require": "val_error <= seed + 1"}, "objectives": [asdict(o) for o in OBJECTIVES]})
    book = TrialBook(OBJECTIVES, aim)
    book.take(0, [measured("seed", 0, 0, 50, 50)], {})
    book.take(1, [measured("g01-00", 1, 0, 80, 10), measured("g01-01", 1, 1, 51, 40)], {})
    book.take(2, [measured("g02-00", 2, 0, 80, 9), measured("g02-01", 2, 1, 51, 30)], {})
    assert [(t.child.id, round(t.gain, 9)) for t in book.trials] == [
        ("g01-00", 0.0),  # far smaller, and not what was asked for
        ("g01-01", 0.049),
        ("g02-00", 0.0),
        ("g02-01", 0.049),  # the first one takes none of it
    ]


rows = st.lists(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(1, 120), st.integers(1, 120), st.integers(0, 2)),
        min_size=1,
        max_size=4,
    ),
    min_size=1,
    max_size=8,
)


@settings(deadline=None)
@given(rows)
def test_the_tallies_that_are_kept_are_those_of_all_trials(asks: list[list[tuple[str, int, int, int]]]) -> None:
    children = [
        measured(f"g{ask}-{n}", ask, n, error, params, committed=ask + late, persona=persona, intent=persona, model="m")
        for ask, group in enumerate(asks, 1)
        for n, (persona, error, params, late) in enumerate(group)
    ]
    book = TrialBook(OBJECTIVES, aim_of({}))
    for number in range(len(asks) + 3):
        new = [one for one in children if one.committed == number]
        book.take(number, new or [], {one.id: 100 + one.index for one in new})
    for kind in ("persona", "intent", "model", "prompt"):
        assert book.tallies(kind) == tally(book.trials, arm_of(kind))  # type: ignore[arg-type]
    assert sum(t.trials for t in book.tallies("persona").values()) == len(children)
    assert sum(t.gain for t in book.trials) >= 0


def test_a_book_that_was_kept_reads_as_a_new_one_after_an_audit_struck_an_earlier_program(tmp_path: Path) -> None:
    with small_run(tmp_path / "ledger.sqlite") as ledger:
        kept = trial_book(ledger)
        kept.follow(ledger, 1)
        assert kept.tallies("persona")["architect/frugal"].gain > 0
        ledger.put_candidate(replace(ledger.known("g01-00"), status="failed", failure="audit", objectives=None))
        kept.follow(ledger, 2)
        new = trial_book(ledger)
        new.follow(ledger, 2)
        assert kept.trials == new.trials
        assert kept.tallies("persona") == new.tallies("persona")
        assert next(t for t in kept.trials if t.child.id == "g01-00").gain == 0


def test_children_that_are_ordered_one_by_one_have_siblings_all_the_same() -> None:
    book = TrialBook(OBJECTIVES, aim_of({}))
    book.take(0, [measured("seed", 0, 0, 90, 90)], {})
    for number in range(1, 9):
        child = measured(f"g{number}", number, 0, 90 - number, 90, persona="a" if number % 2 else "b")
        book.take(number, [child], {child.id: 100 * number})
    assert len({t.cohort for t in book.trials}) == 1
    assert sum(t.cost for t in book.tallies("persona").values()) == pytest.approx(8.0)
