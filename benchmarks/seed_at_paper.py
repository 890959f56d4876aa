"""Show what the seed of `mnist1d` reaches at full training: three seeds at `paper`, scored on the host.

    python benchmarks/seed_at_paper.py

The harness runs directly, without a sandbox: this is our own program. About 15 to 20 s of one core a seed. With
`--fidelity quick --seeds 20` it measures the noise that task.toml states.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # from a checkout, without installing

from tasks import Task, load_task
from tests.world import module


def measure(task: Task, fidelity: str, seed: int) -> dict[str, float]:
    """Errors in %, parameters and CPU seconds of the seed program, trained once."""
    data = task.prepare()
    found: dict[str, float] = {}

    def emit(kind: str, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        if kind == "predict":
            found[meta["split"]] = task.score(arrays["scores"], data.labels[meta["split"]])
        elif kind == "weights":
            found["params"] = sum(a.size for a in arrays.values())

    harness, program = module("harness", task.folder / "harness.py"), module("program", task.folder / "program.py")
    clock = time.process_time()
    harness.train(program, data.public, {**task.fidelities[fidelity].settings, "seed": seed}, emit)
    found["cpu_s"] = time.process_time() - clock
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Train the seed program of a task with several seeds.")
    parser.add_argument("--task", default="mnist1d", help="name or folder")
    parser.add_argument("--fidelity", default="paper")
    parser.add_argument("--seeds", type=int, default=3, help="how many")
    parser.add_argument("--data", action="append", default=[], metavar="KEY=VALUE", help="a data option of the task")
    args = parser.parse_args()
    task = load_task(args.task).with_data(dict(said.split("=", 1) for said in args.data))
    print("| seed | validation error % | test error % | test accuracy % | numbers stored | CPU s |")
    print("|---|---|---|---|---|---|")
    rows = []
    for seed in range(args.seeds):
        row = measure(task, args.fidelity, seed)
        rows.append(row)
        cells = f"{row['val']:.1f} | {row['test']:.1f} | {100 - row['test']:.1f} | {row['params']:,.0f} | {row['cpu_s']:.1f}"
        print(f"| {seed} | {cells} |", flush=True)
    mean = {key: statistics.fmean(row[key] for row in rows) for key in rows[0]}
    cells = f"{mean['val']:.1f} | {mean['test']:.1f} | {100 - mean['test']:.1f} | {mean['params']:,.0f} | {mean['cpu_s']:.1f}"
    print(f"| mean | {cells} |")
    if len(rows) > 1:
        spread = statistics.stdev(row["val"] for row in rows)
        print(
            f"\nvalidation error: standard deviation {spread:.2f}, so the difference of two runs has {1.414 * spread:.2f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
