"""What a commit writes does not depend on which child was quicker."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from memory_world import META, child, close, evaluation, seed

from graph.commit import commit
from memory.ledger import Ledger
from memory.records import Audit


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
            steps = commit(ledger, 1, [one.id for one in twins])
            assert [step.child for step in steps] == ["g01-00", "g01-01"]
            assert [e.candidate for e in ledger.evaluations("done")] == ["g01-00"]
            assert [a.candidate for a in ledger.audits()] == ["g01-00"]
            kinds = [ledger.known(one.id).failure for one in twins]
            assert kinds == ([failure, failure] if failure else [None, "duplicate"])
            assert [ledger.known(one.id).committed for one in twins] == [1, 1]
