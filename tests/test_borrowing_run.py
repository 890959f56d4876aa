"""Whole runs that share what they learnt: a run borrows lessons and steps of others, and keeps a copy of what it was shown."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from chroma_server import chroma_server
from memory_world import lesson
from test_shared_memory import shown
from test_thought_run import TINY
from world import differences, evolve, ledger_of, runs, summary_of, tiny_task

from memory.shared import open_shared
from memory.verify import verify

pytestmark = pytest.mark.slow


@pytest.fixture(params=["folder", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path):  # type: ignore[no-untyped-def]
    if request.param == "folder":
        yield str(tmp_path / "shared")
        return
    with chroma_server(tmp_path / "chroma") as url:
        yield url


def test_a_run_borrows_from_another_run_and_task_and_a_replay_does_not_depend_on_what_is_there_later(
    place: str, tmp_path: Path
) -> None:
    task = tiny_task(tmp_path)
    other = tmp_path / "other"
    shutil.copytree(task, other)
    summary_of(evolve("run", str(other), "--name", "giver", "--json", *TINY, "--memory", place, "--generations", "1"))
    shared = open_shared(place)
    held = replace(
        lesson(1, run="old.abcd", task="mnist1d", segment="body", effect={"val_error": "down"}, supporting=3),
        id="old.abcd/L01-1",
        record={"held": True, "score": 0.5},
    )
    shared.give("old.abcd", [held, replace(held, id="old.abcd/L01-2", record={"held": False, "score": 0.9})], [])
    summary_of(evolve("run", str(task), "--name", "taker", "--json", *TINY, "--memory", place))
    with ledger_of("taker") as ledger:
        assert verify(ledger) == []
        borrowed = [one for one in ledger.lessons() if one.borrowed]
        assert [one.id for one in borrowed] == ["old.abcd/L01-1"]
        citing = [one for one in ledger.candidates() if borrowed[0].id in one.lessons]
        assert citing
        prompt = ledger.calls(candidate=citing[0].id)[0].messages[1]["content"]
        assert "[old.abcd/L01-1]" in prompt
        assert "from run old.abcd, task mnist1d" in prompt
        steps = [data for loan in ledger.loans() for data in loan.steps]
        assert {data["task"] for data in steps} == {"other"}
        assert ", of run giver." in ledger.calls(agent="critic")[0].messages[1]["content"]
    assert "old.abcd (mnist1d)" in evolve("lessons", "taker").stdout
    given = {one.run.split(".")[0] for one in shared.steps([shown("x", 0).step], 99)}
    assert given == {"giver", "taker"}, "a run's own steps were added"
    shared.give("new.1234", [replace(held, id="new.1234/L01-1", run="new.1234")], [shown("new.1234", 0)])
    if place.startswith("http"):  # a replay asks no place, so one kind is enough
        shared.close()
        return
    summary_of(evolve("replay", "taker", "--name", "again", "--json"))
    assert differences(runs() / "taker", runs() / "again") == []
    assert len(shared.lessons()) == 3 + sum(one.run.startswith("taker.") for one in shared.lessons())
    assert {one.run.split(".")[0] for one in shared.steps([shown("x", 0).step], 99)} == {"giver", "taker", "new"}
    shared.close()


def test_a_shared_memory_that_cannot_be_used_is_told_before_a_run_is_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in ("http://127.0.0.1:9", str(tmp_path / "file" / "shared")):
        done = evolve("run", "mnist1d", "--name", "a", "--memory", place)
        assert done.returncode == 2
        (line,) = done.stderr.strip().splitlines()
        assert line.startswith("evolve: memory.shared: ")
        assert not (runs() / "a").exists()
