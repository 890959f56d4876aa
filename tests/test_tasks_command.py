"""`evolve task`: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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
    assert "does not tell" not in done.stdout  # as it would of a harness of before


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


def run(task: Path) -> tuple[int, str]:
    from cli import app as whole

    done = runner.invoke(whole, ["run", str(task), "--name", "first", "--sandbox", "none"])
    return done.exit_code, done.stderr


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("data.py", "label.astype(np.int64)", "label + 1"),
        ("data.py", "label.astype(np.int64)", "np.eye(3)[label]"),
        ("data.py", "points.astype(np.float32)", "points.astype(str)"),
        ("data.py", 'return {"x": x, "y": y}', 'return {"x": x}'),
        ("data.py", "import numpy as np", "import numpy as np\nfrom helper import K"),
        ("program.py", "# EVOLVE-BLOCK-START head\n", ""),
        ("program.py", "self.head = Head(width, CLASSES)", "self.head = nn.Linear(width, CLASSES)"),
        ("harness.py", "def audit(", "def audits("),
        ("task.toml", "steps = 1000,", "steps = 1000, start = 2020-01-01,"),
    ],
)
def test_a_run_refuses_in_the_same_line_what_the_check_refuses(own: Path, file: str, old: str, new: str) -> None:
    edit(own / file, old, new)
    checked = runner.invoke(app, ["check", str(own)])
    assert (checked.exit_code, checked.stderr.count("\n")) == (2, 1)
    assert run(own) == (2, checked.stderr)
    assert not (own.parents[1] / "runs").exists()


def test_shared_inputs_and_types_that_were_made_others_are_told_by_the_check_and_the_former_by_a_run(
    own: Path, monkeypatch: Any
) -> None:
    edit(own / "data.py", '"val_x": x[1200:1600]', '"val_x": np.concatenate([x[:100], x[1300:1600]])')
    edit(own / "data.py", "points.astype(np.float32), label.astype(np.int64)", "points, label.astype(np.uint32)")
    said = "100 of 400 validation inputs (25 %) are also training inputs: on these a score tells what was memorised"
    done = runner.invoke(app, ["check", str(own), "--sandbox", "none"])
    assert done.exit_code == 0, done.stderr
    assert f"ok  note             {said}" in done.stdout
    assert "each input of shape (2,) (float64 inputs as float32, uint32 labels as int64)\n" in done.stdout
    monkeypatch.setattr("commands.run.drive", lambda *given: None)
    code, err = run(own)
    assert code == 0
    assert f"note: {said}" in err


OLDER = """    with torch.no_grad():
        many, few = checked(model(x[:7]), 7, data), checked(model(x[:3]), 3, data)
    if not torch.allclose(many[:3], few, rtol=1e-2, atol=1e-3):
        raise Fault("contract", "in eval mode the scores of an example must depend on nothing but that example")
"""


@pytest.fixture(
    params=[pytest.param("", id="harness of now"), pytest.param(OLDER, id="older harness", marks=pytest.mark.slow)]
)
def either(own: Path, request: pytest.FixtureRequest) -> Path:
    """A task with the scaffold's harness, and one with the check that harnesses of earlier versions made."""
    if request.param:
        edit(own / "harness.py", "    each_alone(model, data)\n", request.param)
    return own


def test_a_batch_of_fewer_than_seven_is_no_trouble(either: Path) -> None:
    toml = either / "task.toml"
    toml.write_text(toml.read_text().replace("batch = 64", "batch = 4"))
    done = runner.invoke(app, ["check", str(either), "--sandbox", "none"])
    assert done.exit_code == 0, done.stderr


def test_four_training_examples_and_one_of_each_other_split_are_enough(own: Path) -> None:
    data = own / "data.py"
    text = data.read_text().replace("[:1200]", "[:4]").replace("[1200:1600]", "[5:6]").replace("[1600:]", "[7:8]")
    data.write_text(text.replace("    return {\n", "    y[:8] = [0, 1, 2, 0, 0, 0, 0, 1]\n    return {\n", 1))
    done = runner.invoke(app, ["check", str(own), "--sandbox", "none"])
    assert done.exit_code == 0, done.stderr
    assert "4 train, 1 validation, 1 test" in done.stdout


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return self.linear(x)", "return self.linear(x).squeeze()"),
        ("return self.linear(x)", "return self.linear(x.squeeze().view(len(x.squeeze()), -1))"),
    ],
)
def test_a_model_that_cannot_take_one_example_is_found_out_before_it_trains(either: Path, old: str, new: str) -> None:
    edit(either / "program.py", old, new)
    done = runner.invoke(app, ["check", str(either), "--sandbox", "none"])
    assert done.exit_code == 1
    assert "the seed fails with contract: " in done.stderr
    assert "one example alone" in done.stderr
    assert "must take any number" in done.stderr
    assert "ok  check" not in done.stdout


@pytest.mark.parametrize("more", ["", "    sum(p.numel() for p in model.parameters())\n"])
def test_lazy_layers_that_never_ran_are_one_line_with_the_cure(either: Path, more: str) -> None:
    edit(either / "program.py", "nn.Linear(width, classes)", "nn.LazyLinear(classes)")
    edit(either / "program.py", "    optimizer =", f"{more}    optimizer =")
    done = runner.invoke(app, ["check", str(either), "--sandbox", "none"])
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith("evolve: the seed fails with contract: the model has lazy layers")
    assert "in build_model() run it once on an input of zeros" in done.stderr
    if more:  # the cure is the same
        return
    edit(
        either / "program.py",
        "    return Network()",
        "    model = Network()\n    model(torch.zeros(2, INPUTS))\n    return model",
    )
    assert runner.invoke(app, ["check", str(either), "--sandbox", "none"]).exit_code == 0


def test_numbers_beside_the_state_are_named_with_the_cure_and_count_where_they_are_buffers(own: Path) -> None:
    places = "torch.sin(torch.arange(240.0)).view(10, 24)"
    edit(
        own / "program.py",
        "        super().__init__()\n        self.layers",
        f"        super().__init__()\n        self.pe = {places}\n        self.layers",
    )
    edit(own / "program.py", "return self.layers(x)", "return self.layers(x) + self.pe.sum(0)")
    done = runner.invoke(app, ["check", str(own), "--sandbox", "none"])
    assert done.exit_code == 1
    assert "240 numbers lie outside the stored weights (the largest tensor is (10, 24))" in done.stderr
    assert "keep them with register_buffer()" in done.stderr
    edit(own / "program.py", f"self.pe = {places}", f'self.register_buffer("pe", {places}, persistent=False)')
    done = runner.invoke(app, ["check", str(own), "--sandbox", "none"])
    assert done.exit_code == 0, done.stderr
    assert "987 parameters" in done.stdout  # 747, and a number each


NORM = """class Norm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))
        self.register_buffer("running_mean", torch.zeros(width))
        self.register_buffer("running_var", torch.ones(width))

    def forward(self, x):
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean, var = x.mean(0), x.var(0, unbiased=False)
            with torch.no_grad():
                {update}
        return (x - mean) * torch.rsqrt(var + 1e-5) * self.weight + self.bias


class Body("""


@pytest.mark.parametrize(
    "update",
    [
        "self.running_mean.lerp_(mean, 0.1), self.running_var.lerp_(var, 0.1)",
        "self.running_mean, self.running_var = 0.9 * self.running_mean + 0.1 * mean, 0.9 * self.running_var + 0.1 * var",
    ],
    ids=["in place", "anew"],
)
def test_a_batch_normalisation_of_ones_own_is_ready_with_its_statistics_counted(own: Path, update: str) -> None:
    edit(own / "program.py", "class Body(", NORM.format(update=update))
    edit(own / "program.py", "nn.Linear(inputs, 24),", "nn.Linear(inputs, 24),\n            Norm(24),")
    done = runner.invoke(app, ["check", str(own), "--sandbox", "none"])
    assert done.exit_code == 0, done.stderr
    assert "843 parameters" in done.stdout  # 747, scale and shift, and two statistics each
    assert "running_mean is used as a parameter, not as a statistic: it counts" in done.stdout
