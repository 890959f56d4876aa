"""Whole runs with Evolution of Thought: lessons are cited, scored and shown; the paper's form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from world import differences, evolve, ledger_of, runs, summary_of, tiny_task

from memory.verify import verify

pytestmark = pytest.mark.slow

TINY = (
    *("--generations", "3", "--initial", "4", "--population", "3", "--slots", "2", "--sandbox", "jail"),
    *("--set", "search.eot=0.7"),
)


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
    assert " of the matched; " in evolve("lessons", "first").stdout
    summary_of(evolve("replay", "first", "--name", "again", "--json"))
    assert differences(runs() / "first", runs() / "again") == []


def test_the_paper_s_form_shows_an_elite_beside_the_seed_and_asks_no_critic() -> None:
    summary_of(evolve("run", "nk", "--name", "paper", "--json", *TINY, "--eot", "paper"))
    with ledger_of("paper") as ledger:
        assert ledger.calls(agent="critic") == []
        assert ledger.lessons() == []
        paired = [one for one in ledger.candidates() if one.pair]
        assert paired
        for one in paired:
            elite, segment = one.pair
            assert elite in ledger.selection(one.generation - 1).population  # type: ignore[union-attr]
            prompt = ledger.calls(candidate=one.id)[0].messages[1]["content"]
            part = prompt.partition("## A change that helped")[2].partition("\n## ")[0]
            assert f"segment `{segment}`" in part
            assert "### elite segment" in part
            assert "Lessons from" not in prompt
        assert verify(ledger) == []
    summary_of(evolve("replay", "paper", "--name", "again", "--json"))
    assert differences(runs() / "paper", runs() / "again") == []
