"""What racing would have saved, and whom it would have stopped: `python benchmarks/racing.py RUN ... [--rungs 0.1 0.3]`.

Reads the ledgers of finished runs that did not race (`--set racing.rungs=[]`), in which every training went to its end and
its curve is stored, and lets each child run the race that it would have run. Saved: the share of training steps. Regret: how
many members of the final archive, and how many of the best programs, would have been stopped. Who is stopped would not have
been a parent either, so a run that races goes another way: its end is measured by `benchmarks/ablation.py`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agents.racing import Race, Rival
from agents.settings import Racing
from graph.run import RunError, read_config
from memory.aim import aim_of
from memory.ledger import Ledger, LedgerError
from memory.runs import RunNotFoundError, find_run
from memory.yardstick import chance
from tasks import TaskError, load_task


class Outcome(NamedTuple):
    """Of one run."""

    trained: int
    steps: float  # share of all training steps that racing would have taken
    stopped: int
    archive: int
    archive_lost: int
    best_lost: bool


def simulate(folder: Path, racing: Racing) -> Outcome:
    """Let every child of a finished run race. Raises ValueError for a run that did race."""
    config = read_config(folder)
    if config.racing.rungs:
        raise ValueError(f"{folder.name} raced: its stopped trainings have no end; expected a run with racing.rungs=[]")
    task = load_task(config.task).with_data(config.data)
    steps = int(task.fidelities[config.fidelity].settings["steps"])
    margin = racing.margin * task.noise.get(task.objectives[0].name, 0.0)
    with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
        candidates = {c.id: c for c in ledger.candidates(status="evaluated")}
        curves = {
            e.candidate: e.curve for e in ledger.evaluations("done") if e.train_seed == config.seed and not e.failure
        }
        archive = [id for id in ledger.selections()[-1].archive if id != "seed"]
        aim, bound = aim_of(ledger.meta()), chance(ledger).bound
        leader = aim.best(candidates.values(), candidates["seed"].objectives, bound)
    sizes = {id: c.size if c.size is not None else int((c.objectives or {})["params"]) for id, c in candidates.items()}
    raced = {id: candidates[id].generation for id in curves if id in candidates}
    stopped: dict[str, float] = {}
    for id, generation in sorted(raced.items(), key=lambda pair: pair[1]):
        rivals = tuple(
            Rival(sizes[other], tuple((p["step"], p["score"]) for p in curves[other]))
            for other, earlier in raced.items()
            if earlier < generation and other not in stopped
        )
        race = Race(steps, racing.rungs, racing.keep, racing.least, margin, rivals, sizes[id])
        ends = (n for n in range(1, len(curves[id]) + 1) if id != "seed" and race.hopeless(curves[id][:n]))
        if n := next(ends, None):
            stopped[id] = curves[id][n - 1]["step"] / steps
    taken = sum(stopped.get(id, 1.0) for id in raced)
    lost = [id for id in archive if id in stopped]
    return Outcome(
        len(raced),
        taken / len(raced),
        len(stopped),
        len(archive),
        len(lost),
        leader is not None and leader.id in stopped,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Let finished runs race and say what that would have saved and cost.")
    parser.add_argument("runs", nargs="+", help="names or paths of finished runs that did not race")
    parser.add_argument("--rungs", nargs="+", type=float, default=list(Racing().rungs))
    parser.add_argument("--keep", type=float, default=Racing().keep)
    parser.add_argument("--least", type=int, default=Racing().least)
    parser.add_argument("--margin", type=float, nargs="+", default=[0.0, 0.5, Racing().margin, 2.0])
    options = parser.parse_args()
    rows = []
    try:
        folders = [find_run(run) for run in options.runs]
        for margin in options.margin:
            racing = Racing(rungs=tuple(options.rungs), keep=options.keep, least=options.least, margin=margin)
            rows.append((margin, [simulate(folder, racing) for folder in folders]))
    except (RunNotFoundError, LedgerError, RunError, TaskError, ValueError) as e:
        print(f"racing: {e}", file=sys.stderr)
        return 2
    print(
        "| margin, times the noise | runs | trainings | stopped | steps saved | archive members lost | best programs lost |"
    )
    print("|---|---|---|---|---|---|---|")
    for margin, found in rows:
        trained, members = sum(o.trained for o in found), sum(o.archive for o in found)
        saved = 1 - sum(o.steps * o.trained for o in found) / trained
        lost = sum(o.archive_lost for o in found)
        print(
            f"| {margin:g} | {len(found)} | {trained} | {sum(o.stopped for o in found)} | {saved:.0%} "
            f"| {lost} of {members} | {sum(o.best_lost for o in found)} of {len(found)} |"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
