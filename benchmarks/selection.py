"""Does selection help? The offline strategy against random edits of the seed without selection, at equal evaluations.

    python benchmarks/selection.py --seeds 10      # about 25 minutes on two cores

Both arms use the same task, operators, offline model and budget; they differ in what they do with what was measured. The
hypervolume is the share of the box between the ideal corner and the task's reference corner that the measured programs dominate. Each
arm is cut at the smallest number of evaluations that any run reached, in the order of the plan.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from scipy import stats

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from graph.pareto import hypervolume  # noqa: E402
from memory.ledger import Ledger  # noqa: E402
from memory.records import Candidate  # noqa: E402
from tasks import load_task  # noqa: E402

ARMS = ("guided-evolution", "random-edits")


def measured(name: str, arm: str, seed: int, options: list[str]) -> list[Candidate]:
    """The evaluated candidates of one run in the order of the plan; a run that is there already is read, not repeated."""
    folder = Path(os.environ.get("EVOLVE_RUNS", "runs")) / name
    if not folder.exists():
        words = ["run", "mnist1d", "--name", name, "--strategy", arm, "--seed", str(seed), "--quiet", *options]
        subprocess.run([sys.executable, str(ROOT / "cli.py"), *words], check=True, stdout=subprocess.DEVNULL)
    with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
        assert ledger.events()[-1].kind == "finished", f"{name} did not finish; remove it or resume it"
        return ledger.candidates(status="evaluated")


def interval(values: np.ndarray) -> str:
    """Mean and 95 % interval by Student's t."""
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return f"{values.mean():.4f} ± {half:.4f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--out", type=Path)
    parser.add_argument(
        "--options", default="--generations 4 --initial 8 --population 8 --model offline", help="of evolve run"
    )
    arguments = parser.parse_args()
    task = load_task("mnist1d")
    runs = {
        arm: [
            measured(f"selection-{arm}-{seed}", arm, seed, arguments.options.split())
            for seed in range(1, arguments.seeds + 1)
        ]
        for arm in ARMS
    }
    budget = min(len(run) for arm in ARMS for run in runs[arm])
    volumes = {arm: np.array([hypervolume(run[:budget], task.objectives) for run in runs[arm]]) for arm in ARMS}
    errors = {
        arm: np.array([min(c.objectives["val_error"] for c in run[:budget]) for run in runs[arm]]) for arm in ARMS
    }  # type: ignore[index]
    gain = volumes[ARMS[0]] - volumes[ARMS[1]]
    lines = [
        f"`mnist1d`, `quick`, {arguments.seeds} seeds an arm, {budget} evaluations a run (seed included), offline model.",
        "",
        "| arm | hypervolume, mean ± 95 % | lowest validation error, mean ± 95 % |",
        "|---|---|---|",
        *(f"| {arm} | {interval(volumes[arm])} | {interval(errors[arm])} |" for arm in ARMS),
        f"| difference, paired by seed | {interval(gain)} | {interval(errors[ARMS[0]] - errors[ARMS[1]])} |",
        "",
        f"Paired t-test on the hypervolume: p = {stats.ttest_rel(volumes[ARMS[0]], volumes[ARMS[1]]).pvalue:.2g}; "
        f"the first arm is ahead in {int((gain > 0).sum())} of {len(gain)} seeds.",
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    print(json.dumps({arm: volumes[arm].round(5).tolist() for arm in ARMS}), file=sys.stderr)
    if arguments.out:
        arguments.out.write_text(text)


if __name__ == "__main__":
    main()
