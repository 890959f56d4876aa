"""What the task cifar10 costs and reaches on this machine, as one table: epoch time, memory, accuracy of the seed program.

    python benchmarks/cifar10.py --source FOLDER-OR-FILE --minutes 20

Both recipes of `tasks/cifar10/harness.py` train the seed program, which is trusted, without a sandbox, each for as many
epochs as its half of the minutes allows (at most those of its full fidelity). Needs torch and numpy, and torchvision when
the source is a folder. The cost of a step is taken from a short trial first.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import resource
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

ROOT = Path(__file__).resolve().parent.parent
TASK = ROOT / "tasks" / "cifar10"
TRIAL = {"cpu": (2, 5), "cuda": (20, 100)}  # steps of the trial: those before the clock starts, and those timed


def load(name: str, path: Path) -> ModuleType:
    """A file of the task as a module."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


class Clock:
    """Seconds by the wall and of this process's processors, and what the device held at most."""

    def __init__(self, device: str) -> None:
        self.cuda = device.startswith("cuda")
        self.wall, self.cpu = self._now()

    def _now(self) -> tuple[float, float]:
        if self.cuda:
            torch.cuda.synchronize()
        return time.perf_counter(), time.process_time()

    def spent(self) -> tuple[float, float]:
        wall, cpu = self._now()
        return wall - self.wall, cpu - self.cpu

    def peak_mib(self) -> float:
        """On a GPU what torch reserved there, since the last reset; else the most this process ever held."""
        if self.cuda:
            return torch.cuda.max_memory_reserved() / 2**20
        held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return held / (2**20 if sys.platform == "darwin" else 2**10)


def settings_of(recipe: str, **changes: Any) -> dict[str, Any]:
    """The settings of the recipe's full fidelity, changed."""
    return {
        **tomllib.loads((TASK / "task.toml").read_text(encoding="utf-8"))["fidelity"][recipe]["settings"],
        "seed": 0,
        **changes,
    }


def step_s(harness: ModuleType, program: ModuleType, folder: Path, settings: dict[str, Any]) -> tuple[float, float]:
    """Wall and processor seconds of one training step, augmentation and all, without validation."""
    device = settings["device"]
    warm, timed = settings.get("trial") or TRIAL[device.partition(":")[0]]
    data = harness.load(folder, settings)
    model, optimizer, scheduler = harness.build(program, {**settings, "steps": warm + timed})
    with harness.exactly(torch.device(device)):
        if settings.get("kernels") != "exact":
            harness.hasten(torch.device(device))
        torch.backends.cudnn.benchmark = settings.get("kernels") == "tried"
        return _timed(harness, data, model, optimizer, scheduler, settings, (warm, timed))


def _timed(
    harness: ModuleType, data: Any, model: Any, optimizer: Any, scheduler: Any, settings: Any, trial: tuple[int, int]
) -> tuple[float, float]:
    how, device, (warm, timed) = harness.recipe(settings), settings["device"], trial
    model.train()
    clock = Clock(device)
    for n, (x, y) in enumerate(harness.batches(data, settings["batch"], warm + timed, 0, how)):
        if n == warm:
            clock = Clock(device)
        harness.learn(model, optimizer, x, y, how)
        optimizer.step()
        scheduler.step()
    wall, cpu = clock.spent()
    return wall / timed, cpu / timed


def trained(
    settings: dict[str, Any], labels: dict[str, np.ndarray], folder: Path, say: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """One training of the seed program by the harness: its seconds, memory and accuracy; `say` hears of each validation."""
    harness, program, found = load("harness", TASK / "harness.py"), load("program", TASK / "program.py"), {}
    epoch, device = max(1, len(labels["train"]) // settings["batch"]), settings["device"]

    def emit(kind: str, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        if kind == "predict":
            found[meta["split"]] = accuracy(arrays["scores"], labels[meta["split"]])
        if kind == "predict" and "train_loss" in meta:
            loss, seconds = round(meta["train_loss"], 4), round(clock.spent()[0], 1)
            say({"epoch": round(meta["step"] / epoch, 2), "train_loss": loss, "val %": found["val"], "s": seconds})

    if device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats()
    clock = Clock(device)
    harness.train(program, folder, settings, emit)
    wall, cpu = clock.spent()
    return {"epochs": settings["steps"] / epoch, "train s": wall, "CPU s": cpu, "peak MiB": clock.peak_mib(),
            "val %": found["val"], "test %": found["test"]}  # fmt: skip


def measure(
    recipe: str, minutes: float, labels: dict[str, np.ndarray], folder: Path, args: argparse.Namespace
) -> dict[str, Any]:
    """One row: the recipe's full fidelity with the steps that the minutes allow."""
    harness, program = load("harness", TASK / "harness.py"), load("program", TASK / "program.py")
    settings = settings_of(recipe, device=args.device, seed=args.seed, threads=args.threads)
    epoch = max(1, len(labels["train"]) // settings["batch"])
    wall, cpu = step_s(harness, program, folder, settings)
    epochs = int(60 * minutes / (wall * epoch * 1.1))  # a tenth for validation
    steps = min(settings["steps"], max(1, epochs) * epoch) if epochs else max(1, int(60 * minutes / (wall * 1.1)))

    def say(seen: dict[str, Any]) -> None:
        print(recipe, *(f"{name} {value:.4g}" for name, value in seen.items()), file=sys.stderr, flush=True)

    found = trained({**settings, "steps": steps, "every": min(epoch, steps)}, labels, folder, say)
    return {
        "recipe": recipe, "pixels": harness.recipe(settings)["size"], "batch": settings["batch"],
        "step ms": 1000 * wall, "CPU ms/step": 1000 * cpu, "epoch s": wall * epoch, **found,
    }  # fmt: skip


def images(source: str, folder: Path, download: bool = False) -> tuple[dict[str, np.ndarray], str]:
    """Cut the images as the task does and write what a training sees into a folder; all labels, and which images these are."""
    sys.path.insert(0, str(ROOT))  # data.py names its errors as the task's loader does
    made = load("data", TASK / "data.py").make(
        {"source": source, "download": download, "validation": 0.1, "split_seed": 0}
    )
    for name in ("train_x", "train_y", "val_x", "test_x"):
        np.save(folder / f"{name}.npy", made[name])
    return {split: made[f"{split}_y"] for split in ("train", "val", "test")}, made["note"]


def accuracy(scores: np.ndarray, labels: np.ndarray) -> float:
    return 100 * float((scores.argmax(1) == labels).mean())


def cell(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.3g}" if value < 10 else f"{value:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Epoch time, memory and accuracy of the seed of cifar10, both recipes."
    )
    parser.add_argument("--source", required=True, help="folder of torchvision's CIFAR-10, or an .npz")
    parser.add_argument("--download", action="store_true", help="let torchvision fetch the images into the folder")
    parser.add_argument("--minutes", type=float, default=10.0, help="of training, divided among the recipes")
    parser.add_argument("--recipes", nargs="+", default=["fast", "paper"], choices=["fast", "paper"])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of the CPU")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    where = torch.cuda.get_device_name() if args.device.startswith("cuda") else f"CPU, {args.threads} threads"
    rows = []
    with tempfile.TemporaryDirectory() as place:
        labels, note = images(args.source, Path(place), args.download)
        print(f"{note}; {where}; torch {torch.__version__}, Python {platform.python_version()}\n")
        for recipe in args.recipes:  # in a process of its own, so that neither holds the other's memory
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
                share = args.minutes / len(args.recipes)
                rows.append(alone.submit(measure, recipe, share, labels, Path(place), args).result())
    print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(map(cell, row.values())) + " |")
    print(json.dumps({"note": note, "device": where, "rows": rows}), file=sys.stderr)


if __name__ == "__main__":
    main()
