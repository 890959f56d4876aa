"""Evaluations a second through the whole graph, for a task whose outcome takes no time: on one core, in windows, as a run grows.

    python benchmarks/table.py --children 10000
    python benchmarks/table.py --children 1000 --set search.eot=0 --set search.population=50

The run is what `evolve run nk` is, with the offline model: proposals, checks, ledger, index, lessons and selections are real. A window is
the hundred children up to its mark, so that what grows with a run is seen; the start of the process is not in them.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from graph.resolve import resolve  # noqa: E402
from graph.run import create, go  # noqa: E402
from memory.ledger import Ledger  # noqa: E402

MARKS = (100, 300, 1000, 2500, 5000, 7500, 10_000)
WINDOW = 100


class Moment(NamedTuple):
    """When a child came to its end."""

    child: str
    wall_s: float
    cpu_s: float
    memory_mb: float
    evaluated: bool


def noting(ledger: Ledger, at: list[Moment]) -> None:
    """Notes each child's end in `at`; a later word on the same child is no second one."""
    add, ended = ledger.add_event, set[str]()

    def noted(kind: Any, data: dict[str, Any]) -> Any:
        if kind == "settled" and data["candidate"] not in ended:
            ended.add(data["candidate"])
            memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            at.append(
                Moment(data["candidate"], time.perf_counter(), time.process_time(), memory_mb, not data["failure"])
            )
        return add(kind, data)

    ledger.add_event = noted  # type: ignore[method-assign]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--children", type=int, default=1000)
    parser.add_argument("--task", default="nk")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="any setting, as of `evolve run`"
    )
    parser.add_argument("--cores", type=int, default=1, help="0: all that there are")
    parser.add_argument("--profile", type=Path, help="write a profile of the whole run to this file")
    arguments = parser.parse_args()
    if arguments.cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: arguments.cores])
    place = Path(tempfile.mkdtemp(prefix="table-"))
    os.environ["EVOLVE_RUNS"] = str(place)
    said = {"search.initial": "10", "search.population": "10", **dict(pair.split("=", 1) for pair in arguments.set)}
    generations = 1 + (arguments.children - int(said["search.initial"])) // int(said["search.population"])
    config = resolve(None, {"task": arguments.task, "search.generations": generations, **said}, {})
    create(config, place / "run")
    at: list[Moment] = []
    work = go(place / "run", lambda _, ledger: noting(ledger, at))
    if arguments.profile:
        import cProfile

        cProfile.runctx("asyncio.run(work)", globals(), {"work": work}, str(arguments.profile))
    else:
        asyncio.run(work)
    with Ledger.open(place / "run" / "ledger.sqlite", read_only=True) as ledger:
        tell(at, Counter(call.candidate for call in ledger.calls()))


def tell(at: list[Moment], calls: Mapping[str | None, int]) -> None:
    """A row for each mark that was reached; `calls` of the model by child: a repair is one more."""
    print(
        f"{'children':>8}  {'evaluations/s':>13}  {'children/s':>10}  {'ms of processor a child':>23}  {'calls a child':>13}  "
        f"{'ms a call':>9}  {'memory (MB)':>11}"
    )
    for mark in sorted({m for m in (*MARKS, len(at) - 1) if WINDOW <= m < len(at)}):
        a, b = at[mark - WINDOW], at[mark]  # the first of all is the seed
        wall_s, cpu_s = b.wall_s - a.wall_s, b.cpu_s - a.cpu_s
        here = at[mark - WINDOW + 1 : mark + 1]
        done, asked = sum(one.evaluated for one in here), sum(calls[one.child] for one in here)
        print(
            f"{mark:>8}  {done / wall_s:>13.1f}  {WINDOW / wall_s:>10.1f}  {1000 * cpu_s / WINDOW:>23.1f}  {asked / WINDOW:>13.2f}  "
            f"{1000 * cpu_s / asked:>9.1f}  {b.memory_mb:>11.0f}"
        )
    whole_s = at[-1].wall_s - at[0].wall_s
    print(f"{sum(one.evaluated for one in at) - 1} evaluations of {len(at) - 1} children in {whole_s:.1f} s")


if __name__ == "__main__":
    main()
