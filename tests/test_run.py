"""Whole runs by the real command on the real task, made small: nothing is lost, nothing is done twice, equal seeds give equal runs."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest
from world import SMALL, evolve, start, story, summary_of, tiny_task

from memory.ledger import Ledger
from memory.verify import verify

SUMMARY_KEYS = {
    "run", "task", "strategy", "seed", "seed_candidate", "best", "front", "evaluations", "children", "failures", "model_calls", "tokens", "cost_usd",
    "wall_s", "busy_share",
}  # fmt: skip


def runs() -> Path:
    return Path(os.environ["EVOLVE_RUNS"])


def problems(name: str) -> list[str]:
    with Ledger.open(runs() / name / "ledger.sqlite", read_only=True) as ledger:
        return verify(ledger)


def test_a_run_measures_every_child_and_says_what_came_of_it(tmp_path: Path) -> None:
    task = tiny_task(tmp_path)
    result = summary_of(evolve("run", str(task), "--name", "a", "--json", *SMALL))
    assert set(result) >= SUMMARY_KEYS
    assert result["children"] == 4 + 3
    assert result["seed_candidate"]["objectives"]["params"] == 5210
    assert result["front"]
    assert 0 < result["busy_share"] <= 1
    assert problems("a") == []


def test_the_same_seed_gives_the_same_run_with_one_slot_and_with_two(tmp_path: Path) -> None:
    task = tiny_task(tmp_path)
    for name, slots in (("one", "1"), ("two", "2")):
        summary_of(evolve("run", str(task), "--name", name, "--json", *SMALL, "--slots", slots))
    one, two = story(runs() / "one"), story(runs() / "two")
    for x in one["lessons"] + two["lessons"]:
        x["run"] = ""
    assert one == two


def test_a_killed_run_resumes_and_ends_as_if_it_had_never_been_killed(tmp_path: Path) -> None:
    task = tiny_task(tmp_path, steps=150)
    summary_of(evolve("run", str(task), "--name", "whole", "--json", *SMALL))
    for wait_s in (5.0, 7.5, 10.0):
        name = f"killed-{wait_s}"
        process = start("run", str(task), "--name", name, "--quiet", *SMALL)
        time.sleep(wait_s)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        summary_of(evolve("resume", name, "--json"))
        assert problems(name) == []
        ended, whole = story(runs() / name), story(runs() / "whole")
        for x in ended["lessons"] + whole["lessons"]:
            x["run"] = ""
        assert ended == whole


def test_ctrl_c_leaves_within_five_seconds_with_the_resume_command(tmp_path: Path) -> None:
    task = tiny_task(tmp_path, steps=4000)
    process = start("run", str(task), "--name", "cut", "--quiet", *SMALL)
    time.sleep(9)  # the seed is training
    asked = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert time.monotonic() - asked < 5
    assert process.returncode == 130
    assert "evolve resume cut" in err
    assert len(err.strip().splitlines()) == 1


def test_replay_repeats_a_run_without_calling_any_model(tmp_path: Path) -> None:
    task = tiny_task(tmp_path)
    summary_of(evolve("run", str(task), "--name", "first", "--json", *SMALL))
    summary_of(evolve("replay", "first", "--name", "again", "--json"))
    first, again = story(runs() / "first"), story(runs() / "again")
    for x in first["lessons"] + again["lessons"]:
        x["run"] = ""
    assert first == again


def test_replay_says_where_it_left_the_stored_run(tmp_path: Path) -> None:
    task = tiny_task(tmp_path)
    summary_of(evolve("run", str(task), "--name", "first", "--json", *SMALL))
    toml = task / "task.toml"
    toml.write_text(toml.read_text().replace("Classify MNIST-1D", "Sort MNIST-1D"))
    done = evolve("replay", "first", "--name", "again", "--quiet")
    assert done.returncode == 1
    assert "replay left the stored run at g01-" in done.stderr


def test_resuming_a_finished_run_changes_nothing(tmp_path: Path) -> None:
    task = tiny_task(tmp_path)
    first = summary_of(evolve("run", str(task), "--name", "a", "--json", *SMALL))
    before = story(runs() / "a")
    again = summary_of(evolve("resume", "a", "--json"))
    assert again == first
    assert story(runs() / "a") == before


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


def test_a_run_that_is_being_worked_on_cannot_be_resumed_beside_it(tmp_path: Path) -> None:
    task = tiny_task(tmp_path, steps=4000)
    process = start("run", str(task), "--name", "busy", "--quiet", *SMALL)
    try:
        time.sleep(9)
        second = evolve("resume", "busy")
        assert second.returncode == 1
        assert "is being written by process" in second.stderr
        seen = evolve("status", "busy", "--json")
        assert seen.returncode == 0
        assert json.loads(seen.stdout)["run"] == "busy"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_an_old_run_of_the_same_name_is_never_overwritten(tmp_path: Path) -> None:
    task = tiny_task(tmp_path)
    summary_of(evolve("run", str(task), "--name", "a", "--json", *SMALL))
    before = story(runs() / "a")
    done = evolve("run", str(task), "--name", "a", *SMALL)
    assert done.returncode == 1
    assert "evolve resume a" in done.stderr
    assert story(runs() / "a") == before
