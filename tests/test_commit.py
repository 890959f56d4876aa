"""What a commit writes does not depend on which child was quicker."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from memory_world import META, child, close, evaluation, record, seed

from graph.commit import commit
from memory.ledger import Ledger
from memory.records import Audit, Commit
from memory.seeds import training_seeds
from memory.verify import verify
from tasks import load_task


@pytest.mark.parametrize("quicker", [0, 1], ids=["the first of the plan", "the second of the plan"])
@pytest.mark.parametrize("failure", [None, "nan"])
def test_of_twins_the_first_in_the_plan_has_outcome_and_audit(
    tmp_path: Path, quicker: int, failure: str | None
) -> None:
    objectives = None if failure else {"val_error": 9.0, "params": 5000.0}
    status = "failed" if failure else "evaluated"
    twins = [
        child(
            1, n, fingerprint="equal", status=status, failure=failure, objectives=objectives, files={"program.py": "x"}
        )
        for n in range(2)
    ]
    with Ledger.create(tmp_path / "ledger.sqlite", META) as ledger:
        ledger.put_candidate(seed())
        close(ledger, 0, ("seed",), ("seed",))
        for one in twins:
            ledger.put_candidate(one)
        done = evaluation(twins[quicker])
        ledger.open_ticket(replace(done, status="running"))
        ledger.close_ticket(done)
        ledger.put_audit(Audit(done.key, twins[quicker].id))
        for _ in range(2):  # the second as after a stop
            commit(ledger, load_task("mnist1d"), 0, Commit(1, tuple(one.id for one in twins)), {})
            assert [step.child for step in ledger.evidence(commit=1)] == ["g01-00", "g01-01"]
            assert [e.candidate for e in ledger.evaluations("done")] == ["g01-00"]
            assert [a.candidate for a in ledger.audits()] == ["g01-00"]
            kinds = [ledger.known(one.id).failure for one in twins]
            assert kinds == ([failure, failure] if failure else [None, "duplicate"])
            assert [ledger.known(one.id).committed for one in twins] == [1, 1]


def test_of_twins_in_two_commits_the_one_that_is_taken_in_first_has_the_outcome(tmp_path: Path) -> None:
    """With overlap the one that was trained may still wait for its place in a commit when its twin is taken in."""
    trained, taken = (child(1, n, fingerprint="equal", files={"program.py": "x"}) for n in range(2))
    with Ledger.create(tmp_path / "ledger.sqlite", META) as ledger:
        ledger.put_candidate(seed())
        close(ledger, 0, ("seed",), ("seed",))
        for one in (trained, taken):
            ledger.put_candidate(one)
        done = evaluation(trained)
        ledger.open_ticket(replace(done, status="running"))
        ledger.close_ticket(done)
        for number, one in ((1, taken), (2, trained)):
            commit(ledger, load_task("mnist1d"), 0, Commit(number, (one.id,)), {})
        assert [(e.candidate, e.counted) for e in ledger.evaluations("done")] == [(taken.id, 1)]
        assert [ledger.known(one.id).failure for one in (taken, trained)] == [None, "duplicate"]


def test_a_training_that_failed_and_was_mended_is_no_repetition_of_what_came_after_it(tmp_path: Path) -> None:
    """Two children end with one program, of which the second was trained, after its author had mended another one."""
    taken, mended = child(1, 0, fingerprint="equal", repairs=2), child(1, 1, fingerprint="equal", repairs=1)
    with Ledger.create(tmp_path / "ledger.sqlite", META) as ledger:
        record(ledger, seed())
        close(ledger, 0, ("seed",), ("seed",))
        for one in (taken, mended):
            ledger.put_candidate(one)
        failed = evaluation(mended, key="first try", attempt=0, failure="nan", objectives=None)
        for done in (failed, evaluation(mended)):
            ledger.open_ticket(replace(done, status="running"))
            ledger.close_ticket(done)
        commit(ledger, load_task("mnist1d"), 0, Commit(1, (taken.id, mended.id)), {})
        assert [(e.candidate, e.attempt, e.failure) for e in ledger.evaluations("done")] == [
            ("seed", 0, None),
            (taken.id, 2, None),
            (mended.id, 0, "nan"),
        ]
        assert ledger.known(taken.id).scores == (15.0,)
        assert ledger.trainings(mended.id) == []
        assert ledger.uncounted() == []
        assert ledger.trained() == 3  # the seed's and both of these are paid for
        assert verify(ledger) == []


def test_findings_are_counted_and_applied_with_their_commit_and_not_before(tmp_path: Path) -> None:
    one, task = child(1, 0), load_task("mnist1d")
    first, *further = training_seeds(1, 4)
    with Ledger.create(tmp_path / "ledger.sqlite", META) as ledger:
        ledger.put_candidate(seed())
        close(ledger, 0, ("seed",), ("seed",))
        ledger.put_candidate(one)
        for number, train_seed in enumerate((first, *further)):
            done = evaluation(one, train_seed=train_seed, objectives={"val_error": 10.0 + number, "params": 5000.0})
            ledger.open_ticket(evaluation(one, "running", train_seed))
            ledger.close_ticket(done)
            if number == 0:
                commit(ledger, task, 1, Commit(1, (one.id,)), {})
        commit(ledger, task, 1, Commit(2, (), (f"again/{one.id}/2",)), {})
        assert ledger.known(one.id, upto=1).scores == (10.0,)
        assert sorted(s for s in ledger.known(one.id).scores if s) == [10.0, 11.0, 12.0]
        assert [e.train_seed for e in ledger.uncounted()] == [further[2]]
        audit = Audit("key", one.id, "it does not predict what it said")
        commit(ledger, task, 1, Commit(3, (), (f"audit/{one.id}",)), {one.id: audit})
        struck = ledger.known(one.id)
        assert (struck.status, struck.failure, struck.audited, struck.objectives) == ("failed", "audit", 3, None)


def test_what_an_audit_struck_is_a_measured_program_to_whoever_was_ordered_before(tmp_path: Path) -> None:
    """A child that a stop left unasked gets the prompt that it would have had."""
    one, later, task = child(1, 0), child(2, 0, parents=("g01-00",)), load_task("mnist1d")
    with Ledger.create(tmp_path / "ledger.sqlite", META) as ledger:
        record(ledger, seed())
        close(ledger, 0, ("seed",), ("seed",))
        record(ledger, one, seed())
        commit(ledger, task, 0, Commit(1, (one.id,)), {})
        record(ledger, later, one)
        commit(ledger, task, 0, Commit(2, (later.id,)), {})
        before = ledger.known(one.id, upto=2), ledger.evidence(parent=one.id, upto=2)
        audit = Audit("key", one.id, "it does not predict what it said")
        commit(ledger, task, 0, Commit(3, (), (f"audit/{one.id}",)), {one.id: audit})
        struck, steps = ledger.known(one.id, upto=2), ledger.evidence(parent=one.id, upto=2)
        assert (replace(struck, audited=None), steps) == before
        assert ledger.known(one.id, upto=3).failure == "audit"
        assert ledger.evidence(parent=one.id)[0].delta is None
