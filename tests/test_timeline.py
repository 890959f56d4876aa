"""Every second of every slot is either busy or put down to what it waited for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.profile import hint
from memory.reads import Span
from memory.records import Event
from memory.timeline import profile, sessions, worked_s


def test_free_slots_wait_for_what_is_nearest_to_a_training() -> None:
    spans = [
        Span("sandbox", 2.0, 3.0, 13.0),  # the seed; one of two slots is free meanwhile
        Span("model", 3.0, 4.0, 8.0),
        Span("screen", 8.0, 8.0, 9.0),
        Span("sandbox", 9.0, 9.0, 15.0),
        Span("audit", 13.0, 13.0, 20.0),
    ]
    found = profile(spans, [(0.0, 21.0, 2)])
    assert found.busy_s == 10 + 6
    assert found.idle_s == {"start": 2 * 3, "turn": 1, "model": 4, "screen": 1, "audit": 2 + 2 * 5, "us": 2}
    assert found.under_way_s["sandbox"] == 12
    assert found.busy_share == pytest.approx(16 / 42)


def test_a_slot_beside_the_last_trainings_of_a_generation_waits_for_these() -> None:
    spans = [Span("sandbox", 0.0, 0.0, 10.0), Span("sandbox", 0.0, 0.0, 4.0)]
    found = profile(spans, [(0.0, 11.0, 2)])
    assert found.idle_s == {"sandbox": 6, "us": 2}
    each = {"sandbox": {"count": 2, "took_s": 5.0}, "model": {"count": 2, "took_s": 10.0}}
    assert hint(found, each).startswith("search.overlap = 5 ")
    assert hint(replace(found, idle_s={"us": 8}), each) == ""


span = st.tuples(st.sampled_from(["model", "screen", "sandbox", "audit"]), *[st.integers(0, 40)] * 3).map(
    lambda one: Span(one[0], *map(float, sorted(one[1:])))
)


@given(st.lists(span, max_size=12), st.integers(1, 4), st.integers(1, 60))
def test_busy_and_idle_add_up_to_the_time_of_all_slots(spans: list[Span], slots: int, end: int) -> None:
    found = profile(spans, [(0.0, float(end), slots)])
    assert found.busy_s + sum(found.idle_s.values()) == pytest.approx(end * slots)
    assert all(idle > 0 for idle in found.idle_s.values())
    assert all(0 <= length <= end for length in found.under_way_s.values())


def test_stops_are_no_time_of_a_run_and_one_that_was_killed_ends_with_its_last_word() -> None:
    told = [
        ("started", 0.0),
        ("settled", 5.0),
        ("resumed", 100.0),
        ("stopped", 110.0),
        ("resumed", 200.0),
        ("settled", 203.0),
    ]
    events = [Event(n, at, kind, {"slots": 2}) for n, (kind, at) in enumerate(told)]  # type: ignore[arg-type]
    assert sessions(events, now=0.0) == [(0.0, 5.0, 2), (100.0, 110.0, 2), (200.0, 203.0, 2)]
    assert worked_s(events) == 5 + 10 + 3
    assert sessions(events, now=250.0)[-1] == (200.0, 250.0, 2)
