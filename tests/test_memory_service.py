from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.credit import wilson
from memory.ledger import Ledger
from memory.service import lesson_record, served_by
from tests.memory_world import child, record, seed, small_run


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Ledger]:
    with small_run(tmp_path / "ledger.sqlite") as ledger:
        yield ledger


def test_wilson_agrees_with_published_values() -> None:
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 10)[1] == pytest.approx(0.2775, abs=1e-4)


@given(st.integers(0, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_its_share(pair: tuple[int, int]) -> None:
    low, high = wilson(*pair)
    assert 0 <= low <= high <= 1
    if pair[1]:
        assert low <= pair[0] / pair[1] <= high


def test_a_lesson_is_compared_with_siblings_that_did_not_see_it(run: Ledger) -> None:
    (served,) = lesson_record(run)
    assert served.id == served.lesson.id == "L01-1"
    assert (served.trials, served.valid, served.improved) == (1, 1, 0)
    # generation 1 never cited it and does not count
    assert (served.others.trials, served.others.valid, served.others.improved) == (1, 1, 0)


def test_a_persona_is_counted_by_first_reply_repair_and_gain(run: Ledger) -> None:
    record(run, child(3, 0, persona="bold", status="failed", failure="lost", objectives=None), seed())
    record(run, child(3, 1, persona="bold", status="planned", objectives=None), seed())
    counts = {
        name: (one.trials, one.valid_first, one.valid, one.improved)
        for name, one in served_by(run, lambda child: child.persona).items()
    }
    assert counts == {"bold": (2, 1, 1, 0), "frugal": (2, 1, 2, 1)}
