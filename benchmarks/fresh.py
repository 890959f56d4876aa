"""Show what the seed of `mnist1d` is worth on fresh examples, beside the published test split.

    python benchmarks/fresh.py --fidelity quick --seeds 3

The weights of each training are scored on the test split and on 10,000 examples that its generator draws from another seed: what
a program that knows the published examples by heart could not do. The harness runs directly, without a sandbox: this is our
own program. 3 s of one core a training at `quick`, 20 s at `paper`, and 3 s for the examples.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # from a checkout, without installing

from memory.credit import wilson
from tasks import Task, load_task
from tests.world import module


def measure(task: Task, fidelity: str, seed: int, x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Errors in % of the seed program, trained once: on validation, test and the examples (x, y)."""
    import torch

    data = task.prepare()
    found: dict[str, float] = {}
    weights: dict[str, np.ndarray] = {}

    def emit(kind: str, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        if kind == "predict":
            found[meta["split"]] = task.score(arrays["scores"], data.labels[meta["split"]])
        elif kind == "weights":
            weights.update({name: np.array(value) for name, value in arrays.items()})

    harness, program = module("harness", task.folder / "harness.py"), module("program", task.folder / "program.py")
    harness.train(program, data.public, {**task.fidelities[fidelity].settings, "seed": seed}, emit)
    model = program.build_model()
    model.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    model.eval()
    with torch.no_grad():
        test = model(torch.from_numpy(np.load(data.inputs / "test_x.npy"))).numpy()
        scores = model(torch.from_numpy(x)).numpy()
    assert math.isclose(task.score(test, data.labels["test"]), found["test"], abs_tol=0.2)  # these are its weights
    return {**found, "fresh": task.score(scores, y)}


def told(error: float, n: int) -> str:
    low, high = wilson(round(n * error / 100), n)
    return f"{error:.1f} ({100 * low:.1f} to {100 * high:.1f})"


def main() -> int:
    parser = argparse.ArgumentParser(description="Score the seed program of a task on fresh examples.")
    parser.add_argument("--task", default="mnist1d", help="name or folder of a task with error_percent")
    parser.add_argument("--fidelity", default="quick")
    parser.add_argument("--seeds", type=int, default=3, help="how many trainings")
    parser.add_argument("--draw", type=int, default=1, help="seed of the fresh examples")
    args = parser.parse_args()
    task = load_task(args.task)
    drawn = task.fresh(args.draw)
    if drawn is None or task.metric != "error_percent":
        parser.error(f"expected a task with error_percent and fresh examples; {task.name!r} is none")
    validation, tested = (len(task.prepare().labels[split]) for split in ("val", "test"))
    print("Errors in %, in brackets the 95 % interval (Wilson) for a draw of as many examples.\n")
    print(f"| seed | validation, {validation:,} | test, {tested:,} | fresh, {len(drawn.y):,} |")
    print("|---|---|---|---|")
    rows = []
    for seed in range(args.seeds):
        row = measure(task, args.fidelity, seed, drawn.x, drawn.y)
        rows.append(row)
        cells = (told(row["val"], validation), told(row["test"], tested), told(row["fresh"], len(drawn.y)))
        print(f"| {seed} | {' | '.join(cells)} |", flush=True)
    means = {key: statistics.fmean(row[key] for row in rows) for key in ("val", "test", "fresh")}
    print(f"| mean | {means['val']:.1f} | {means['test']:.1f} | {means['fresh']:.1f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
