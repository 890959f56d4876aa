"""What the harness of the classifiers promises, with the real seed and few steps. These programs are our own, so no sandbox."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from torch import nn
from world import module

from tasks import Data, load_task

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tasks" / "mnist1d"
SETTINGS = {"steps": 30, "batch": 128, "every": 10, "seed": 3}


@pytest.fixture(scope="module")
def harness() -> ModuleType:
    return module("harness_under_test", FOLDER / "harness.py")


@pytest.fixture(scope="module")
def seed() -> ModuleType:
    return module("seed_program", FOLDER / "program.py")


@pytest.fixture(scope="module")
def data(shared_cache: Path) -> Data:
    return load_task("mnist1d").prepare(shared_cache)


@pytest.fixture(autouse=True)
def worker_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "sandbox" / "worker"))  # where `behaviour` is, as in the sandbox


class Frames(list[tuple[str, dict[str, Any], dict[str, np.ndarray]]]):
    def __call__(self, kind: str, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        self.append((kind, meta, arrays))

    def scores(self, split: str) -> np.ndarray:
        return [a["scores"] for k, m, a in self if k == "predict" and m["split"] == split][-1]


def program(model: Any, optimizer: Any = None) -> SimpleNamespace:
    """A program as a module would be: `model` makes the network, the optimiser is plain unless given."""
    return SimpleNamespace(
        build_model=model,
        build_optimizer=optimizer or (lambda m, steps: (torch.optim.SGD(m.parameters(), lr=0.01), None)),
    )


def fault_of(harness: ModuleType, data: Data, made: SimpleNamespace, function: str = "check") -> tuple[str, str]:
    with pytest.raises(harness.Fault) as caught:
        getattr(harness, function)(made, data.public, SETTINGS, Frames())
    return caught.value.failure, str(caught.value)


def test_the_seed_is_the_papers_network(harness: ModuleType, seed: ModuleType, data: Data) -> None:
    frames = Frames()
    harness.check(seed, data.public, SETTINGS, frames)
    [(kind, meta, arrays)] = frames
    assert (kind, meta["params"], meta["without_gradient"], arrays) == ("fingerprint", 5210, [], {})
    assert re.fullmatch("[0-9a-f]{16}", meta["behaviour"])
    assert sum(part["own"] for part in meta["anatomy"]) == 5210


def test_training_sends_validation_on_the_way_then_test_then_weights(
    harness: ModuleType, seed: ModuleType, data: Data
) -> None:
    frames = Frames()
    harness.train(seed, data.public, SETTINGS, frames)
    assert [(k, m.get("split"), m.get("step")) for k, m, _ in frames] == [
        ("built", None, None),
        ("progress", None, 10),
        ("predict", "val", 10),
        ("progress", None, 20),
        ("predict", "val", 20),
        ("progress", None, 30),
        ("predict", "val", 30),
        ("predict", "test", 30),
        ("weights", None, 30),
    ]
    assert frames.scores("val").shape == (500, 10)
    assert frames.scores("test").shape == (1000, 10)
    weights = frames[-1][2]
    assert sum(a.size for a in weights.values()) == 5210
    assert {a.dtype.name for k, _, arrays in frames for a in arrays.values()} == {"float32"}


def test_the_same_seed_gives_the_same_predictions_and_another_seed_others(
    harness: ModuleType, seed: ModuleType, data: Data
) -> None:
    def predictions(train_seed: int) -> np.ndarray:
        frames = Frames()
        harness.train(seed, data.public, {**SETTINGS, "seed": train_seed}, frames)
        return frames.scores("val")

    first = predictions(3)
    assert np.array_equal(first, predictions(3))
    assert not np.array_equal(first, predictions(4))


def test_the_order_of_the_data_does_not_depend_on_what_the_program_draws(harness: ModuleType, data: Data) -> None:
    arrays = harness.load(data.public, SETTINGS)

    def order() -> list[float]:
        return [x[0, 0].item() for x, _ in harness.batches(arrays, 128, 60, seed=1) if torch.rand(1) >= 0]

    torch.manual_seed(0)
    first = order()
    torch.manual_seed(1)
    assert order() == first


def test_each_epoch_shows_every_example_at_most_once_in_a_new_order(harness: ModuleType) -> None:
    arrays = {"train_x": torch.arange(10.0)[:, None], "train_y": torch.arange(10)}
    got = [y.tolist() for _, y in harness.batches(arrays, 4, 4, seed=0)]
    assert [len(y) for y in got] == [4, 4, 4, 4]
    assert len({*got[0], *got[1]}) == len({*got[2], *got[3]}) == 8
    assert got[:2] != got[2:]


@pytest.mark.parametrize("tied", [False, True])
def test_code_and_weights_alone_reproduce_the_predictions(
    harness: ModuleType, data: Data, tmp_path: Path, tied: bool
) -> None:
    def model() -> nn.Module:
        first, second = nn.Linear(40, 40), nn.Linear(40, 40)
        if tied:
            second.weight = first.weight
        return nn.Sequential(first, nn.BatchNorm1d(40), nn.ReLU(), second, nn.Dropout(0.1), nn.Linear(40, 10))

    frames, again = Frames(), Frames()
    harness.train(program(model), data.public, SETTINGS, frames)
    weights = frames[-1][2]
    assert ("3.weight" in weights) is not tied  # a shared tensor is stored, and counted, once
    save_file(weights, str(tmp_path / "weights.safetensors"))
    settings = {**SETTINGS, "seed": 9, "weights": str(tmp_path / "weights.safetensors")}
    harness.audit(program(model), data.inputs, settings, again)
    for split in ("val", "test"):
        np.testing.assert_allclose(again.scores(split), frames.scores(split), rtol=1e-5, atol=1e-5)


def test_weights_of_another_model_are_no_audit(harness: ModuleType, data: Data, tmp_path: Path) -> None:
    save_file({"0.weight": np.zeros((10, 40), np.float32)}, str(tmp_path / "w.safetensors"))
    settings = {**SETTINGS, "weights": str(tmp_path / "w.safetensors")}
    with pytest.raises(harness.Fault, match="do not fit the model"):
        harness.audit(program(lambda: nn.Linear(40, 10)), data.inputs, settings, Frames())


class Rowwise(nn.Module):
    """A linear classifier with a twist on its scores."""

    def __init__(self, twist: Any, classes: int = 10) -> None:
        super().__init__()
        self.linear = nn.Linear(40, classes)
        self.twist = twist

    def forward(self, x: torch.Tensor) -> Any:
        return self.twist(self, self.linear(x))


@pytest.mark.parametrize(
    ("twist", "failure", "says"),
    [
        (lambda m, s: s[:, :9], "shape", r"class scores \(128, 10\), got \(128, 9\)"),
        (lambda m, s: (s, s), "contract", "one tensor of class scores, got tuple"),
        (lambda m, s: s / 0.0, "nan", "not finite"),
        (lambda m, s: s * (torch.rand(1) + 0.5), "contract", "depend on nothing but that example"),
        (lambda m, s: s - s.mean(0), "contract", "depend on nothing but that example"),
    ],
)
def test_check_names_what_is_wrong_with_the_scores(
    harness: ModuleType, data: Data, twist: Any, failure: str, says: str
) -> None:
    kind, message = fault_of(harness, data, program(lambda: Rowwise(twist)))
    assert kind == failure
    assert re.search(says, message)


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (SimpleNamespace(build_model=lambda: nn.Linear(40, 10)), r"must define build_optimizer\(\)"),
        (program(lambda: None), "must return an nn.Module, got NoneType"),
        (program(lambda: nn.Linear(40, 10), lambda m, s: None), r"must return \(optimizer, scheduler or None\)"),
        (program(lambda: nn.Linear(40, 10), lambda m, s: (None, None)), "torch optimizer first, got NoneType"),
        (
            program(lambda: nn.Linear(40, 10), lambda m, s: (torch.optim.SGD(m.parameters(), lr=1), 5)),
            "scheduler must have step",
        ),
        (program(lambda: nn.Linear(40, 10, dtype=torch.complex64)), "complex weights cannot be saved"),
    ],
)
def test_check_names_what_breaks_the_contract(
    harness: ModuleType, data: Data, made: SimpleNamespace, says: str
) -> None:
    kind, message = fault_of(harness, data, made)
    assert kind == "contract"
    assert re.search(says, message)


def test_a_loss_that_is_not_finite_ends_the_training(harness: ModuleType, data: Data) -> None:
    wild = program(
        lambda: nn.Sequential(nn.Linear(40, 99), nn.Linear(99, 10)),
        lambda m, steps: (torch.optim.SGD(m.parameters(), lr=1e9), None),
    )
    kind, message = fault_of(harness, data, wild, "train")
    assert kind == "nan"
    assert "at step 10 of 30" in message


def test_a_late_change_of_the_schedule_is_another_behaviour(harness: ModuleType, seed: ModuleType, data: Data) -> None:
    def behaviour(last: int) -> str:
        def optimizer(model: nn.Module, steps: int) -> Any:
            made = torch.optim.SGD(model.parameters(), lr=0.1)
            return made, torch.optim.lr_scheduler.LambdaLR(made, lambda k: 0.1 if k > last else 1.0)

        frames = Frames()
        harness.check(program(seed.build_model, optimizer), data.public, {**SETTINGS, "steps": 1000}, frames)
        return str(frames[0][1]["behaviour"])

    assert behaviour(800) == behaviour(800) != behaviour(900)


def test_a_one_cycle_schedule_of_exactly_the_steps_trains(harness: ModuleType, seed: ModuleType, data: Data) -> None:
    def optimizer(model: nn.Module, steps: int) -> Any:
        made = torch.optim.AdamW(model.parameters(), lr=0.01)
        return made, torch.optim.lr_scheduler.OneCycleLR(made, max_lr=0.01, total_steps=steps)

    frames = Frames()
    harness.train(program(seed.build_model, optimizer), data.public, SETTINGS, frames)
    assert frames[-1][0] == "weights"


def test_any_width_stride_or_pooling_of_one_part_fits_the_others(
    harness: ModuleType, data: Data, tmp_path: Path
) -> None:
    text = (FOLDER / "program.py").read_text()
    changes = {
        "stem width": ("nn.Conv1d(1, 25, kernel_size=5, stride=2", "nn.Conv1d(1, 7, kernel_size=3, stride=1"),
        "body width": ("width = 25", "width = 6"),
        "body pools": (
            "            nn.ReLU(),\n        )",
            "            nn.ReLU(),\n            nn.AdaptiveAvgPool1d(1),\n        )",
        ),
        "body kernel": (
            "nn.Conv1d(width, width, kernel_size=3, stride=2",
            "nn.Conv1d(width, width, kernel_size=9, stride=1",
        ),
    }
    for what, (old, new) in changes.items():
        assert text.count(old) == 1, what
        (tmp_path / "program.py").write_text(text.replace(old, new))
        frames = Frames()
        harness.check(module("changed", tmp_path / "program.py"), data.public, SETTINGS, frames)
        assert frames[0][1]["params"] != 5210, what


def test_the_harness_runs_alone(data: Data, tmp_path: Path) -> None:
    command = [sys.executable, FOLDER / "harness.py", "--program", FOLDER / "program.py", "--data", data.public]
    done = subprocess.run(
        [*map(str, command), "--steps", "20", "--every", "10", "--out", str(tmp_path / "out")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.fullmatch(
        r"step +10  train loss \d\.\d{4}\nstep +20  train loss \d\.\d{4}\n5210 parameters and buffers\n.* s of CPU.*\n",
        done.stdout,
    )
    assert np.load(tmp_path / "out" / "val.npy").shape == (500, 10)
    assert np.load(tmp_path / "out" / "test.npy").shape == (1000, 10)
