"""Measure whom a time limit ends on a busy machine: by the clock, and by processor time as it is now.

    python benchmarks/loaded.py --trainings 10 --slots 4 --busy 8

Trains the seed of `mnist1d` so many times in the jail beside processes that do nothing but burn a processor, with the limit that its
task.toml gives. A limit by the clock would have ended whoever took longer than it. Prints one row of Markdown a training.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # from a checkout, without installing

from sandbox import Job, JobResult, Limits, open_sandbox
from tasks import load_task


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes that keep a processor busy, each in a session of its own: some kernels share out by session."""
    burning = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True) for _ in range(count)
    ]
    try:
        yield
    finally:
        for process in burning:
            process.kill()
            process.wait()


async def train(trainings: int, slots: int, limits: Limits, fidelity: str) -> list[JobResult]:
    """The seed's trainings, each with a seed of its own, as many at once as there are slots."""
    task = load_task("mnist1d")
    data = task.prepare()
    box = open_sandbox("jail", slots=slots, data_dir=data.public, run="loaded")
    settings = task.fidelities[fidelity].settings
    try:
        await box.start()
        jobs = [
            Job(f"seed-{n}", "train", task.files, task.harness, data.public, {**settings, "seed": n}, limits)
            for n in range(trainings)
        ]
        return await asyncio.gather(*(box.run(job) for job in jobs))
    finally:
        await box.close()


def main() -> int:
    parser = argparse.ArgumentParser(description="Train beside busy processes and count whom a time limit ends.")
    parser.add_argument("--trainings", type=int, default=10, help="how many")
    parser.add_argument("--slots", type=int, default=4, help="how many at once")
    parser.add_argument("--busy", type=int, default=8, help="processes that burn a processor beside them")
    parser.add_argument("--fidelity", default="quick")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="the limit; otherwise that of task.toml")
    args = parser.parse_args()
    timeout_s = args.timeout or load_task("mnist1d").fidelities[args.fidelity].timeout_s
    limits = Limits(timeout_s=timeout_s)
    with busy(args.busy):
        results = asyncio.run(train(args.trainings, args.slots, limits, args.fidelity))
    print(
        f"| training | processor s | s by the clock | a limit of {timeout_s:g} s by the clock | now |\n|---|---|---|---|---|"
    )
    for n, one in enumerate(results):
        by_clock = "ended" if one.wall_s > timeout_s else "measured"
        print(f"| {n} | {one.cpu_s:.1f} | {one.wall_s:.1f} | {by_clock} | {one.failure or 'measured'} |")
    late, ended = sum(one.wall_s > timeout_s for one in results), sum(one.failure is not None for one in results)
    print(f"\nended: {late} of {len(results)} by the clock, {ended} of {len(results)} now")
    return 0


if __name__ == "__main__":
    sys.exit(main())
