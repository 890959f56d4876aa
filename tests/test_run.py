"""Whole runs by the real command on the real task, made small: nothing is lost, nothing is done twice, equal seeds give equal runs."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import time
from pathlib import Path

import pytest
from finished import copied
from sandboxes import need
from world import (
    GUARD_S,
    SMALL,
    differences,
    evolve,
    kill,
    ledger_of,
    problems,
    running,
    runs,
    story,
    summary_of,
    tiny_task,
    training,
    wait_for,
)

SUMMARY_KEYS = {
    "run", "task", "strategy", "seed", "seed_candidate", "best", "front", "evaluations", "children", "failures", "model_calls", "tokens", "cost_usd",
    "wall_s", "busy_share",
}  # fmt: skip


@pytest.fixture
def first(finished_run: Path, tmp_path: Path) -> Path:
    """A finished run `first` and its task `tiny`, copied into the test's own world."""
    return copied(finished_run, tmp_path)


def test_a_run_measures_every_child_and_says_what_came_of_it(first: Path) -> None:
    result = json.loads((first / "summary.json").read_text())
    assert set(result) >= SUMMARY_KEYS
    assert result["children"] == 4 + 3
    assert result["seed_candidate"]["objectives"]["params"] == 5210
    assert result["front"]
    assert 0 < result["busy_share"] <= 1
    assert problems("first") == []


def test_the_profile_of_a_run_adds_up_to_the_time_of_its_slots(first: Path) -> None:
    told = json.loads(evolve("status", "first", "--profile", "--json").stdout)
    whole_s = told["wall_s"] * told["slots"]
    assert told["busy_share"] * whole_s + sum(told["idle_s"].values()) == pytest.approx(whole_s)
    assert told["each"]["sandbox"]["count"] == json.loads((first / "summary.json").read_text())["evaluations"]
    said = evolve("status", "first", "--profile").stdout
    assert "before the first training" in said
    assert re.search(r"slots +busy \d+ % of the time", said)


def test_the_same_seed_gives_the_same_run_with_one_slot_and_with_two(first: Path) -> None:
    summary_of(evolve("run", str(first / "tiny"), "--name", "one", "--json", *SMALL, "--slots", "1"))
    assert differences(runs() / "one", runs() / "first") == []


@pytest.mark.slow
def test_containers_and_the_jail_give_the_same_run(first: Path) -> None:
    need("docker")
    summary_of(evolve("run", str(first / "tiny"), "--name", "boxed", "--json", *SMALL, "--sandbox", "docker"))
    assert differences(runs() / "boxed", runs() / "first") == []
    assert problems("boxed") == []


@pytest.mark.slow
def test_another_seed_gives_another_run(first: Path) -> None:
    summary_of(evolve("run", str(first / "tiny"), "--name", "other", "--json", *SMALL, "--seed", "2"))
    assert differences(runs() / "other", runs() / "first")


@pytest.mark.slow
def test_a_killed_run_resumes_and_ends_as_if_it_had_never_been_killed(tmp_path: Path) -> None:
    """Killed three times with its whole process group, when a given number of evaluations is done; `benchmarks/kill.py` takes random moments."""
    task = tiny_task(tmp_path, steps=150)
    small = (*SMALL, "--seed", "3")
    summary_of(evolve("run", str(task), "--name", "whole", "--json", *small))
    with ledger_of("whole") as ledger:
        first = [e.train_seed == 3 for e in ledger.evaluations("done")]
    assert first.count(False) >= 4  # two programs were trained again at the end: the third moment is among these
    begun = ["run", str(task), "--name", "killed", "--quiet", *small]
    for done in (1, 5, first.count(True) + 1):
        with running(*begun) as process:
            wait_for(runs() / "killed", lambda ledger, done=done: len(ledger.evaluations("done")) >= done, process)
            kill(process)
        begun = ["resume", "killed", "--quiet"]
    summary_of(evolve("resume", "killed", "--json"))
    assert problems("killed") == []
    assert differences(runs() / "killed", runs() / "whole") == []


def test_ctrl_c_leaves_within_five_seconds_with_the_resume_command(tmp_path: Path) -> None:
    with running("run", str(tiny_task(tmp_path, steps=20_000)), "--name", "cut", "--quiet", *SMALL) as process:
        wait_for(runs() / "cut", training, process)
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=GUARD_S)
        spent = time.monotonic() - asked
    assert spent < 30  # five on an idle machine; without an answer to the signal it would take minutes
    assert process.returncode == 130
    assert "evolve resume cut" in err
    assert len(err.strip().splitlines()) == 1


def test_replay_repeats_a_run_without_calling_any_model(first: Path) -> None:
    summary_of(evolve("replay", "first", "--name", "again", "--json"))
    assert differences(runs() / "first", runs() / "again") == []


def test_replay_says_where_it_left_the_stored_run(first: Path) -> None:
    """Of a run of before content was kept: of any other one the task that changed is refused before."""
    db = sqlite3.connect(runs() / "first" / "ledger.sqlite")
    db.execute("DELETE FROM meta WHERE key = 'content'")
    db.commit()
    db.close()
    task = first / "tiny" / "task.toml"
    task.write_text(task.read_text().replace("Classify MNIST-1D", "Sort MNIST-1D"))
    done = evolve("replay", "first", "--name", "again")
    resumed = evolve("resume", "again", "--quiet")  # a replay stays one: no model is asked now either
    assert "run 'first' is of before content was kept" in done.stderr
    for one in (done, resumed):
        assert one.returncode == 1
        assert "replay left the stored run at g01-" in one.stderr


def test_resuming_a_finished_run_changes_nothing(first: Path) -> None:
    before = story(runs() / "first")
    again = summary_of(evolve("resume", "first", "--json"))
    assert again == json.loads((first / "summary.json").read_text())
    assert story(runs() / "first") == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run"], "setting 'task' is missing"),
        (["run", "mnist1q"], "mnist1d"),
        (["run", "mnist1d", "--fidelity", "slow"], "quick"),
        (["run", "mnist1d", "--set", "search.generation=3"], "search.generations"),
        (["run", "mnist1d", "--generations", "0"], "search.generations"),
        (["run", "mnist1d", "--set", 'personas.architect=["nobody"]'], "nobody"),
        (["run", "mnist1d", "--name", "../x"], "plain name"),
        (["run", "mnist1d", "-c", "missing.toml"], "missing.toml"),
        (["run", "mnist1d", "--sandbox", "cage"], "sandbox.backend"),
        (["resume", "nowhere"], "nowhere"),
        (["show", "nowhere"], "nowhere"),
    ],
)
def test_wrong_input_gets_one_clear_line_and_exit_code_2(arguments: list[str], told: str) -> None:
    done = evolve(*arguments)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert told in done.stderr
    assert not done.stdout


def test_a_run_that_is_being_worked_on_can_be_watched_but_not_resumed(tmp_path: Path) -> None:
    task = tiny_task(tmp_path, steps=20_000)
    with running("run", str(task), "--name", "busy", "--quiet", *SMALL) as process:
        wait_for(runs() / "busy", training, process)
        second = evolve("resume", "busy")
        assert second.returncode == 1
        assert "is being written by process" in second.stderr
        assert len(second.stderr.strip().splitlines()) == 1
        seen = evolve("status", "busy", "--json")
        assert seen.returncode == 0
        assert json.loads(seen.stdout)["run"] == "busy"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=GUARD_S)


def test_an_old_run_of_the_same_name_is_never_overwritten(first: Path) -> None:
    before = story(runs() / "first")
    done = evolve("run", str(first / "tiny"), "--name", "first", *SMALL)
    assert done.returncode == 1
    assert "evolve resume first" in done.stderr
    assert story(runs() / "first") == before
