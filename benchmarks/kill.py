"""`kill -9` at random moments of a run, then `evolve resume`: is anything lost, done twice or paid twice?

    python benchmarks/kill.py --kills 20                        # trainings in the sandbox: about 10 minutes on two cores
    python benchmarks/kill.py --kills 90 --table                # short runs of a table task, five seconds a kill
    python benchmarks/kill.py --kills 90 --table --overlap 5    # with overlap

Every run is killed with its whole process group at a random moment, resumed, and its ledger compared row by row with that of
the undisturbed run: candidates, outcomes, model calls, lessons, selections, evidence. The moment is drawn in two steps, so that
it falls anywhere in a run however busy the machine is: after a number of ledger rows drawn uniformly from those of the
undisturbed run, and then up to a second later. An overlapped run depends on who was quicker: it is held against its replay instead.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from world import SMALL, differences, evolve, running, story, summary_of, tiny_task  # noqa: E402

from memory.ledger import Ledger, LedgerError  # noqa: E402
from memory.verify import verify  # noqa: E402


def progress(folder: Path) -> int:
    """Rows of a run's ledger that mark its way: calls, finished evaluations, lessons, selections, evidence."""
    try:
        with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
            parts = (
                ledger.calls(),
                ledger.evaluations("done"),
                ledger.lessons(),
                ledger.selections(),
                ledger.evidence(),
            )
            return sum(map(len, parts))
    except LedgerError:
        return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--table", action="store_true", help="runs of the task nk, which trains nothing")
    parser.add_argument("--overlap", type=int, default=0, help="search.overlap")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    place = Path(tempfile.mkdtemp(prefix="kill-"))
    os.environ["EVOLVE_RUNS"] = str(place)
    small: tuple[str, ...] = ("--generations", "3", "--set", "search.eot=0.5") if arguments.table else SMALL
    small = (*small, "--set", f"search.overlap={arguments.overlap}")
    task = "nk" if arguments.table else str(tiny_task(place, arguments.steps))
    summary_of(evolve("run", task, "--name", "whole", "--json", *small))
    whole, rows_whole = story(place / "whole"), progress(place / "whole")
    rows, bad = [], 0
    for n in range(arguments.kills):
        after, name = rng.randrange(rows_whole), f"killed-{n}"
        with running("run", task, "--name", name, "--quiet", *small) as process:  # what still runs at its end is killed
            while process.poll() is None and progress(place / name) < after:
                time.sleep(0.02)
            time.sleep(rng.random() * (0.1 if arguments.table else 1.0))
            alive = process.poll() is None
        if not (place / name / "ledger.sqlite").exists():
            rows.append(f"| {n + 1} | {after} | before the run had a folder: started anew | 0 | 0 | equal |")
            continue
        with Ledger.open(place / name / "ledger.sqlite", read_only=True) as ledger:
            done, paid = len(ledger.evaluations("done")), len(ledger.calls())
            outcomes = {e.key: e.wall_s for e in ledger.evaluations("done")}
            replies = {c.key: c.asked_at for c in ledger.calls()}
        resumed = evolve("resume", name, "--json")
        with Ledger.open(place / name / "ledger.sqlite", read_only=True) as ledger:
            problems = verify(ledger)
            # the measured times show that it is the same training and the same call, not a repetition with an equal result
            problems += [
                f"evaluation {k} was done again" for k, v in outcomes.items() if ledger.evaluation(k).wall_s != v
            ]  # type: ignore[union-attr]
            problems += [f"call {k} was made again" for k, v in replies.items() if ledger.call(k).asked_at != v]  # type: ignore[union-attr]
        if resumed.returncode:
            problems.append(f"resume ended with {resumed.returncode}: {resumed.stderr.strip()[-200:]}")
        elif arguments.overlap:
            again = evolve("replay", name, "--name", f"{name}-replay", "--json")
            problems += (
                [] if again.returncode == 0 else [f"its replay ended with {again.returncode}: {again.stderr[-200:]}"]
            )
            problems += differences(place / name, place / f"{name}-replay")
        else:
            problems += differences(place / name, place / "whole")
        for done_with in place.glob(f"{name}*"):
            shutil.rmtree(done_with)
        bad += bool(problems)
        rows.append(
            f"| {n + 1} | {after} | {'killed' if alive else 'had ended'} | {done} | {paid} | {'; '.join(problems) or 'equal'} |"
        )
        print(rows[-1], flush=True)
    text = "\n".join(
        [
            f"{arguments.kills} kills in a run that, undisturbed, leaves {rows_whole} ledger rows "
            f"({len(whole['outcomes'])} evaluations, {len(whole['calls'])} model calls); {bad} with a problem.",
            "",
            "| kill | after ledger row | state | evaluations done by then | calls paid by then | final ledger against the undisturbed run, or its replay |",
            "|---|---|---|---|---|---|",
            *rows,
        ]
    )
    print(text)
    if arguments.out:
        arguments.out.write_text(text + "\n", encoding="utf-8")
    shutil.rmtree(place)
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
