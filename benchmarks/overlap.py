"""What overlap does to a search at equal numbers of children: children of an overlapped run know of fewer siblings, and never wait.

    python benchmarks/overlap.py --seeds 30

Whole runs of the task `nk` with the offline model (no language model), each seed a landscape of its own. With a barrier ten children are
made from one selection; with overlap a selection follows each child that lands, and N + 1 are under way. The task is deterministic and
takes milliseconds, so what differs is what a child could know.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import mean, stdev

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from memory.ledger import Ledger  # noqa: E402

ARMS = {"barrier": 0, "2 under way": 1, "5 under way": 4, "10 under way": 9, "20 under way": 19}


def run(place: Path, arm: str, seed: int, children: int) -> tuple[float, float]:
    """The best value of the first objective, and the hypervolume, that a run ends with."""
    name = f"{arm.replace(' ', '-')}-{seed}"
    order = [
        sys.executable,
        str(ROOT / "cli.py"),
        "run",
        "nk",
        "--name",
        name,
        "--seed",
        str(seed),
        "--quiet",
        "--json",
    ]
    settings = {
        "data.landscape": seed,
        "search.overlap": ARMS[arm],
        "search.initial": 10,
        "search.population": 10,
        "search.generations": children // 10,
        "search.eot": 0,
    }
    chosen = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    environment = os.environ | {"EVOLVE_RUNS": str(place)}
    done = subprocess.run([*order, *chosen], env=environment, capture_output=True, encoding="utf-8", check=True)
    best = min(one["objectives"]["val_loss"] for one in json.loads(done.stdout)["front"])
    with Ledger.open(place / name / "ledger.sqlite", read_only=True) as ledger:
        last = ledger.last_selection()
        assert last is not None
        return best, float(last.data["hypervolume"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--children", type=int, nargs="+", default=[60, 200])
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    print(f"{'children':>8}  {'arm':<14} {'best val_loss':>22} {'less the barrier, paired':>27} {'hypervolume':>22}")
    for children in arguments.children:
        with tempfile.TemporaryDirectory(prefix="overlap-") as folder, ThreadPoolExecutor(arguments.jobs) as pool:
            found = {
                arm: list(
                    pool.map(
                        lambda seed, a=arm, n=children: run(Path(folder), a, seed, n), range(1, arguments.seeds + 1)
                    )
                )
                for arm in ARMS
            }
        for arm, ends in found.items():
            best = [one[0] for one in ends]
            apart = [a - b[0] for a, b in zip(best, found["barrier"], strict=True)]
            volume = [one[1] for one in ends]
            print(
                f"{children:>8}  {arm:<14} {told(best):>22} {told(apart) if arm != 'barrier' else '':>27} {told(volume):>22}",
                flush=True,
            )


def told(values: list[float]) -> str:
    """Mean and its standard error."""
    return f"{mean(values):.4f} +- {stdev(values) / len(values) ** 0.5:.4f}"


if __name__ == "__main__":
    main()
