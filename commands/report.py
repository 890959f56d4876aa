"""`evolve report`."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from commands.errors import plainly
from commands.reading import Place

if TYPE_CHECKING:
    from memory.records import Evaluation


def report(
    run: Annotated[str, typer.Argument(help="Name or path of the run.")],
    anew: Annotated[
        int,
        typer.Option(
            "--retrain", min=0, metavar="K", help="First train the front and the seed K more times with fresh seeds."
        ),
    ] = 0,
    place: Place = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON on stdout.")] = False,
) -> None:
    """Open the sealed test predictions of the front, score them, and write report/ (counted in the ledger).

    The task must still be what the run was made with. Each number says on how many trainings it rests.

    What is trained anew gives means with intervals, and shows how much of a chosen score was luck. It needs the run's sandbox;
    trainings that are recorded already are not repeated.

    Example: evolve report first --retrain 5
    """
    from graph.content import hold
    from graph.retrain import retrain
    from graph.run import read_config
    from memory.final import explanation, table
    from memory.ledger import Ledger
    from memory.report import finalists, open_front, rests_on, write_report
    from memory.runs import find_run

    with plainly():
        folder = find_run(run)
        config = read_config(folder)
        with Ledger.open(folder / "ledger.sqlite") as ledger:
            task, data, unknown = hold(ledger, config, folder, place, asks=False)
            if unknown:
                print(unknown, file=sys.stderr)
            reason = "report of the front"
            if anew:
                asyncio.run(retrain(ledger, config, task, data, folder, finalists(ledger), anew, _say))
                reason += f", {anew} fresh training(s) each"
            rows, finals, openings = open_front(ledger, task, data, folder, reason, anew)
            at = write_report(ledger, task, rows, data.note, folder, finals)
            rests = rests_on(rows, task, config.seed)
    if as_json:
        print(
            json.dumps(
                {
                    "rows": [asdict(r) for r in rows],
                    "retrained": [asdict(f) for f in finals],
                    "openings": openings,
                    "report": str(at),
                }
            )
        )
        return
    metric, *others = (o.name for o in task.objectives)
    heads = [f"{'program':>12}", f"{metric:>12}", f"{'n':>3}", *(f"{n:>12}" for n in [*others, "test"])]
    print("  ".join([*heads, f"{'fresh (95 %)':>24}"]))
    for r in rows:
        numbers = [f"{r.objectives[metric]:>12g}", f"{r.trainings:>3}", *(f"{r.objectives[n]:>12g}" for n in others)]
        print("  ".join([f"{r.id:>12}", *numbers, f"{r.test:>12.2f}", f"{r.fresh or '–'!s:>24}"]))
    print(rests, file=sys.stderr)
    for r in rows:
        if r.doubts:
            print(f"{r.id} is hard to believe: {'; '.join(r.doubts)}", file=sys.stderr)
    if finals:
        print()
        for row in table(finals, metric):
            print("  ".join([f"{row[0]:>12}", *(f"{cell:>20}" for cell in row[1:])]))
        print(explanation(anew), file=sys.stderr)
    print(f"data: {data.note}", file=sys.stderr)
    print(f"test split opened {openings} time(s); report in {at}", file=sys.stderr)


def _say(done: Evaluation) -> None:
    what = done.failure or ", ".join(f"{name} {value:g}" for name, value in (done.objectives or {}).items())
    print(f"trained {done.candidate} with seed {done.train_seed}: {what}", file=sys.stderr, flush=True)
