"""The engine's own work for a child whose training takes no time: processor milliseconds a child and memory, as a run grows.

    python benchmarks/engine.py --children 10000

The run is that of `benchmarks/instant.py` with population 10, and a model that answers at once, too. Figures are of the two hundred
children up to each mark, so that what grows with a run is seen; the start of the process is not in them.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from benchmarks import instant  # noqa: E402
from memory.ledger import Ledger  # noqa: E402

MARKS = (250, 1000, 2500, 5000, 10_000)
POPULATION = 10
WINDOW = 20  # commits before a mark


@contextmanager
def timed(ledger: Ledger, how: str, at: list[tuple[float, float, float]]) -> Iterator[None]:
    """Notes processor seconds, seconds and memory in MB at every selection; `how` the ledger syncs."""
    ledger._db.raw.execute(f"PRAGMA synchronous = {how}")
    put = ledger.put_selection

    def noting(selection: Any) -> Any:
        used = resource.getrusage(resource.RUSAGE_SELF)
        at.append((time.process_time(), time.perf_counter(), used.ru_maxrss / 1024))
        return put(selection)

    ledger.put_selection = noting  # type: ignore[method-assign]
    yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--children", type=int, default=10_000)
    parser.add_argument("--task", default="mnist1d")
    parser.add_argument("--synchronous", choices=["FULL", "NORMAL"], default="FULL")
    parser.add_argument("--profile", type=Path, help="write a profile of the whole run to this file")
    arguments = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="engine-"))
    os.environ["EVOLVE_RUNS"] = str(place)
    generations = arguments.children // POPULATION
    settings = instant.settings(arguments.task, generations=generations, initial=POPULATION, population=POPULATION)
    instant.begin(settings, place / "run")
    at: list[tuple[float, float, float]] = []
    work = instant.go(place / "run", lambda ledger: timed(ledger, arguments.synchronous, at))
    with instant.quick_replies():
        if arguments.profile:
            import cProfile

            cProfile.runctx("asyncio.run(work)", globals(), {"work": work}, str(arguments.profile))
        else:
            asyncio.run(work)
    print(f"{'children':>8}  {'ms of processor a child':>23}  {'ms a child':>10}  {'memory (MB)':>11}")
    for mark in (m for m in MARKS if m <= arguments.children):
        commit = mark // POPULATION - 1
        cpu, wall, _ = (
            1000 * (b - a) / (WINDOW * POPULATION) for a, b in zip(at[commit - WINDOW], at[commit], strict=True)
        )
        print(f"{mark:>8}  {cpu:>23.1f}  {wall:>10.1f}  {at[commit][2]:>11.0f}")


if __name__ == "__main__":
    main()
