"""Measure how well the audit tells twice the training steps from an honest program, and how much its latency scatters.

    python benchmarks/work_bound.py --times 20

Trains and audits the seed of `mnist1d`, the honest programs that came nearest to the bound, and cheats that take one step more in
each step, so many times each; once on the machine as it is and once beside processes that do nothing but burn it. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # from a checkout, without installing
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from trainers import TrainerBench, trainer_bench
from zoo import HERE, behind_the_seed, in_its_segments, read

from benchmarks.loaded import busy
from memory.records import Audit, Candidate

HONEST = ("lstm", "experts_by_index", "experts_by_list", "recomputes")
CHEATS = ("steps_many_times", "trains_in_its_forward", "builds_a_trained_model", "trains_as_it_predicts")


def programs(bench: TrainerBench, more: int, steps: int) -> dict[str, Candidate]:
    """Name in the table -> program. A cheat takes `more` steps a step, or as many at once where it trains once."""
    found = {"seed": bench.seed}
    for name in HONEST:
        found[name] = in_its_segments(bench, read(HERE / "honest" / f"{name}.py"))
    for name in CHEATS:
        text = behind_the_seed(bench, read(HERE / "cheats" / f"{name}.py")).files["program.py"]
        for at_once, own in ((30, more), (600, more * steps)):
            for model in ("self", "model"):
                text = text.replace(f"_train({model}, {at_once})", f"_train({model}, {own})")
        found[f"{name}, {more} more"] = bench.program(name, {"program.py": text})
    return found


async def audited(bench: TrainerBench, program: Candidate, name: str) -> tuple[float, Audit]:
    """Processor seconds of one training of it, and its audit. The last line makes it another program of the same work."""
    files = {"program.py": f"{program.files['program.py']}\n_repetition = {name!r}\n"}
    done = await bench.settle(bench.program(name, files))
    if not done.objectives:
        raise SystemExit(f"{name} failed: {done.failure}: {done.message}")
    cpu_s = next(e.cpu_s for e in bench.ledger.evaluations("done") if e.candidate == name)
    return cpu_s, await bench.trainer.audit(done)


def spread(values: list[float], digits: int) -> str:
    """Median, and least and most; a dash for what the audit does not tell."""
    if not values:
        return "-"
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def row(name: str, machine: str, seen: list[tuple[float, Audit]], seeds_ms: float) -> str:
    struck = [audit.fault for _, audit in seen if audit.fault]
    measured = [audit.measured for _, audit in seen]
    ratios = [m.get("latency_ratio", m.get("latency_ms", 0.0) / seeds_ms) for m in measured if "latency_ms" in m]
    work = [m["work"] for m in measured if "work" in m]
    cells = (
        name,
        machine,
        f"{len(struck)} of {len(seen)}",
        spread(work, 2),
        spread([cpu for cpu, _ in seen], 2),
        spread(ratios, 2),
    )
    return f"| {' | '.join(cells)} |"


async def measure(args: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with trainer_bench(Path(folder), args.sandbox, steps=args.steps) as bench:
            seeds_ms = (await bench.trainer.audit(bench.seed)).measured["latency_ms"]
            print("| program | machine | struck | work, of the fair | training, CPU s | latency, of the seed's |")
            print("|---|---|---|---|---|---|")
            for beside in args.busy:
                machine = f"{beside} busy processes" if beside else "as it is"
                with busy(beside):
                    for name, program in programs(bench, args.more, args.steps).items():
                        seen = [await audited(bench, program, f"{name} {beside} {n}") for n in range(args.times)]
                        print(row(name, machine, seen, seeds_ms), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=20, help="trainings and audits of each program")
    parser.add_argument("--steps", type=int, default=200, help="training steps the harness takes")
    parser.add_argument("--more", type=int, default=1, help="steps that a cheat takes besides each of them")
    loads = [0, 2 * (os.cpu_count() or 1)]
    parser.add_argument(
        "--busy", type=int, nargs="+", default=loads, help="processes beside, for each part of the table"
    )
    parser.add_argument("--sandbox", default="jail", help="docker or jail")
    asyncio.run(measure(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
