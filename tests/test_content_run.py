"""A run is tied to what its task is made of and to its own identity, not to names: what the real commands say when either changed."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from finished import copied, own_data
from world import (
    SMALL,
    differences,
    evolve,
    kill,
    ledger_of,
    problems,
    running,
    runs,
    summary_of,
    tiny_task,
    wait_for,
)

from graph.run import create, read_config
from memory.ledger import Ledger
from memory.numbers import number
from tasks import load_task


@pytest.fixture
def task(finished_run: Path, tmp_path: Path) -> Path:
    """A finished run `first` in the test's own world, and its task, to be changed."""
    return copied(finished_run, tmp_path) / "tiny"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def another_label(task: Path) -> None:
    with np.load(task / "arrays.npz") as f:
        arrays = {key: f[key] for key in f.files}
    arrays["test_y"][0] = (arrays["test_y"][0] + 1) % 10
    np.savez(task / "arrays.npz", **arrays)


def refused(done: subprocess.CompletedProcess[str], *told: str) -> None:
    """One line on stderr that says all of this, nothing on stdout, exit code 2."""
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert [part for part in told if part not in done.stderr] == [], done.stderr
    assert not done.stdout


def openings(name: str) -> int:
    with ledger_of(name) as ledger:
        return len(ledger.openings())


def settings(old: str, new: str) -> Callable[[Path], None]:
    return lambda task: edit(task / "task.toml", old, new)


CHANGES: dict[str, Callable[[Path], None]] = {
    "harness.py": lambda task: edit(task / "harness.py", "import torch\n", "import torch  # as before\n"),
    "program.py": lambda task: edit(task / "program.py", "import torch\n", "import torch  # as before\n"),
    "data.py": lambda task: edit(task / "data.py", "def make", "\ndef make"),
    "array test_y": another_label,
    'metric ("error_percent" then, "mse" now)': settings('metric = "error_percent"', 'metric = "mse"'),
    "noise of val_error (4.3 then, 2.5 now)": settings("val_error = 4.3", "val_error = 2.5"),
    "objective val_error (": settings("reference = 90.0", "reference = 80.0"),
    "fidelity quick (": settings("steps = 20,", "steps = 21,"),
    "allow_unproven (false then, true now)": settings("title =", "allow_unproven = true\ntitle ="),
}


@pytest.mark.parametrize("told", CHANGES)
def test_a_report_refuses_a_task_that_changed_and_names_what(task: Path, told: str) -> None:
    CHANGES[told](task)
    refused(evolve("report", "first"), f"with another {told}", "run 'first'", str(task), "put back", "start a new run")
    assert openings("first") == 0


def test_every_command_that_would_measure_refuses_and_those_that_look_do_not(task: Path) -> None:
    before = [path.name for path in runs().iterdir()]
    CHANGES["harness.py"](task)
    for arguments in (["resume"], ["report"], ["report", "--retrain", "1"], ["replay"]):
        refused(evolve(arguments[0], "first", *arguments[1:]), "another harness.py")
    assert [path.name for path in runs().iterdir()] == before
    with ledger_of("first") as ledger:
        assert ledger.meta().get("retrain_seeds") is None
    for arguments in (["status"], ["show"], ["front"], ["transcript"], ["lessons"], ["export"], ["memory", "stats"]):
        assert evolve(*arguments, "first").returncode == 0, arguments


def test_what_models_are_told_refuses_where_models_are_asked_and_what_nobody_reads_refuses_nowhere(task: Path) -> None:
    edit(task / "task.toml", 'title = "', 'title = "Another ')
    (task / "README.md").write_text("Nothing that is measured.\n")
    assert evolve("resume", "first", "--quiet").returncode == 0
    edit(task / "task.toml", 'description = """', 'description = """Sort. ')
    refused(evolve("resume", "first"), "another description")
    refused(evolve("replay", "first"), "another description")
    assert evolve("report", "first").returncode == 0


def test_what_was_put_back_is_taken_again(task: Path) -> None:
    arrays = (task / "arrays.npz").read_bytes()
    told = summary_of(evolve("report", "first", "--json"))["rows"]
    another_label(task)
    refused(evolve("report", "first"), "another array test_y", str(task / "arrays.npz"))
    (task / "arrays.npz").write_bytes(arrays)
    assert summary_of(evolve("report", "first", "--json"))["rows"] == told
    assert openings("first") == 2


def test_a_task_that_was_moved_is_told_once_and_taken_by_its_content(task: Path) -> None:
    moved = task.rename(task.with_name("elsewhere"))
    refused(evolve("resume", "first"), "the task of run 'first'", str(task), "--task")
    other = tiny_task(task.parent)
    refused(evolve("report", "first", "--task", str(other)), "another data.py")
    assert evolve("report", "first", "--task", str(moved)).returncode == 0
    shutil.rmtree(other)
    again = evolve("resume", "first")
    assert again.returncode == 0
    assert "run first is finished: there is nothing left to do" in again.stderr


def test_a_run_of_before_content_was_kept_says_so_once_and_is_tied_from_then_on(task: Path) -> None:
    db = sqlite3.connect(runs() / "first" / "ledger.sqlite")
    db.execute("DELETE FROM meta WHERE key IN ('content', 'id')")
    db.commit()
    db.close()
    assert "is of before content was kept" in evolve("report", "first").stderr
    assert "of before content" not in evolve("report", "first").stderr
    another_label(task)
    refused(evolve("report", "first"), "another array test_y")
    with ledger_of("first") as ledger:
        assert [e.data["about"] for e in ledger.events() if e.kind == "warning"] == ["content"]


@pytest.mark.parametrize("harm", ["missing", "torn", "another", "edited"])
def test_predictions_that_are_not_those_of_the_training_are_named_and_nothing_is_opened(task: Path, harm: str) -> None:
    place = runs() / "first" / "candidates"
    with ledger_of("first") as ledger:
        leader = ledger.selections()[-1].archive[0]
    path = place / leader / "test_predictions.safetensors"
    content = path.read_bytes()
    path.unlink()
    if harm == "torn":
        path.write_bytes(content[: len(content) // 2])
    elif harm == "another":
        path.write_bytes((place / leader / "val_predictions.safetensors").read_bytes())
    elif harm == "edited":
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    done = evolve("report", "first")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert str(path) in done.stderr
    assert "copy of the run" in done.stderr
    assert openings("first") == 0
    assert not (runs() / "first" / "report").exists()


def test_a_report_says_on_how_many_trainings_each_number_rests(task: Path) -> None:
    rows = summary_of(evolve("report", "first", "--json"))["rows"]
    with ledger_of("first") as ledger:
        done = ledger.evaluations("done")
    for row in rows:
        scores = [e.objectives["val_error"] for e in done if e.candidate == row["id"] and e.objectives]
        assert row["trainings"] == len(scores)
        assert row["objectives"]["val_error"] == pytest.approx(sum(scores) / len(scores))
    assert {row["trainings"] for row in rows} == {3}  # the seed too
    told = evolve("report", "first")
    head, *lines = [line.split() for line in told.stdout.splitlines()]
    assert head[:3] == ["program", "val_error", "n"]
    assert [(line[0], int(line[2])) for line in lines] == [(row["id"], row["trainings"]) for row in rows]
    assert "of how many trainings" in told.stderr
    table = (runs() / "first" / "report" / "front.csv").read_text().splitlines()
    assert table[0].startswith("id,val_error,val_error_trainings,params,test_error_percent,test_trainings,")
    page = (runs() / "first" / "report" / "report.html").read_text()
    assert "<th>val_error (n)</th>" in page
    assert all(f"<td>{number(row['objectives']['val_error'])} ({row['trainings']})</td>" in page for row in rows)


# whose run it is


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    """A run `whole`, the same run `cut` that was killed half way, and `early`, a copy of it from when it was killed before."""
    place = tmp_path_factory.mktemp("cut")
    env = {"EVOLVE_RUNS": str(place / "runs"), "EVOLVE_CACHE": str(shared_cache)}
    given = ("run", str(tiny_task(place, steps=60)), "--quiet", *SMALL)
    summary_of(evolve(*given, "--name", "whole", "--json", env=env))
    folder = place / "runs" / "cut"
    begun: tuple[str, ...] = (*given, "--name", "cut")
    for done, closed, copy in ((2, 0, "early"), (0, 1, "late")):
        with running(*begun, env=env) as process:
            wait_for(
                folder, lambda ledger, n=done, g=closed: len(ledger.evaluations("done")) >= n and len(ledger.selections()) > g, process
            )  # fmt: skip
            kill(process)
        shutil.copytree(folder, place / "runs" / copy)
        begun = ("resume", "cut", "--quiet")
    return place


@pytest.fixture
def half(cut: Path, tmp_path: Path) -> Path:
    """The runs in the test's own world."""
    shutil.copytree(cut / "runs", runs())
    return cut


def went_on(folder: Path) -> None:
    """It was taken up where it stood, and is now a whole run, as if it had never been touched."""
    assert differences(folder, runs() / "whole") == []
    with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
        events = ledger.events()
    planned = [event.data["generation"] for event in events if event.kind == "planned"]
    assert [event.kind for event in events].count("started") == 1
    assert planned == sorted(set(planned))


@pytest.mark.slow
def test_a_copied_renamed_or_moved_run_goes_on_from_where_it_stands(half: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(runs() / "cut", runs() / "copied")
    (tmp_path / "away").mkdir()
    moved = (runs() / "cut").rename(tmp_path / "away" / "under another name")
    for said, folder in (("copied", copied), (str(moved), moved)):
        told = summary_of(evolve("resume", said, "--json"))
        assert told["run"] == said
        went_on(folder)
    assert problems("copied") == []
    text = evolve("status", "copied").stdout
    assert text.startswith("run        copied (made as cut): tiny")
    assert "(made as" not in evolve("status", "whole").stdout
    # beside one another both are of use, and neither touched the other
    assert summary_of(evolve("report", "copied", "--json"))["openings"] == 1
    with Ledger.open(moved / "ledger.sqlite", read_only=True) as ledger:
        assert (openings("copied"), len(ledger.openings())) == (1, 0)


@pytest.mark.slow
def test_a_task_under_another_name_is_the_same_task_to_a_run_that_goes_on(half: Path, tmp_path: Path) -> None:
    other = shutil.copytree(half / "tiny", tmp_path / "otherwise")
    summary_of(evolve("resume", "cut", "--json", "--task", str(other)))
    went_on(runs() / "cut")
    assert read_config(runs() / "cut").task == str(other)


@pytest.mark.slow
def test_a_checkpoint_ahead_of_its_ledger_is_wound_back(half: Path) -> None:
    for name in ("ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"):
        (runs() / "cut" / name).unlink(missing_ok=True)
        if (runs() / "early" / name).exists():
            shutil.copy(runs() / "early" / name, runs() / "cut" / name)
    summary_of(evolve("resume", "cut", "--json"))
    assert differences(runs() / "cut", runs() / "whole") == []
    assert problems("cut") == []


@pytest.mark.slow
def test_a_replay_finds_the_run_that_it_repeats_by_what_it_is(half: Path, tmp_path: Path) -> None:
    create(read_config(runs() / "whole"), runs() / "again", runs() / "whole")
    away = (runs() / "whole").rename(tmp_path / "whole")
    shutil.copytree(runs() / "cut", runs() / "whole")  # another run, where it was
    done = evolve("resume", "again")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "that 'again' replays is not at" in done.stderr
    shutil.rmtree(runs() / "whole")
    away.rename(runs() / "under another name")
    summary_of(evolve("resume", "again", "--json"))
    assert differences(runs() / "again", runs() / "under another name") == []


def test_a_relative_source_is_relative_to_the_task_or_to_the_working_folder_where_it_was_said(tmp_path: Path) -> None:
    task = own_data(tmp_path)
    assert load_task(task).data_options["source"] == str(task / "arrays.npz")
    here = Path.cwd()
    shutil.copy(task / "arrays.npz", here / "mine.npz")
    (task / "arrays.npz").unlink()
    given = ("run", f"../{task.name}", "--name", "r", "--quiet", *SMALL)
    refused(evolve(*given), str(task / "arrays.npz"))
    with running(*given, "--set", "data.source=mine.npz") as process:
        wait_for(runs() / "r", lambda ledger: bool(ledger.meta()), process)
        kill(process)
    config = read_config(runs() / "r")
    assert config.data == {"source": str(here / "mine.npz")}
    assert config.task == str(task)
