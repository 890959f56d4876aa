"""What the task cifar10 promises: the published network, its data named plainly, two recipes, predictions that code and
weights alone make again. On the real images where EVOLVE_CIFAR10 (or ../shared beside the checkout) has them, else on
made ones of the same form; the programs here are our own, so no sandbox but in the one whole run.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from typer.testing import CliRunner
from world import evolve, module, summary_of

from agents.agreement import differs
from agents.written import hidden, written
from commands.task import app
from memory.ledger import Ledger
from sandbox.contract import Frame, JobResult
from tasks import Data, Task, TaskError, load_task

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tasks" / "cifar10"
REAL = Path(os.environ.get("EVOLVE_CIFAR10") or ROOT.parent / "shared" / "data" / "cifar10" / "cifar10_prefix.npz")
SETTINGS = {"recipe": "fast", "size": 32, "steps": 6, "batch": 32, "every": 3, "seed": 3}


def made_up(path: Path, train: int = 600, test: int = 70) -> Path:
    """An .npz of images that can be learnt: each class is bright in its own place."""
    rng = np.random.default_rng(0)
    sets = {}
    for part, count in (("train", train), ("test", test)):
        y = np.arange(count) % 10
        x = rng.integers(0, 120, (count, 32, 32, 3), dtype=np.uint8)
        for n, kind in enumerate(y):
            x[n, 6 * (kind // 2) : 6 * (kind // 2) + 8, :, kind % 3] += 120
        sets |= {f"x_{part}": x, f"y_{part}": y}
    np.savez(path, name="made-up images", **sets)
    return path


def with_source(source: Path) -> Task:
    return load_task("cifar10").with_data({"source": str(source)})


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real images where they are, else made ones."""
    return REAL if REAL.is_file() else made_up(tmp_path_factory.mktemp("cifar") / "made.npz", 4000)


@pytest.fixture(scope="module")
def data(images: Path, shared_cache: Path) -> Data:
    return with_source(images).prepare(shared_cache)


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Data:
    """Few images, for what does not depend on which they are."""
    return with_source(made_up(tmp_path_factory.mktemp("cifar") / "little.npz", 300, 30)).prepare(shared_cache)


@pytest.fixture(scope="module")
def harness() -> ModuleType:
    return module("cifar10_harness", FOLDER / "harness.py")


@pytest.fixture(scope="module")
def seed() -> ModuleType:
    return module("cifar10_program", FOLDER / "program.py")


@pytest.fixture(autouse=True)
def worker_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(
        str(ROOT / "sandbox" / "worker")
    )  # where `behaviour` and `tracing` are, as in the sandbox


class Frames(list[Frame]):
    def __call__(self, kind: str, meta: dict[str, Any], arrays: dict[str, Any]) -> None:
        numbers = {k: v.numpy() if isinstance(v, torch.Tensor) else v for k, v in arrays.items()}
        self.append(Frame(kind, meta, numbers))

    def scores(self, split: str) -> np.ndarray:
        return [f.arrays["scores"] for f in self if f.kind == "predict" and f.meta["split"] == split][-1]

    def result(self) -> JobResult:
        return JobResult(None, "", "", tuple(self), 0.0, 0.0, 0.0)


# ---- the network

STEPS = (  # output at 32 and 224 pixels, and parameters: the layer table of the network
    ((12, 16), (12, 112), 180),
    ((12, 16), (12, 112), 600),
    ((48, 8), (48, 56), 1_248),
    ((48, 8), (48, 56), 5_856),
    ((96, 4), (96, 28), 4_800),
    ((96, 4), (96, 28), 20_928),
    ((192, 2), (192, 14), 18_816),
    ((192, 2), (192, 14), 78_720),
    ((384, 1), (384, 7), 74_496),
    ((384, 1), (384, 7), 304_896),
)


def numbers(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_the_seed_has_the_parameters_of_the_table_step_by_step(seed: ModuleType) -> None:
    model = seed.build_model()
    assert [numbers(stage) for stage in model.stages] == [params for _, _, params in STEPS]
    assert (numbers(model.deep), numbers(model.head), numbers(model)) == (3_840, 3_850, 518_230)


@pytest.mark.parametrize(("size", "column"), [(32, 0), (224, 1)])
def test_the_seed_has_the_shapes_of_the_table_step_by_step(seed: ModuleType, size: int, column: int) -> None:
    model, x = seed.build_model().eval(), torch.rand(2, 3, size, size)
    with torch.no_grad():
        for stage, step in zip(model.stages, STEPS, strict=True):
            x = stage(x)
            width, side = step[column]
            assert tuple(x.shape) == (2, width, side, side)
        assert tuple(model.deep(x).shape) == tuple(x.shape)


@pytest.mark.parametrize("size", [32, 64, 224])
def test_the_seed_scores_images_of_any_size(seed: ModuleType, size: int) -> None:
    assert tuple(seed.build_model().eval()(torch.rand(3, 3, size, size)).shape) == (3, 10)


def test_a_block_adds_its_input_twice(seed: ModuleType) -> None:
    block, x = seed.Block(8).eval(), torch.randn(2, 8, 5, 5)
    with torch.no_grad():
        inner = x + block.first(x)
        assert torch.allclose(block(x), x + block.second(inner))


def test_a_gate_normalises_the_means_of_the_channels(seed: ModuleType) -> None:
    x = torch.randn(2, 8, 5, 5)
    scale = torch.sigmoid(torch.nn.functional.layer_norm(x.mean((2, 3)), (8,)))
    with torch.no_grad():
        assert torch.allclose(seed.Gate(8)(x), x * scale.view(2, 8, 1, 1), atol=1e-6)


def test_decay_is_for_filters_and_the_rate_rises_for_forty_steps_then_falls_to_nothing(seed: ModuleType) -> None:
    optimizer, scheduler = seed.build_optimizer(seed.build_model(), 400)
    decays = {group["weight_decay"]: {p.dim() > 1 for p in group["params"]} for group in optimizer.param_groups}
    assert decays == {0.0001: {True}, 0.0: {False}}
    rates = []
    for _ in range(400):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    assert int(np.argmax(rates)) in range(38, 42)
    assert 0.095 < max(rates) <= 0.1
    assert rates[0] < 0.004
    assert rates[-1] < 0.0001


@pytest.mark.parametrize(("part", "before", "after"), [
    ("fct", "Conv2d(3 * channels, width", "Conv2d(3 * channels, 20"),
    ("me", "Conv2d(channels, width", "Conv2d(channels, 30"),
])  # fmt: skip
def test_the_parts_fit_each_other_when_one_takes_another_width(part: str, before: str, after: str) -> None:
    text = (FOLDER / "program.py").read_text()
    head, _, tail = text.partition(f"EVOLVE-BLOCK-START {part}\n")
    block, end, rest = tail.partition("EVOLVE-BLOCK-END")
    width = after.rsplit(" ", 1)[1]
    changed = block.replace(before, after).replace("BatchNorm2d(width)", f"BatchNorm2d({width})")
    assert changed != block
    space: dict[str, Any] = {"__name__": "changed"}
    exec(compile(head + f"EVOLVE-BLOCK-START {part}\n" + changed + end + rest, "changed.py", "exec"), space)
    assert tuple(space["build_model"]().eval()(torch.rand(2, 3, 32, 32)).shape) == (2, 10)


# ---- the data


@pytest.mark.skipif(not REAL.is_file(), reason="needs the image prefix; name it with EVOLVE_CIFAR10")
def test_the_prefix_is_never_called_the_whole_set(data: Data) -> None:
    assert data.note.startswith("CIFAR-10, 5,170-image prefix: 4,653 train, 517 validation, 1,017 test")


def test_images_stay_bytes_on_disk_in_the_order_of_convolutions(little: Data) -> None:
    x = np.load(little.public / "train_x.npy", mmap_mode="r")
    assert (x.dtype, x.shape) == (np.uint8, (270, 3, 32, 32))
    assert little.note.startswith("made-up images, 300-image prefix: 270 train, 30 validation, 30 test")


class Folder:
    """Stands in for torchvision's reader of the whole set, whose files are checked by their digest."""

    base_folder = "cifar-10-batches-py"

    def __init__(self, root: str, train: bool, download: bool) -> None:
        assert Path(root).name == "images"
        assert download is False
        count = 50_000 if train else 10_000
        self.targets = [n * 7 % 10 for n in range(count)]
        self.data = np.zeros((count, 32, 32, 3), np.uint8)
        self.data[:, 0, 0, 0] = np.arange(count) % 251


def test_the_whole_set_is_cut_by_class_into_45000_5000_and_10000(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import torchvision.datasets

    monkeypatch.setattr(torchvision.datasets, "CIFAR10", Folder)
    make = module("cifar10_data", FOLDER / "data.py").make
    options = {"source": str(tmp_path / "images" / Folder.base_folder), "download": False, "validation": 0.1}
    one, same, other = (make({**options, "split_seed": n}) for n in (0, 0, 1))
    assert [len(one[f"{split}_y"]) for split in ("train", "val", "test")] == [45_000, 5_000, 10_000]
    assert np.bincount(one["val_y"]).tolist() == [500] * 10
    assert one["note"] == "CIFAR-10"
    assert np.array_equal(one["val_x"], same["val_x"])
    assert not np.array_equal(one["val_x"], other["val_x"])


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("source=", "needs its images: name them with --set data.source=FOLDER"),
        ("source=/nowhere", "/nowhere: no CIFAR-10 there (Dataset not found"),
        (
            "source=/nowhere/x.npz",
            "/nowhere/x.npz: no CIFAR-10 there (No such file or directory); use --set data.source",
        ),
        ("sorce=x", "task 'cifar10' has no data option 'sorce'; did you mean 'source'?"),
        ("download=perhaps", "data option 'download' is of type bool, e.g. False; got 'perhaps'"),
        ("validation=2", "validation is a share of the training images, above 0 and below 1; got 2"),
        ("validation", "--data expects key=value, came 'validation'"),
    ],
)
def test_what_is_wrong_with_the_data_is_one_line_with_the_cure(option: str, says: str, tmp_path: Path) -> None:
    more = ["--data", f"source={made_up(tmp_path / 'a.npz', 40, 10)}"] if option.startswith("validation=") else []
    done = CliRunner().invoke(app, ["check", "cifar10", *more, "--data", option])
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert says in done.stderr


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"x_train": np.zeros((4, 32, 32, 3), np.uint8)}, "missing: y_train, x_test, y_test"),
        (
            {"x_train": np.zeros((4, 3, 32, 32), np.uint8), "y_train": np.zeros(4), "x_test": np.zeros(1), "y_test": np.zeros(1)},
            r"expected images uint8 \(n, 32, 32, 3\) and labels \(n,\); got uint8 \(4, 3, 32, 32\)",
        ),
    ],
)  # fmt: skip
def test_a_file_that_holds_something_else_is_refused(arrays: dict[str, Any], says: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(TaskError, match=says):
        with_source(tmp_path / "x.npz").prepare(tmp_path / "cache")


def test_a_source_is_made_absolute_so_that_a_run_can_be_resumed_from_anywhere(tmp_path: Path) -> None:
    assert load_task("cifar10").with_data({"source": "x.npz"}).data_options["source"] == str(Path.cwd() / "x.npz")


# ---- the training


def test_the_check_sends_a_fingerprint(harness: ModuleType, seed: ModuleType, little: Data) -> None:
    frames = Frames()
    harness.check(seed, little.public, SETTINGS, frames)
    [frame] = frames
    assert (frame.kind, frame.meta["params"], frame.meta["without_gradient"]) == ("fingerprint", 518_230, [])


def test_one_batch_can_be_learnt_by_heart(harness: ModuleType, seed: ModuleType, data: Data) -> None:
    how = harness.recipe({"size": 32, "smoothing": 0.0})
    arrays = harness.load(data.public, {})
    model, optimizer, _ = harness.build(seed, {"steps": 40, "seed": 0})
    for group in optimizer.param_groups:
        group["lr"] = 0.05
    x, y = harness.enlarged(arrays["train_x"][:32], how), arrays["train_y"][:32]
    model.train()
    for _ in range(40):
        loss = harness.cross_entropy(model(x), y, how)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.3


def test_the_loss_falls_on_the_images(harness: ModuleType, seed: ModuleType, data: Data) -> None:
    frames = Frames()
    harness.train(seed, data.public, {**SETTINGS, "steps": 80, "batch": 64, "every": 20}, frames)
    losses = [f.meta["train_loss"] for f in frames if "train_loss" in f.meta]
    assert losses[-1] < losses[0] - 0.05
    error = 100 * float((frames.scores("val").argmax(1) != data.labels["val"]).mean())
    assert error < 85  # chance is 90


@pytest.mark.parametrize(
    "more",
    [{}, {"amp": "always"}, {"recipe": "paper", "size": 40, "channels_last": False}],
    ids=["float32", "bfloat16", "paper"],
)
def test_code_and_weights_alone_make_the_predictions_again(
    harness: ModuleType, seed: ModuleType, little: Data, tmp_path: Path, more: dict[str, Any]
) -> None:
    settings, told = {**SETTINGS, **more}, Frames()
    harness.train(seed, little.public, settings, told)
    weights = next(f.arrays for f in told if f.kind == "weights")
    wanted = {split: told.scores(split) for split in ("val", "test")}
    save_file(weights, str(tmp_path / "w.safetensors"))
    again = Frames()
    harness.audit(seed, little.inputs, {**settings, "weights": tmp_path / "w.safetensors"}, again)
    assert [differs(again.scores(split), wanted[split], True) for split in wanted] == ["", ""]
    found, reason = written(again.result())
    assert found is not None, reason
    assert hidden(found, weights) == ""
    # the clean pass: the list of operations, without the code
    given = {f"w:{name}": value for name, value in weights.items()} | found.constants
    save_file({k: np.asarray(v, order="C") for k, v in given.items()}, str(tmp_path / "c.safetensors"))
    clean, passes = module("clean", ROOT / "sandbox" / "worker" / "clean.py"), Frames()
    handed = {
        **settings, "weights": tmp_path / "c.safetensors", "paths": found.paths, "many": found.many, "timed": found.timed,
        "step": found.step, "examples": {"val": [0], "test": [0]}, "followed": 1,
    }  # fmt: skip
    clean.audit(None, little.inputs, handed, passes)
    assert [differs(passes.scores(split), wanted[split], True) for split in wanted] == ["", ""]
    measured = passes[-1].meta
    once = 3 * 32 * measured["flops"]
    assert 0.7 * once < measured["learn_flops"] < 1.2 * once


def test_equal_seeds_give_equal_predictions_and_other_seeds_others(
    harness: ModuleType, seed: ModuleType, little: Data
) -> None:
    made = []
    for number in (3, 3, 4):
        frames = Frames()
        harness.train(seed, little.public, {**SETTINGS, "seed": number}, frames)
        made.append(frames.scores("test"))
    assert np.array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2])


def test_the_paper_recipe_enlarges_to_224_and_the_fast_one_to_64(harness: ModuleType) -> None:
    raw = torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8)
    for name, size, smoothing in (("paper", 224, 0.0), ("fast", 64, 0.1)):
        how = harness.recipe({"recipe": name})
        x = harness.enlarged(raw, how)
        assert (tuple(x.shape), how["smoothing"]) == ((2, 3, size, size), smoothing)
        assert 0 <= float(x.min()) <= float(x.max()) <= 1
        assert tuple(harness.augmented(x, how, torch.Generator().manual_seed(0)).shape) == tuple(x.shape)
    with pytest.raises(ValueError, match="expected a recipe of paper, fast, got 'slow'"):
        harness.recipe({"recipe": "slow"})


def test_on_a_gpu_training_steps_are_quick_and_predictions_exact(harness: ModuleType) -> None:
    def chosen() -> tuple[int, bool, bool]:
        return torch.get_deterministic_debug_mode(), torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark

    before, cuda, quick, exact = chosen(), torch.device("cuda"), (0, False, False), (1, True, False)
    try:
        harness.hasten(torch.device("cpu"))
        assert chosen() == before
        harness.hasten(cuda)
        assert chosen() == quick
        with harness.exactly(cuda):
            assert chosen() == exact
        assert chosen() == quick
        with contextlib.suppress(ValueError), harness.exactly(cuda):
            raise ValueError("in the middle of a prediction")
        assert chosen() == quick
    finally:
        torch.set_deterministic_debug_mode(before[0])
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = before[1:]


def test_an_image_is_flipped_and_moved_by_whole_pixels_within_the_recipes_share(harness: ModuleType) -> None:
    how = harness.recipe({"recipe": "fast", "size": 32})
    image = torch.rand(1, 3, 32, 32) + 0.1
    many = harness.augmented(image.expand(60, 3, 32, 32), how, torch.Generator().manual_seed(0))
    found = set()
    for one in many:
        for flipped in (False, True):
            for down in range(-4, 5):
                for ahead in range(-4, 5):
                    here = torch.zeros_like(image[0])
                    from_y, from_x = max(0, down), max(0, ahead)
                    to_y, to_x = max(0, -down), max(0, -ahead)
                    tall, wide = 32 - abs(down), 32 - abs(ahead)
                    source = image[0].flip(2) if flipped else image[0]
                    here[:, to_y : to_y + tall, to_x : to_x + wide] = source[
                        :, from_y : from_y + tall, from_x : from_x + wide
                    ]
                    if torch.allclose(one, here):
                        found.add((flipped, down, ahead))
                        break
    assert len(found) > 40  # of 60 drawn among 162
    assert {f for f, _, _ in found} == {False, True}
    assert {d for _, d, _ in found} == set(range(-4, 5))


def test_what_moves_a_batch_is_drawn_apart_from_the_programs_own_numbers(harness: ModuleType, little: Data) -> None:
    how, arrays = harness.recipe(SETTINGS), harness.load(little.public, {})
    first = [x.clone() for x, _ in harness.batches(arrays, 32, 3, 5, how)]
    torch.manual_seed(99)
    again = []
    for x, _ in harness.batches(arrays, 32, 3, 5, how):
        torch.rand(7)
        again.append(x.clone())
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


def test_a_batch_statistic_at_evaluation_is_refused(harness: ModuleType, seed: ModuleType, little: Data) -> None:
    class Cheating(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = torch.nn.Linear(3, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            means = x.mean((2, 3))
            return self.linear(means - means.mean(0) * 5)

    class Program:
        build_model = Cheating
        build_optimizer = staticmethod(seed.build_optimizer)

    with pytest.raises(harness.Fault, match="must depend on nothing but that example"):
        harness.check(Program, little.public, SETTINGS, Frames())


# ---- a whole run


def quick(folder: Path) -> Path:
    """The task with a few steps a training. Returns its folder."""
    place = folder / "quick"
    shutil.copytree(FOLDER, place, ignore=shutil.ignore_patterns("__pycache__"))
    text = (place / "task.toml").read_text()
    old = "steps = 600, batch = 64, every = 100"
    assert old in text
    (place / "task.toml").write_text(text.replace(old, "steps = 8, batch = 32, every = 8"))
    return place


@pytest.mark.slow
def test_a_generation_evolves_on_the_images_and_every_report_says_which_they_were(tmp_path: Path) -> None:
    source = f"data.source={made_up(tmp_path / 'made.npz', 300, 30)}"
    small = ("--generations", "1", "--initial", "2", "--slots", "1", "--sandbox", "jail", "--set", source, "--json")
    done = evolve("run", str(quick(tmp_path)), "--name", "c", *small, "--set", "racing.rungs=[]")
    result = summary_of(done)
    assert result["data"].startswith("made-up images, 300-image prefix: 270 train")
    assert (result["children"], result["seed_candidate"]["objectives"]["params"]) == (2, 518_230)
    folder = Path(os.environ["EVOLVE_RUNS"]) / "c"
    assert str(tmp_path / "made.npz") in (folder / "config.toml").read_text()
    with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
        assert any(c.status == "evaluated" for c in ledger.candidates() if c.id != "seed")
    told = evolve("report", "c")
    assert (told.returncode, "made-up images, 300-image prefix" in told.stderr) == (0, True), told.stderr
    assert "made-up images, 300-image prefix" in (folder / "report" / "report.html").read_text()


def test_a_run_without_images_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    done = evolve("run", "cifar10", "--name", "c")
    assert (done.returncode, done.stdout) == (2, "")
    assert "cifar10 needs its images" in done.stderr
    assert not (Path(os.environ["EVOLVE_RUNS"]) / "c").exists()
