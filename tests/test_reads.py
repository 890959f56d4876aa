"""What viewers read of a ledger: the same as all of it would say, without the texts of all."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.elites import elites, leader, seed_of, unmet
from memory.ledger import Ledger
from memory.migrations import MIGRATIONS
from memory.records import Audit
from tests.memory_world import META, call, child, close, record, seed, small_run


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Ledger]:
    with small_run(tmp_path / "ledger.sqlite") as ledger:
        yield ledger


def test_counts_are_those_of_the_records(run: Ledger) -> None:
    found = run.candidates()
    assert run.ids() == [one.id for one in found]
    assert run.fates() == {one.id: one.failure for one in found}
    assert run.by_status() == {"evaluated": 3, "failed": 1}
    assert run.generations() == 2
    calls = run.calls()
    assert run.spent_since() == (len(calls), 960, 4.0)
    assert run.spent_since(len(calls) - 1) == (len(calls), 120, 0.5)
    assert run.spent_since(len(calls)) == (len(calls), 0, 0.0)


def test_one_at_a_time_is_the_same_as_all_at_once(run: Ledger) -> None:
    assert list(run.each_candidate()) == run.candidates()
    heads = {(one.key, one.candidate, one.generation, one.agent) for one in run.calls()}
    assert {tuple(head) for head in run.call_heads()} == heads
    assert run.tickets() == run.evaluations()
    assert run.tickets("done", ["seed", "g02-00"]) == [
        e for e in run.evaluations() if e.candidate in ("seed", "g02-00")
    ]
    assert {tuple(step) for step in run.step_ends()} == {(step.parent, step.child) for step in run.evidence()}


def test_calls_of_any_number_are_read_in_the_memory_of_one(tmp_path: Path) -> None:
    size = 200_000
    with Ledger.create(tmp_path / "ledger.sqlite", META) as ledger:
        with ledger.transaction():
            for attempt in range(50):
                ledger.put_call(call(None, attempt, reply="x" * size))
        tracemalloc.start()
        try:
            assert sum(len(one.reply) for one in ledger.each_call()) == 50 * size
            assert tracemalloc.get_traced_memory()[1] < 8 * size
        finally:
            tracemalloc.stop()


def test_what_is_read_one_at_a_time_is_of_one_moment(run: Ledger) -> None:
    with Ledger.open(run.path, read_only=True) as viewer, viewer.snapshot():
        before = viewer.calls()
        calls = viewer.each_call()
        seen = [next(calls)]
        run.judge_call(before[-1].key, "syntax")
        run.put_call(call("g02-00", 9, generation=2))
        assert [*seen, *calls] == before


def test_what_is_counted_needs_no_program_and_no_prompt(run: Ledger) -> None:
    asked: list[str] = []
    run._db.raw.set_trace_callback(asked.append)
    for count in (run.totals, run.by_status, run.fates, run.generations, run.spent_since, run.tokens, run.finished):
        count()
    run._db.raw.set_trace_callback(None)
    assert len(asked) > 8
    for query in asked:
        plan = [row["detail"] for row in run._db.run(f"EXPLAIN QUERY PLAN {query}")]
        whole = [step for step in plan if step.startswith(("SCAN", "SEARCH")) and "COVERING INDEX" not in step]
        assert whole == [] or "FROM events" in query, (query, plan)


def test_a_reader_does_without_an_index_and_copies_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    small_run(path).close()

    def m999_indexes(db: object) -> None:
        raise AssertionError("a reader has no need of it")

    with Ledger.open(path, read_only=True, migrations=(*MIGRATIONS, m999_indexes)) as ledger:
        assert ledger._db.raw.execute("PRAGMA database_list").fetchone()["file"] == str(path)


# ---- the elites


def test_the_elites_are_the_archive_of_the_last_selection(run: Ledger) -> None:
    record(run, child(3, 0, objectives={"val_error": 1.0, "params": 1.0}), seed())
    assert [elite.program.id for elite in elites(run)] == ["g01-00", "g02-00"], "not selected yet"
    close(run, 3, ("g03-00",), ("g03-00",))
    assert [elite.program.id for elite in elites(run)] == ["g03-00"]


def test_the_seed_is_the_one_elite_before_anything_was_selected(tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "ledger.sqlite", META) as ledger:
        assert elites(ledger) == []
        assert seed_of(ledger) is None
        record(ledger, seed())
        record(ledger, child(1, 0), seed())
        assert [elite.program.id for elite in elites(ledger)] == ["seed"]
        assert seed_of(ledger) == elites(ledger)[0].program


def test_of_equal_programs_the_first_stands_and_the_others_are_named_beside_it(run: Ledger) -> None:
    for index in (1, 0):
        record(run, child(3, index), seed())
    record(run, child(3, 2, objectives={"val_error": 15.0, "params": 5000.5}), seed())
    close(run, 3, (), ("g03-01", "g02-00", "g01-00"))
    assert [(elite.program.id, elite.equals) for elite in elites(run)] == [
        ("g01-00", ("g03-00", "g03-01")),
        ("g02-00", ()),
    ]


def test_what_was_struck_since_is_no_elite(run: Ledger) -> None:
    run.put_candidate(child(1, 0, status="failed", failure="audit", objectives=None))
    assert [elite.program.id for elite in elites(run)] == ["g02-00"]


def test_the_leader_is_ahead_in_the_first_objective_though_it_has_more_parameters_than_the_seed(run: Ledger) -> None:
    first = leader(run, elites(run))
    assert first is not None
    assert first.id == "g02-00"
    assert leader(run, []) is None


def test_what_does_not_meet_what_is_required_is_no_elite_and_the_line_says_how_near_the_nearest_came(
    run: Ledger,
) -> None:
    run.set_meta("aim", {"require": "params <= seed"})
    assert [elite.program.id for elite in elites(run)] == ["g01-00"]
    assert unmet(run, elites(run)) == ""
    run.set_meta("aim", {"require": "val_error <= seed - 6 and params < seed * 0.9"})
    assert elites(run) == []
    assert unmet(run, []) == (
        "no elite meets what is required, val_error <= seed - 6 and params < seed * 0.9: the nearest, g01-00, has "
        "val_error 15, not <= 14 and params 5000, not < 4689"
    )


def test_programs_without_a_proof_are_those_measured_whose_audit_says_so(run: Ledger) -> None:
    run.put_audit(Audit("key-g02-00-0", "g02-00", unproven="a step of its forward pass"))
    run.put_audit(Audit("key-g01-00-0", "g01-00", unproven="the same", fault="other scores"))
    assert run.unproven() == ["g02-00"]
    assert [audit.candidate for audit in run.audits_of(["g01-00", "seed"])] == ["g01-00"]
