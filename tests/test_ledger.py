from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.ledger import Ledger, LedgerError
from memory.records import Audit, Candidate, ModelCall, Selection
from memory.rows import storable
from tests.memory_world import META, call, child, close, evaluation, evidence, lesson, record, seed, small_run

ROOT = Path(__file__).parent.parent


@pytest.fixture
def ledger(tmp_path: Path):
    with Ledger.create(tmp_path / "ledger.sqlite", META) as made:
        yield made


def test_what_was_written_is_read_back_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    win = child(1, 0, lessons=("L01-1",), objectives={"val_error": 15.5, "params": 10.0})
    with Ledger.create(path, META) as ledger:
        record(ledger, seed())
        record(ledger, win, seed())
        ledger.put_lesson(lesson(1))
        ledger.put_opening(["g01-00"], "report")
    with Ledger.open(path) as ledger:
        assert {key: ledger.meta()[key] for key in META} == META
        assert ledger.candidate("g01-00") == win
        assert ledger.evidence(parent="seed") == [evidence(win, seed())]
        assert ledger.evaluation("key-g01-00-0") == evaluation(win)
        assert ledger.calls() == [call("g01-00")]
        assert ledger.lessons() == [lesson(1)]
        assert [opening.candidates for opening in ledger.openings()] == [("g01-00",)]


@given(
    text=st.text(),
    temperature=st.none() | st.floats(0, 2),
    objectives=st.none() | st.dictionaries(st.text(), st.floats()),
)
def test_any_candidate_and_reply_survive_the_ledger(
    tmp_path_factory: pytest.TempPathFactory, text: str, temperature: float | None, objectives: dict[str, float] | None
) -> None:
    with Ledger.create(tmp_path_factory.mktemp("any") / "ledger.sqlite", META) as ledger:
        given_one = child(1, 0, files={"program.py": text, text: ""}, temperature=temperature, objectives=objectives)
        ledger.put_candidate(given_one)
        stored = ledger.put_call(call("g01-00", reply=text, messages=[{"role": "user", "content": text}]))
        assert repr(ledger.candidate("g01-00")) == repr(given_one)  # repr, since NaN is not equal to itself
        assert stored.reply == storable(text)
        assert stored.messages == [{"role": "user", "content": text}]


def test_a_reply_with_a_lone_surrogate_is_kept_readable(ledger: Ledger) -> None:
    ledger.put_candidate(child(1, 0))
    assert ledger.put_call(call("g01-00", reply="half \ud800 pair")).reply == "half ? pair"


def test_a_model_call_is_never_paid_twice(ledger: Ledger) -> None:
    ledger.put_candidate(child(1, 0))
    first = ledger.put_call(call("g01-00", reply="first"))
    assert ledger.put_call(call("g01-00", reply="second")) == first
    assert [kept.reply for kept in ledger.calls()] == ["first"]


def test_calls_are_found_by_who_spoke_and_what_came_of_it(ledger: Ledger) -> None:
    for index, persona in enumerate(("frugal", "bold")):
        ledger.put_candidate(child(1, index, persona=persona))
        ledger.put_call(call(f"g01-0{index}", persona=persona))
    ledger.put_call(call(None))
    ledger.judge_call("g01-01/architect/0", "syntax")

    def keys(calls: list[ModelCall]) -> list[str]:
        return [one.key for one in calls]

    assert keys(ledger.calls(persona="bold")) == ["g01-01/architect/0"]
    assert keys(ledger.calls(agent="critic")) == ["reflect-g01/critic/0"]
    assert keys(ledger.calls(candidate="g01-00", generation=1)) == ["g01-00/architect/0"]
    assert keys(ledger.calls(failed=True)) == ["g01-01/architect/0"]
    assert keys(ledger.calls(agent="architect", failed=False)) == ["g01-00/architect/0"]
    with pytest.raises(LedgerError, match="no model call 'nobody/architect/0'"):
        ledger.judge_call("nobody/architect/0", None)


def test_an_evaluation_done_once_is_never_overwritten(ledger: Ledger) -> None:
    one = record(ledger, seed())
    with pytest.raises(LedgerError, match="never done again"):
        ledger.open_ticket(evaluation(one, "running"))
    with pytest.raises(LedgerError, match="never done again"):
        ledger.close_ticket(evaluation(one, objectives={"val_error": 0.0, "params": 0.0}))
    assert ledger.evaluation("key-seed-0") == evaluation(one)


def test_an_evaluation_that_the_sandbox_lost_may_be_made_by_another_child(ledger: Ledger) -> None:
    lost = record(ledger, child(1, 0, status="failed", failure="lost", objectives=None))
    twin = child(2, 0)
    ledger.put_candidate(twin)
    again = replace(evaluation(twin, "running"), key=f"key-{lost.id}-0")
    ledger.open_ticket(again)
    assert ledger.evaluation(again.key) == again


def test_a_ticket_left_running_by_a_crash_is_opened_again_and_closed(ledger: Ledger) -> None:
    one = seed()
    ledger.put_candidate(one)
    ledger.open_ticket(evaluation(one, "running"))
    ledger.open_ticket(evaluation(one, "running"))
    assert [ticket.key for ticket in ledger.evaluations(status="running")] == ["key-seed-0"]
    ledger.close_ticket(evaluation(one))
    assert ledger.evaluations(status="running") == []


def test_an_outcome_without_a_ticket_is_refused(ledger: Ledger) -> None:
    ledger.put_candidate(seed())
    with pytest.raises(LedgerError, match="never opened"):
        ledger.close_ticket(evaluation(seed()))


def test_a_call_for_an_unknown_candidate_is_refused(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="not in the ledger"):
        ledger.put_call(call("g09-09"))


def test_unknown_failure_kinds_and_events_are_refused(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="unknown failure kind 'oops'"):
        ledger.put_candidate(child(1, 0, failure="oops"))
    with pytest.raises(LedgerError, match="unknown event kind 'oops'"):
        ledger.add_event("oops", {})  # type: ignore[arg-type]


def test_repeats_are_found_among_what_was_committed_by_then(ledger: Ledger) -> None:
    record(ledger, seed())
    record(ledger, child(1, 1, fingerprint="same", behaviour="alike"), seed())
    record(ledger, child(1, 0, fingerprint="same", behaviour="alike"), seed())
    record(ledger, child(2, 0, fingerprint="same"), seed())
    record(ledger, child(1, 2, fingerprint="bad", status="failed", failure="shape", objectives=None), seed())
    ledger.put_candidate(child(1, 3, fingerprint="running", status="proposed", objectives=None))
    ledger.open_ticket(evaluation(child(1, 3), "running"))
    record(ledger, child(1, 4, fingerprint="gone", status="failed", failure="lost", objectives=None), seed())
    assert ledger.find_behaviour("alike") == "g01-00"
    assert ledger.find_fingerprint("same", upto=1) is None, "nothing is committed yet"
    for number in (0, 1):
        close(ledger, number, (), ())
    assert ledger.find_fingerprint("same", upto=1) == "g01-00"
    assert ledger.find_fingerprint("same", upto=0) is None
    assert ledger.find_fingerprint("bad") is None, "what never trained may be tried again"
    assert ledger.find_fingerprint("running", upto=1) == "g01-03"
    assert ledger.find_fingerprint("gone") is None, "what the sandbox lost may be tried again"


def test_listings_do_not_depend_on_who_finished_first(tmp_path: Path) -> None:
    children = [child(1, index) for index in range(12)]
    seen = []
    for name, order in (("forward", children), ("backward", children[::-1])):
        with Ledger.create(tmp_path / f"{name}.sqlite", {}) as ledger:
            record(ledger, seed())
            for one in order:
                record(ledger, one, seed())
            seen.append((ledger.candidates(), ledger.calls(), ledger.evaluations(), ledger.evidence()))
    assert seen[0] == seen[1]
    assert [one.index for one in seen[0][0][1:]] == list(range(12))


def test_attempts_are_listed_in_the_order_they_were_made(ledger: Ledger) -> None:
    ledger.put_candidate(child(1, 0))
    for attempt in (10, 2, 0):
        ledger.put_call(call("g01-00", attempt))
    assert [one.key for one in ledger.calls()] == [f"g01-00/architect/{attempt}" for attempt in (0, 2, 10)]


def test_the_first_selection_of_a_generation_stands(ledger: Ledger) -> None:
    first = ledger.put_selection(Selection(("a",), (), {"state": [1, 2]}, number=1))
    assert ledger.put_selection(Selection(("b",), (), {}, number=1)) == first
    assert ledger.selection(1) == first
    assert ledger.selections() == [first]
    assert ledger.selection(2) is None


def test_events_are_numbered_and_followed(tmp_path: Path) -> None:
    ticks = iter((1.0, 2.0, 3.0))
    with Ledger.create(tmp_path / "ledger.sqlite", {"created": "2026-01-01"}, clock=lambda: next(ticks)) as ledger:
        first = ledger.add_event("started", {"task": "x"})
        ledger.add_event("finished")
        assert [(event.number, event.at, event.kind, event.data) for event in ledger.events()] == [
            (1, 2.0, "started", {"task": "x"}),
            (2, 3.0, "finished", {}),
        ]
        assert [event.kind for event in ledger.events(after=first)] == ["finished"]


def test_a_finished_run_stays_finished_whatever_a_later_training_loses(tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "ledger.sqlite", META) as ledger:
        assert not ledger.finished()
        for kind, done in (
            ("started", False),
            ("finished", True),
            ("lost", True),
            ("resumed", False),
            ("finished", True),
        ):
            ledger.add_event(kind)
            assert ledger.finished() is done


def test_what_was_measured_of_twins_stands_under_the_first_in_the_plan(ledger: Ledger) -> None:
    for number in (0, 1):
        ledger.put_candidate(child(1, number))
    twin = evaluation(child(1, 1))
    ledger.open_ticket(replace(twin, status="running"))
    ledger.close_ticket(twin)
    ledger.put_audit(Audit(twin.key, "g01-01"))
    for _ in range(2):
        ledger.attribute("g01-00", "g01-01")
        assert [e.candidate for e in ledger.evaluations("done")] == [a.candidate for a in ledger.audits()] == ["g01-00"]


def test_totals_count_what_was_spent(tmp_path: Path) -> None:
    with small_run(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.totals() == {
            "evaluations": 4,
            "running": 0,
            "children": 4,
            "evaluated": 3,
            "failures": {"shape": 1},
            "model_calls": 8,
            "tokens": {"in": 800, "out": 160},
            "cost_usd": 4.0,
            "train_wall_s": 12.0,
            "train_cpu_s": 0.0,
        }


def test_a_transaction_is_all_or_nothing(ledger: Ledger) -> None:
    def torn() -> None:
        with ledger.transaction():
            ledger.put_candidate(seed())
            with ledger.transaction():
                ledger.set_meta("task", "other")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        torn()
    assert ledger.candidate("seed") is None
    assert ledger.meta()["task"] == "mnist1d"


def test_threads_share_one_ledger(ledger: Ledger) -> None:
    def write(start: int) -> None:
        for index in range(start, start + 25):
            with ledger.transaction():
                ledger.put_candidate(child(1, index))
                ledger.put_call(call(f"g01-{index:02d}"))

    threads = [threading.Thread(target=write, args=(start,)) for start in range(0, 100, 25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ledger.candidates()) == len(ledger.calls()) == 100


def test_a_reader_follows_a_running_writer_and_cannot_write(ledger: Ledger) -> None:
    with Ledger.open(ledger.path, read_only=True) as reader:
        ledger.put_candidate(seed())
        assert reader.candidate("seed") == seed()
        with ledger.transaction():
            ledger.put_candidate(child(1, 0))
            assert reader.candidate("g01-00") is None
        with pytest.raises(LedgerError, match="read-only"):
            reader.put_candidate(child(1, 1))


def test_opening_explains_what_is_wrong(tmp_path: Path) -> None:
    missing, foreign, text = (tmp_path / name for name in ("missing.sqlite", "foreign.sqlite", "text.sqlite"))
    sqlite3.connect(foreign).execute("CREATE TABLE t (x)").connection.close()
    text.write_text("this is no database, only some words that go on for a while " * 9)
    for path, message in ((missing, "no ledger at"), (foreign, "is not a ledger"), (text, "not a database")):
        for read_only in (True, False):
            with pytest.raises(LedgerError, match=message) as caught:
                Ledger.open(path, read_only=read_only)
            assert "\n" not in str(caught.value)
    assert not missing.exists()
    with pytest.raises(LedgerError, match="no folder"):
        Ledger.create(tmp_path / "nowhere" / "ledger.sqlite", {})


def test_a_ledger_is_never_created_over_another_file(ledger: Ledger, tmp_path: Path) -> None:
    ledger.put_candidate(seed())
    ledger.close()
    with pytest.raises(LedgerError, match="there is a file"):
        Ledger.create(ledger.path, {})
    with Ledger.open(ledger.path) as again:
        assert again.candidate("seed") == seed()
    empty = tmp_path / "empty.sqlite"
    empty.touch()
    Ledger.create(empty, {}).close()


HOLDER = """
import sys
from memory.ledger import Ledger
ledger = Ledger.open(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


def test_one_process_writes_and_its_death_frees_the_ledger(ledger: Ledger) -> None:
    ledger.close()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(ledger.path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LedgerError, match=f"written by process {holder.pid}"):
            Ledger.open(ledger.path)
        with Ledger.open(ledger.path, read_only=True) as reader:
            assert reader.meta()["task"] == "mnist1d"
        assert Ledger.writer(ledger.path) == holder.pid
    finally:
        holder.kill()
        holder.communicate()
    assert Ledger.writer(ledger.path) is None
    with Ledger.open(ledger.path):
        assert Ledger.writer(ledger.path) == os.getpid()
        with pytest.raises(LedgerError, match="already, in this process"):
            Ledger.open(ledger.path)
    assert Ledger.writer(ledger.path) is None


WRITER = """
import sys
from memory.ledger import Ledger
from tests.memory_world import child, call, evaluation
ledger = Ledger.open(sys.argv[1])
index = 0
while True:
    one = child(1, index)
    ledger.put_candidate(one)
    ledger.open_ticket(evaluation(one, "running"))
    with ledger.transaction():
        ledger.put_call(call(one.id))
        ledger.close_ticket(evaluation(one))
    print(one.id, flush=True)
    index += 1
"""


def test_kill_9_loses_nothing_that_was_acknowledged(ledger: Ledger) -> None:
    ledger.close()
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(ledger.path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    said = [writer.stdout.readline().strip() for _ in range(100)]
    os.kill(writer.pid, signal.SIGKILL)
    said += writer.communicate()[0].split()
    with Ledger.open(ledger.path) as again:
        done = {one.candidate for one in again.evaluations(status="done")}
        assert set(said) <= done
        assert {one.candidate for one in again.calls()} == done, "a transaction was torn"
        assert again.check_file() == []


def test_a_full_disk_is_one_clear_line(ledger: Ledger) -> None:
    ledger._db.run("PRAGMA max_page_count = 40")

    def fill() -> None:
        with ledger.transaction():
            for index in range(10_000):
                ledger.put_candidate(child(1, index))

    with pytest.raises(LedgerError, match="the disk is full; free some space"):
        fill()
    assert ledger.candidates() == [], "half a transaction was kept"
    ledger.put_candidate(seed())


def test_candidates_are_filtered_and_updated(ledger: Ledger) -> None:
    planned = Candidate(id="g01-00", generation=1, index=0, operator="mutate")
    ledger.put_candidate(planned)
    ledger.put_candidate(replace(planned, status="failed", failure="syntax"))
    ledger.put_candidate(seed())
    assert [one.id for one in ledger.candidates(status="failed")] == ["g01-00"]
    assert [one.id for one in ledger.candidates(generation=0)] == ["seed"]
    assert ledger.candidates(generation=1, status="planned") == []
