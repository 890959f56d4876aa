"""Whole runs in which the cast learns and instructions are rephrased: decided from the ledger alone, so resumed and replayed alike."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from endpoint import Body, Endpoint, answer_offline
from world import differences, evolve, kill, ledger_of, problems, running, runs, story, summary_of, wait_for

from agents.prompts import wordings
from memory.verify import verify

pytestmark = pytest.mark.slow

SIZE = ("--generations", "3", "--initial", "5", "--population", "3", "--sandbox", "jail", "--set", "search.eot=0.5")
PLAY = (*SIZE, "--set", "play.allocation=thompson", "--set", "play.prompts=2")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    """A finished run `whole` in which everything is drawn by what it brought; of a table task, since nothing of it is about trainings."""
    place = tmp_path_factory.mktemp("play")
    env = {"EVOLVE_RUNS": str(place / "runs"), "EVOLVE_CACHE": str(shared_cache)}
    summary_of(evolve("run", "nk", "--name", "whole", "--json", *PLAY, "--slots", "2", env=env))
    return place


def test_a_cast_that_learns_is_the_same_run_with_one_slot_after_a_kill_and_in_a_replay(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVOLVE_RUNS", str(finished / "runs"))
    whole = runs() / "whole"
    with running("run", "nk", "--name", "killed", "--quiet", *PLAY, "--slots", "1") as process:
        # right after the first rephrasing: the second, and all that is drawn from both, must come out as in the whole run
        wait_for(runs() / "killed", lambda ledger: bool(ledger.calls(agent="scribe")), process)
        kill(process)
    summary_of(evolve("resume", "killed", "--json"))
    summary_of(evolve("replay", "whole", "--name", "again", "--json"))
    assert differences(runs() / "killed", whole) == []
    assert differences(runs() / "again", whole) == []
    assert problems("killed") == []


def test_stats_show_every_arm_with_chances_that_sum_to_one(finished: Path) -> None:
    env = {"EVOLVE_RUNS": str(finished / "runs")}
    for by, groups in (("persona", 2), ("intent", 1), ("model", 1), ("prompt", len(wordings()))):
        done = evolve("persona", "stats", "whole", "--by", by, "--json", env=env)
        assert done.returncode == 0, done.stderr
        rows = json.loads(done.stdout)
        assert sum(row["chance"] for row in rows) == pytest.approx(groups)
        assert sum(row["trials"] for row in rows) == (11 if by != "intent" else _mutations(finished))
    table = evolve("persona", "stats", "whole", "--by", "prompt", env=env)
    assert "intent/tune@1" in table.stdout


def _mutations(place: Path) -> int:
    return sum(c["operator"] == "mutate" for c in story(place / "runs" / "whole")["candidates"])


GOOD = "Say it in other words: keep the sense of the instruction, round number {}."
BAD = (
    "I would rather not.",
    "```text\n```",
    "```text\nUse {{segment}} as you see fit, and nothing else at all.\n```",
    "```text\n" + "word " * 200 + "\n```",
)


def test_wordings_of_a_model_over_http_join_or_are_refused_and_are_given_to_authors() -> None:
    """Four replies that cannot be a wording, then good ones; whatever comes, the run goes on and the first texts stay."""
    asked: list[str] = []

    def answer(body: Body) -> tuple[str, str]:
        if "# Role: Scribe" not in body["messages"][1]["content"]:
            return answer_offline(body)
        asked.append(body["messages"][1]["content"])
        return BAD[len(asked) - 1] if len(asked) <= len(BAD) else f"```text\n{GOOD.format(len(asked))}\n```", "stop"

    size = ("--generations", "6", "--initial", "4", "--population", "6", "--slots", "2", "--sandbox", "jail")
    play = ("--model", "loopback", "--set", "play.prompts=3", "--set", "search.eot=0", "--set", "search.crossover=0")
    with Endpoint(answer) as server:
        env = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-none"}
        summary_of(evolve("run", "nk", "--name", "w", "--json", *size, *play, env=env))
        prompts = [r["messages"][1]["content"] for r in server.requests]
    assert len(asked) > len(BAD)
    with ledger_of("w") as ledger:
        assert verify(ledger) == []
        calls = ledger.calls(agent="scribe")
        found, children = ledger.wordings(), ledger.candidates()
        told = [e.data for e in ledger.events() if e.kind == "rephrased"]
    assert [c.failure for c in calls][: len(BAD)] == ["unparsable"] * len(BAD)
    assert [bool(t["refused"]) for t in told] == [c.failure is not None for c in calls]
    assert {w.name: w.text for w in found if w.version == 1} == wordings()
    later = [w for w in found if w.version > 1]
    assert len(later) == len(asked) - len(BAD)
    assert all(w.parent == 1 and w.call in {c.key for c in calls} for w in later)
    for child in children[1:]:
        text = next(w.text for w in found if w.id == child.prompt)
        assert any(text in prompt for prompt in prompts)
    assert {w.id for w in later} & {c.prompt for c in children}
    shown = evolve("transcript", "w", "--agent", "scribe")
    assert "# Role: Scribe" in shown.stdout
    given = next(c for c in children if c.prompt in {w.id for w in later})
    assert str(given.prompt) in evolve("transcript", "w", "--candidate", given.id).stdout
    assert str(given.prompt) in evolve("show", "w", given.id).stdout


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (["play.allocation=uniform", "play.personas={minimalist=2}"], "'uniform' ignores them"),
        (["play.allocation=fixed", "play.personas={minimalst=2}"], "minimalist"),
        (["play.allocation=fixed", "play.intents={tun=2}"], "no intent 'tun'"),
        (["play.allocation=fixed", "play.intents={tune=-1}"], "play.intents"),
        (["play.allocation=thompson", 'personas.critic=["plain"]', "play.personas={plain=0}"], "of the critic with 0"),
        (["play.allocation=best"], "play.allocation"),
    ],
)
def test_weights_that_make_no_sense_are_refused_in_one_line(settings: list[str], told: str) -> None:
    done = evolve("run", "mnist1d", *(part for setting in settings for part in ("--set", setting)))
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
