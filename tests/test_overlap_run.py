"""Overlapped runs by the real command: nothing is lost by a kill, and a replay is the run that it repeats."""

from __future__ import annotations

from pathlib import Path

import pytest
from world import SMALL, differences, evolve, kill, ledger_of, problems, running, runs, summary_of, tiny_task, wait_for

TABLE = ("nk", "--generations", "4", "--set", "search.eot=0.5", "--set", "search.overlap=5")


def test_a_killed_overlapped_run_goes_on_pays_nothing_twice_and_is_repeated_by_its_replay() -> None:
    with running("run", *TABLE, "--name", "r", "--quiet") as process:
        wait_for(runs() / "r", lambda ledger: len(ledger.commits()) > 8, process)
        kill(process)
    with ledger_of("r") as ledger:
        paid = {call.key: call.asked_at for call in ledger.calls()}
        done = {e.key for e in ledger.evaluations("done")}
    ended = summary_of(evolve("resume", "r", "--json"))
    assert ended["children"] == 16 + 3 * 10
    assert problems("r") == []
    with ledger_of("r") as ledger:
        assert paid.items() <= {call.key: call.asked_at for call in ledger.calls()}.items()
        assert done <= {e.key for e in ledger.evaluations("done")}
        reflections = ledger.reflections()
        cited = {id for one in ledger.candidates(code=False) for id in one.lessons}
        commits = ledger.commits()
    assert any("thought/" in name for commit in commits for name in commit.findings)
    assert cited <= {id for one in reflections for id in one.lessons}
    summary_of(evolve("replay", "r", "--json"))
    assert problems("r-replay") == []
    assert differences(runs() / "r", runs() / "r-replay") == []


@pytest.mark.slow
def test_trainings_and_audits_of_an_overlapped_run_land_in_a_recorded_order_that_its_replay_follows(
    tmp_path: Path,
) -> None:
    task = tiny_task(tmp_path)
    summary_of(evolve("run", str(task), "--name", "r", "--json", *SMALL, "--set", "search.overlap=3"))
    assert problems("r") == []
    with ledger_of("r") as ledger:
        commits = ledger.commits()
        audited = [c.id for c in ledger.candidates(code=False) if c.audited is not None]
    found = [name for commit in commits for name in commit.findings]
    assert {"audit/seed", "again/seed/2"} <= set(found)
    assert {f"audit/{id}" for id in audited} == {name for name in found if name.startswith("audit/")}
    assert max(len(commit.children) for commit in commits[1:]) < 7  # not all at once
    summary_of(evolve("replay", "r", "--json", "--task", str(task)))
    assert differences(runs() / "r", runs() / "r-replay") == []
