"""What a generation's end writes does not depend on which child was quicker."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from memory_world import META, child, evaluation, seed

from graph.config import resolve
from graph.nodes import remember
from graph.state import Rooms
from memory.index import Index
from memory.ledger import Ledger
from memory.records import Audit


@pytest.mark.parametrize("quicker", [0, 1], ids=["the first of the plan", "the second of the plan"])
@pytest.mark.parametrize("failure", [None, "nan"])
async def test_of_twins_the_first_in_the_plan_has_outcome_and_audit(
    tmp_path: Path, quicker: int, failure: str | None
) -> None:
    nobody: Any = None
    objectives = None if failure else {"val_error": 9.0, "params": 5000.0}
    status: Any = "failed" if failure else "evaluated"
    twins = [
        child(
            1, n, fingerprint="equal", status=status, failure=failure, objectives=objectives, files={"program.py": "x"}
        )
        for n in range(2)
    ]
    index = Index(tmp_path / "memory")
    with Ledger.create(tmp_path / "ledger.sqlite", META) as ledger:
        for one in (seed(), *twins):
            ledger.put_candidate(one)
        done = evaluation(twins[quicker])
        ledger.open_ticket(replace(done, status="running"))
        ledger.close_ticket(done)
        ledger.put_audit(Audit(done.key, twins[quicker].id))
        config = resolve(None, {"task": "mnist1d"}, {})
        rooms = Rooms(config, tmp_path, nobody, ledger, index, nobody, {}, nobody, nobody, nobody)
        here: Any = SimpleNamespace(context=rooms)
        for _ in range(2):  # the second as after a crash
            await remember({"generation": 1, "children": [one.id for one in twins]}, here)
            assert [e.candidate for e in ledger.evaluations("done")] == ["g01-00"]
            assert [a.candidate for a in ledger.audits()] == ["g01-00"]
            kinds = [ledger.known(one.id).failure for one in twins]
            assert kinds == ([failure, failure] if failure else [None, "duplicate"])
    index.close()
