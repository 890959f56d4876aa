"""Progress adds up what is new, and comes to what reading everything would."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.following import Following
from commands.progress import Watch
from graph.config import Search
from memory.ledger import Ledger
from tests.memory_world import META, call, child, close, record, seed, small_run

FAILURES = (None, "shape", "stopped", "duplicate")
Step = tuple[str, int, str | None]
STEPS = st.lists(st.tuples(st.sampled_from(("end", "call", "look")), st.integers(0, 5), st.sampled_from(FAILURES)))


def told(run: Following) -> tuple[object, ...]:
    best = run.best and run.best.id
    return (run.generation, run.settled, run.evaluated, run.failures, run.tokens, run.cost_usd, best, run.seed)


def trained(ledger: Ledger, index: int) -> None:
    """A child is measured, as its end says."""
    record(ledger, child(3, index, objectives={"val_error": float(index), "params": 1.0}), seed())
    end(ledger, index, None)


def end(ledger: Ledger, index: int, failure: str | None) -> None:
    """A child comes to its end, or to another one."""
    objectives = None if failure else {"val_error": float(index), "params": 1.0}
    one = child(3, index, status="failed" if failure else "evaluated", failure=failure, objectives=objectives)
    with ledger.transaction():
        ledger.put_candidate(one)
        ledger.add_event("settled", {"candidate": one.id, "failure": failure})


@settings(max_examples=30, deadline=None)
@given(STEPS)
def test_what_is_followed_is_what_a_fresh_look_sees(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as place, small_run(Path(place) / "ledger.sqlite") as ledger:
        run = Following(ledger)
        ledger.add_event("planned", {"generation": 3, "children": 6})
        for index in range(6):
            ledger.put_candidate(child(3, index, status="planned", objectives=None))
        for number, (kind, index, failure) in enumerate(steps):
            if kind == "end":
                end(ledger, index, failure)
            elif kind == "call":
                ledger.put_call(call(f"g03-{index:02d}", number, generation=3))
            else:
                run.news()
        run.news()
        assert told(run) == told(Following(ledger))


def test_the_best_changes_when_a_generation_is_selected(tmp_path: Path) -> None:
    with small_run(tmp_path / "ledger.sqlite") as ledger:
        run = Following(ledger)
        trained(ledger, 0)
        run.news()
        assert run.best is not None
        assert run.best.id == "g02-00"
        close(ledger, 3, ("g03-00",), ("g03-00",))
        ledger.add_event("selected", {"generation": 3})
        assert [event.kind for event in run.news()] == ["selected"]
        assert run.best.id == "g03-00"
        assert run.news() == []


@pytest.mark.parametrize("behind", [0, 50])
def test_a_tick_reads_no_candidate_however_many_there_are(tmp_path: Path, behind: int) -> None:
    with small_run(tmp_path / "ledger.sqlite") as ledger:
        for index in range(behind):
            record(ledger, child(3, index), seed())
        run = Following(ledger)
        end(ledger, 0, None)
        asked: list[str] = []
        ledger._db.raw.set_trace_callback(asked.append)
        run.news()
        ledger._db.raw.set_trace_callback(None)
        assert not [query for query in asked if "candidates" in query]
        assert len(asked) == 5  # the snapshot's three, the events, the calls


def test_a_run_that_has_just_begun_is_followed_from_nothing(tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "ledger.sqlite", {**META, "planned": 6}) as ledger:
        run = Following(ledger)
        assert (run.planned, run.settled, run.evaluated, run.best) == (6, 0, 0, None)
        record(ledger, seed())
        close(ledger, 0, ("seed",), ("seed",))
        ledger.add_event("settled", {"candidate": "seed", "failure": None})
        ledger.add_event("selected", {"generation": 0})
        run.news()
        assert (run.settled, run.evaluated, run.seed) == (1, 0, run.best)


def test_a_generation_and_what_a_human_should_know_are_a_line_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_run(tmp_path / "ledger.sqlite") as ledger:
        for number, children in enumerate((1, 1, 2)):
            ledger.add_event("selected", {"generation": number, "children": children})
        run, watch = Following(ledger), Watch(tmp_path, Search(generations=4), quiet=False)
        ledger.add_event("planned", {"generation": 3, "children": 2})
        trained(ledger, 0)
        end(ledger, 1, "stopped")
        ledger.add_event("warning", {"about": "x", "why": "look \x1b here"})
        close(ledger, 3, ("g03-00",), ("g03-00",))
        ledger.add_event("selected", {"generation": 3})
        ledger.add_event("planned", {"generation": 4, "children": 2})  # as a run has gone on before anybody looks
        ledger.add_event("selected", {"generation": 4, "children": 0})  # what was found of earlier ones: no generation
        watch._stop.set()
        watch._tell(run)
    assert capsys.readouterr().err.splitlines() == [
        "warning: look \\x1b here",
        "generation 3/4: 4 measured, 1 stopped early, 1 failed | best val_error 0, params 1 (seed val_error 20, params 5210) | 1,080 tokens, 4.5 USD",
    ]
