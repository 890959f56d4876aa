"""`evolve task`: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from commands.task import app

runner = CliRunner()


@pytest.fixture
def own(tmp_path: Path) -> Path:
    done = runner.invoke(app, ["new", "own", "--at", str(tmp_path / "tasks")])
    assert done.exit_code == 0
    assert done.stdout.strip() == str(tmp_path / "tasks" / "own")
    assert "evolve task check" in done.stderr
    return tmp_path / "tasks" / "own"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_list_names_every_task_as_table_and_as_json() -> None:
    table, data = runner.invoke(app, ["list"]), runner.invoke(app, ["list", "--json"])
    assert (table.exit_code, data.exit_code) == (0, 0)
    assert "mnist1d" in table.stdout
    [task] = [t for t in json.loads(data.stdout) if t["name"] == "mnist1d"]
    assert [o["name"] for o in task["objectives"]] == ["val_error", "params"]
    assert task["segments"] == ["stem", "body", "head", "optimiser"]
    assert task["default_fidelity"] == "quick"


def test_a_new_task_passes_its_check_at_once(own: Path) -> None:
    done = runner.invoke(app, ["check", str(own), "--sandbox", "none"])  # our own code: no walls needed
    assert done.exit_code == 0, done.stderr
    assert "3 segments, all in use: body, head, optimiser" in done.stdout
    assert "747 parameters" in done.stdout
    assert "5,000 examples from a seed, none of them among the others" in done.stdout
    assert done.stdout.endswith(f"own is ready: evolve run {own}\n")


def test_new_never_overwrites(own: Path) -> None:
    (own / "program.py").write_text("mine")
    done = runner.invoke(app, ["new", "own", "--at", str(own.parent)])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "is there already" in done.stderr
    assert (own / "program.py").read_text() == "mine"


@pytest.mark.parametrize("name", ["../x", "Big", "1st", ""])
def test_new_refuses_a_name_that_is_no_folder_name(name: str, tmp_path: Path) -> None:
    done = runner.invoke(app, ["new", name, "--at", str(tmp_path / "at")])
    assert done.exit_code == 2
    assert not (tmp_path / "at").exists()


def test_an_unknown_task_is_one_clear_line() -> None:
    done = runner.invoke(app, ["check", "mnist2d"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "nearest: mnist1d" in done.stderr


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("program.py", "# EVOLVE-BLOCK-START head\n", "", "END without a START"),
        ("program.py", "# EVOLVE-BLOCK-START head", "# EVOLVE-BLOCK-START body", "already at"),
        ("program.py", "def build_model():", "def make_model():", "must define `build_model`"),
        ("program.py", "import torch\n", "import torch\nimport requests\n", "import of 'requests' is not allowed"),
        ("program.py", "self.head = Head(width, CLASSES)", "self.head = nn.Linear(width, CLASSES)", "segment 'head'"),
        ("harness.py", "def audit(", "def audits(", "missing: audit"),
        ("data.py", "label.astype(np.int64)", "label + 0.5", "needs whole labels"),
    ],
)
def test_check_says_what_is_unsound_before_anything_runs(own: Path, file: str, old: str, new: str, says: str) -> None:
    edit(own / file, old, new)
    done = runner.invoke(app, ["check", str(own)])
    assert done.exit_code == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_seed_that_fails_in_the_sandbox_is_told_with_its_kind(own: Path) -> None:
    edit(own / "program.py", "nn.Linear(24, 24)", "nn.Linear(25, 24)")
    done = runner.invoke(app, ["check", str(own), "--sandbox", "none"])
    assert done.exit_code == 1
    assert "the seed fails with shape" in done.stderr
    assert "is ready" not in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('emit("built", {}, {})', "pass", "what building and training take"),
        ('emit("progress", {"step": step}, {})', "pass", "what building and training take"),
        ("    write_step(model", "    (lambda *given: None)(model", "the operations of a training step"),
        ('emit("layout", {"weights": own}, {})', "pass", "what an untrained build is"),
    ],
)
def test_check_says_what_an_older_harness_does_not_tell(own: Path, old: str, new: str, says: str) -> None:
    edit(own / "harness.py", old, new)
    done = runner.invoke(app, ["check", str(own), "--sandbox", "none"])
    assert done.exit_code == 0, done.stderr
    assert f"the harness does not tell {says}" in done.stdout
    assert "is ready" in done.stdout


def test_check_says_nothing_of_a_harness_that_tells_all(own: Path) -> None:
    assert "does not tell" not in runner.invoke(app, ["check", str(own), "--sandbox", "none"]).stdout


def test_a_seed_whose_training_step_cannot_be_followed_is_not_proven_and_the_cure_is_told(own: Path) -> None:
    edit(
        own / "program.py",
        "    return optimizer",
        "    optimizer.register_step_post_hook(lambda *given: torch.empty(0).resize_(1))\n    return optimizer",
    )
    done = runner.invoke(app, ["check", str(own), "--sandbox", "none"])
    assert done.exit_code == 1
    assert "a training step cannot be written down: " in done.stderr
    assert "allow_unproven = true" in done.stderr
    edit(own / "task.toml", 'metric = "error_percent"', 'allow_unproven = true\nmetric = "error_percent"')
    assert runner.invoke(app, ["check", str(own), "--sandbox", "none"]).exit_code == 0
