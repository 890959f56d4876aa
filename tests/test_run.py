"""Whole runs by the real command on the real task, made small: nothing is lost, nothing is done twice, equal seeds give equal runs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from sandboxes import need
from world import SMALL, differences, evolve, same, start, story, summary_of, tiny_task, wait_for

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


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    """A finished run `first` and its task, made once for the tests that only look at it or start from it."""
    place = tmp_path_factory.mktemp("finished")
    env = {
        "EVOLVE_RUNS": str(place / "runs"),
        "EVOLVE_CACHE": str(shared_cache),
        "EVOLVE_PERSONAS": str(place / "personas"),
    }
    result = summary_of(evolve("run", str(tiny_task(place)), "--name", "first", "--json", *SMALL, env=env))
    (place / "summary.json").write_text(json.dumps(result))
    return place


@pytest.fixture
def first(finished: Path) -> Path:
    """The finished run, copied into the test's own world. Its task's folder stands beside the original."""
    shutil.copytree(finished / "runs" / "first", runs() / "first")
    return finished


def test_a_run_measures_every_child_and_says_what_came_of_it(first: Path) -> None:
    result = json.loads((first / "summary.json").read_text())
    assert set(result) >= SUMMARY_KEYS
    assert result["children"] == 4 + 3
    assert result["seed_candidate"]["objectives"]["params"] == 5210
    assert result["front"]
    assert 0 < result["busy_share"] <= 1
    assert problems("first") == []


def test_the_same_seed_gives_the_same_run_with_one_slot_and_with_two(first: Path) -> None:
    summary_of(evolve("run", str(first / "tiny"), "--name", "one", "--json", *SMALL, "--slots", "1"))
    assert same(runs() / "one", runs() / "first")


def test_containers_and_the_jail_give_the_same_run(first: Path) -> None:
    need("docker")
    summary_of(evolve("run", str(first / "tiny"), "--name", "boxed", "--json", *SMALL, "--sandbox", "docker"))
    assert same(runs() / "boxed", runs() / "first")
    assert problems("boxed") == []


def test_another_seed_gives_another_run(first: Path) -> None:
    summary_of(evolve("run", str(first / "tiny"), "--name", "other", "--json", *SMALL, "--seed", "2"))
    assert not same(runs() / "other", runs() / "first")


def test_a_killed_run_resumes_and_ends_as_if_it_had_never_been_killed(tmp_path: Path) -> None:
    """Killed with its whole process group when a given number of evaluations is done; `benchmarks/kill.py` takes random moments."""
    task = tiny_task(tmp_path, steps=150)
    summary_of(evolve("run", str(task), "--name", "whole", "--json", *SMALL))
    with Ledger.open(runs() / "whole" / "ledger.sqlite", read_only=True) as ledger:
        first = [e.train_seed == 1 for e in ledger.evaluations("done")]
    assert first.count(False) >= 4  # two programs were trained again at the end: the third moment is between them
    for done in (1, 5, first.count(True) + 3):
        name = f"killed-{done}"
        process = start("run", str(task), "--name", name, "--quiet", *SMALL)
        wait_for(runs() / name, lambda ledger, done=done: len(ledger.evaluations("done")) >= done)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        summary_of(evolve("resume", name, "--json"))
        assert problems(name) == []
        assert differences(runs() / name, runs() / "whole") == []


def training(ledger: Ledger) -> bool:
    return bool(ledger.evaluations("running"))


def test_ctrl_c_leaves_within_five_seconds_with_the_resume_command(tmp_path: Path) -> None:
    task = tiny_task(tmp_path, steps=20_000)
    process = start("run", str(task), "--name", "cut", "--quiet", *SMALL)
    wait_for(runs() / "cut", training)
    asked = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert time.monotonic() - asked < 5
    assert process.returncode == 130
    assert "evolve resume cut" in err
    assert len(err.strip().splitlines()) == 1


def test_replay_repeats_a_run_without_calling_any_model(first: Path) -> None:
    summary_of(evolve("replay", "first", "--name", "again", "--json"))
    assert same(runs() / "first", runs() / "again")


def test_replay_says_where_it_left_the_stored_run(first: Path, tmp_path: Path) -> None:
    task = first / "tiny" / "task.toml"
    text = task.read_text()
    task.write_text(text.replace("Classify MNIST-1D", "Sort MNIST-1D"))
    try:
        done = evolve("replay", "first", "--name", "again", "--quiet")
    finally:
        task.write_text(text)
    assert done.returncode == 1
    assert "replay left the stored run at g01-" in done.stderr


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
    process = start("run", str(task), "--name", "busy", "--quiet", *SMALL)
    try:
        wait_for(runs() / "busy", training)
        second = evolve("resume", "busy")
        assert second.returncode == 1
        assert "is being written by process" in second.stderr
        assert len(second.stderr.strip().splitlines()) == 1
        seen = evolve("status", "busy", "--json")
        assert seen.returncode == 0
        assert json.loads(seen.stdout)["run"] == "busy"
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()


def test_an_old_run_of_the_same_name_is_never_overwritten(first: Path) -> None:
    before = story(runs() / "first")
    done = evolve("run", str(first / "tiny"), "--name", "first", *SMALL)
    assert done.returncode == 1
    assert "evolve resume first" in done.stderr
    assert story(runs() / "first") == before
