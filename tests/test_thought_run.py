"""Whole runs with Evolution of Thought: lessons are cited, scored and shown; the paper's form; what runs share."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from chroma_server import chroma_server
from memory_world import lesson
from test_shared_memory import shown
from world import evolve, same, summary_of, tiny_task

from memory.ledger import Ledger
from memory.shared import open_shared
from memory.verify import verify

TINY = (
    *("--generations", "3", "--initial", "5", "--population", "4", "--slots", "2", "--sandbox", "jail"),
    *("--set", "search.eot=0.7"),
)


def runs() -> Path:
    return Path(os.environ["EVOLVE_RUNS"])


def ledger_of(name: str) -> Ledger:
    return Ledger.open(runs() / name / "ledger.sqlite", read_only=True)


def test_lessons_are_cited_scored_and_shown_and_a_replay_tells_the_same(tmp_path: Path) -> None:
    summary_of(evolve("run", str(tiny_task(tmp_path)), "--name", "first", "--json", *TINY))
    with ledger_of("first") as ledger:
        lessons = {one.id: one for one in ledger.lessons()}
        cited = [one for one in ledger.candidates() if one.lessons]
        assert verify(ledger) == []
        assert [one.generation for one in ledger.reflections()] == [1, 2]
        assert all(set(one.lessons) <= set(lessons) for one in cited)
        assert cited
        prompt = ledger.calls(candidate=cited[0].id)[0].messages[1]["content"]
        assert f"[{cited[0].lessons[0]}]" in prompt
        assert "reads as: " in ledger.calls(agent="critic")[0].messages[1]["content"]
        assert all(one.task == "tiny" and one.measured.keys() == one.effect.keys() for one in lessons.values())
    told = [json.loads(line) for line in evolve("lessons", "first", "--json").stdout.splitlines()]
    assert {one["id"] for one in told} == set(lessons)
    assert sum(one["credit"]["cited"] for one in told if one["state"] != "merged") > 0
    assert {one["state"] for one in told} <= {"untried", "standing", "fading", "faded", "merged", "contradicted"}
    assert "improved, matched" in evolve("lessons", "first").stdout
    summary_of(evolve("replay", "first", "--name", "again", "--json"))
    assert same(runs() / "first", runs() / "again")


def test_the_paper_s_form_shows_an_elite_beside_the_seed_and_asks_no_critic(tmp_path: Path) -> None:
    summary_of(evolve("run", str(tiny_task(tmp_path)), "--name", "paper", "--json", *TINY, "--eot", "paper"))
    with ledger_of("paper") as ledger:
        assert ledger.calls(agent="critic") == []
        assert ledger.lessons() == []
        paired = [one for one in ledger.candidates() if one.pair]
        assert paired
        for one in paired:
            elite, segment = one.pair
            assert elite in ledger.selection(one.generation - 1).elites  # type: ignore[union-attr]
            prompt = ledger.calls(candidate=one.id)[0].messages[1]["content"]
            part = prompt.partition("## A change that helped")[2].partition("\n## ")[0]
            assert f"segment `{segment}`" in part
            assert "### elite segment" in part
            assert "Lessons from" not in prompt
        assert verify(ledger) == []
    summary_of(evolve("replay", "paper", "--name", "again", "--json"))
    assert same(runs() / "paper", runs() / "again")


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
    assert same(runs() / "taker", runs() / "again")
    assert len(shared.lessons()) == 3 + sum(one.run.startswith("taker.") for one in shared.lessons())
    assert {one.run.split(".")[0] for one in shared.steps([shown("x", 0).step], 99)} == {"giver", "taker", "new"}
    shared.close()
