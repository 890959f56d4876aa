"""What is left of a budget: how many children may still be asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_world import META, evaluation, seed

from graph.budget import Bound, Budget
from graph.config import Config
from graph.resolve import resolve
from memory.ledger import Ledger
from memory.records import Audit, Evaluation

HOUR_S = 3600.0


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """One training of the seed was done, in an hour."""
    with Ledger.create(tmp_path / "ledger.sqlite", META) as made:
        made.put_candidate(seed())
        done: Evaluation = evaluation(seed(), wall_s=HOUR_S)
        made.open_ticket(replace(done, status="running", objectives=None, wall_s=0.0))
        made.close_ticket(done)
        yield made


def hours(most: float) -> Config:
    return resolve(None, {"task": "mnist1d", "budget.hours": most}, {})


@pytest.mark.parametrize(("slots", "first"), [(1, 4), (2, 11), (4, 24)])
def test_no_more_children_are_asked_for_than_the_slots_can_train_in_the_hours_that_are_left(
    ledger: Ledger, slots: int, first: int
) -> None:
    budget = Budget(hours(8.6), ledger, least=3, slots=slots)
    # two further trainings of whoever leads then share the slots; the last child's own training and one more come after
    assert budget.children(0, 0) == first
    assert budget.children(5, flying=2) == first - 2
    assert budget.children(5, flying=first) == 0


@pytest.mark.parametrize("bound", ["tokens", "usd"])
def test_before_a_child_has_ended_no_more_are_asked_for_than_slots(ledger: Ledger, bound: str) -> None:
    price = {"usd_per_million_in": 1, "usd_per_million_out": 1}
    paid = [{"name": "paid", "base_url": "http://127.0.0.1:1/v1", **price}]
    config = resolve(None, {"task": "mnist1d", f"budget.{bound}": 10**6, "models": paid}, {})
    budget = Budget(config, ledger, least=1, slots=4)
    assert [budget.children(0, 0), budget.children(3, 3), budget.children(4, 4)] == [4, 1, 0]
    assert budget.children(4, 3) > 10**6  # one has ended, and cost nothing


def test_the_audit_of_the_last_child_is_to_end_in_time_too(ledger: Ledger) -> None:
    ledger.put_audit(Audit("key-seed-0", "seed", begun_at=1.0, ended_at=1.0 + 2 * HOUR_S))
    assert Budget(hours(8.6), ledger, least=3, slots=1).children(0, 0) == 4 - 2


def test_hours_that_are_over_leave_no_children(ledger: Ledger) -> None:
    assert Budget(hours(0.5), ledger, least=1, slots=64).children(0, 0) == 0


@given(st.floats(1, 1e9), st.floats(0, 1), st.floats(0, 1), st.floats(1e-6, 1), st.integers(0, 50))
def test_what_is_promised_and_asked_for_stays_within_a_bound(
    most: float, spent: float, promised: float, each: float, more: int
) -> None:
    bound = Bound(most, spent * most, promised * most, each * most)
    count = bound.children()
    assert count == 0 or bound.spent + bound.promised + count * bound.each <= most * (1 + 1e-6)
    assert replace(bound, promised=bound.promised + more * bound.each).children() <= max(0, count - more + 1)
