"""What the task cifar10 costs and reaches on this machine, as one table: epoch time, memory, accuracy of the seed program.

    python benchmarks/cifar10.py --source FOLDER-OR-FILE --minutes 20

Both recipes of `tasks/cifar10/harness.py` train the seed program, which is trusted, without a sandbox, each for as many
epochs as its half of the minutes allows (at most those of its full fidelity). Needs torch and numpy, and torchvision when
the source is a folder. The cost of a step is taken from a short trial first; `--compile` compiles the training step.

It was not run on a GPU by its authors: the numbers that docs/tasks.md shows are from a CPU.
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


def step_s(harness: ModuleType, program: ModuleType, folder: Path, settings: dict[str, Any]) -> tuple[float, float]:
    """Wall and processor seconds of one training step, augmentation and all, without validation."""
    how, device = harness.recipe(settings), settings["device"]
    warm, timed = TRIAL[device.partition(":")[0]]
    data = harness.load(folder, settings)
    model, optimizer, scheduler = harness.build(program, {**settings, "steps": warm + timed})
    run = torch.compile(model) if how["compile"] and device.startswith("cuda") else model
    model.train()
    clock = Clock(device)
    for n, (x, y) in enumerate(harness.batches(data, settings["batch"], warm + timed, 0, how)):
        if n == warm:
            clock = Clock(device)
        with harness.precision(x.device, how):
            scores = run(x)
        loss = harness.cross_entropy(scores.float(), y, how)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        scheduler.step()
    wall, cpu = clock.spent()
    return wall / timed, cpu / timed


def measure(
    recipe: str, minutes: float, labels: dict[str, np.ndarray], folder: Path, args: argparse.Namespace
) -> dict[str, Any]:
    """One row: the recipe's full fidelity with the steps that the minutes allow."""
    harness, program = load("harness", TASK / "harness.py"), load("program", TASK / "program.py")
    full = tomllib.loads((TASK / "task.toml").read_text())["fidelity"][recipe]["settings"]
    settings = {**full, "device": args.device, "seed": args.seed, "compile": args.compile, "threads": args.threads}
    epoch = max(1, len(labels["train"]) // settings["batch"])
    wall, cpu = step_s(harness, program, folder, settings)
    epochs = int(60 * minutes / (wall * epoch * 1.1))  # a tenth for validation
    steps = min(full["steps"], max(1, epochs) * epoch) if epochs else max(1, int(60 * minutes / (wall * 1.1)))
    found: dict[str, np.ndarray] = {}

    def emit(kind: str, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        if kind == "predict":
            found[meta["split"]] = arrays["scores"]
        if "train_loss" in meta:
            took = clock.spent()[0]
            good = accuracy(arrays["scores"], labels["val"])
            line = f"{recipe}: epoch {meta['step'] / epoch:.2f}, loss {meta['train_loss']:.3f}, validation {good:.2f} %"
            print(f"{line}, {took:.0f} s", file=sys.stderr, flush=True)

    if args.device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats()
    clock = Clock(args.device)
    harness.train(program, folder, {**settings, "steps": steps, "every": min(epoch, steps)}, emit)
    spent = clock.spent()
    return {
        "recipe": recipe, "pixels": harness.recipe(settings)["size"], "batch": settings["batch"],
        "step ms": 1000 * wall, "CPU ms/step": 1000 * cpu, "epoch s": wall * epoch, "peak MiB": clock.peak_mib(),
        "epochs": steps / epoch, "train s": spent[0], "CPU s": spent[1],
        "val %": accuracy(found["val"], labels["val"]), "test %": accuracy(found["test"], labels["test"]),
    }  # fmt: skip


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
    parser.add_argument("--compile", action="store_true", help="torch.compile the training step (CUDA only)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of the CPU")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    sys.path.insert(0, str(ROOT))  # data.py names its errors as the task's loader does
    made = load("data", TASK / "data.py").make(
        {"source": args.source, "download": args.download, "validation": 0.1, "split_seed": 0}
    )
    where = torch.cuda.get_device_name() if args.device.startswith("cuda") else f"CPU, {args.threads} threads"
    print(f"{made['note']}; {where}; torch {torch.__version__}, Python {platform.python_version()}\n")
    rows = []
    with tempfile.TemporaryDirectory() as place:
        for name in ("train_x", "train_y", "val_x", "test_x"):
            np.save(Path(place) / f"{name}.npy", made[name])
        labels = {split: made[f"{split}_y"] for split in ("train", "val", "test")}
        for recipe in args.recipes:  # in a process of its own, so that neither holds the other's memory
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
                share = args.minutes / len(args.recipes)
                rows.append(alone.submit(measure, recipe, share, labels, Path(place), args).result())
    print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(map(cell, row.values())) + " |")
    print(json.dumps({"note": made["note"], "device": where, "rows": rows}), file=sys.stderr)


if __name__ == "__main__":
    main()
