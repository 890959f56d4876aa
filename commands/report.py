"""`evolve report`."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from commands.errors import plainly
from commands.output import print_json, print_table, talk
from memory.numbers import number

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
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON on stdout.")] = False,
) -> None:
    """Open the sealed test predictions of the front, score them, and write report/ (counted in the ledger).

    What is trained anew gives means with intervals, and shows how much of a chosen score was luck. It needs the run's sandbox;
    trainings that are recorded already are not repeated.

    Example: evolve report first --retrain 5
    """
    from graph.retrain import retrain
    from graph.run import read_config
    from memory.final import explanation, score_final, table
    from memory.ledger import Ledger
    from memory.report import finalists, open_front, write_report
    from memory.runs import find_run
    from tasks import load_task

    with plainly():
        folder = find_run(run)
        config = read_config(folder)
        task = load_task(config.task).with_data(config.data)
        data = task.prepare()
        with Ledger.open(folder / "ledger.sqlite") as ledger:
            chosen = finalists(ledger)
            finals = []
            reason = "report of the front"
            if anew:
                asyncio.run(retrain(ledger, config, task, data, folder, chosen, anew, _say))
                reason += f", {anew} fresh training(s) each"
            rows = open_front(ledger, task, data, folder, reason)
            if anew:
                finals = score_final(ledger, task, data, folder, chosen, anew)
            place = write_report(ledger, task, rows, data.note, folder, finals)
            openings = len(ledger.openings())
    if as_json:
        print_json(
            {
                "rows": [asdict(r) for r in rows],
                "retrained": [asdict(f) for f in finals],
                "openings": openings,
                "report": str(place),
            }
        )
        return
    names = [o.name for o in task.objectives]
    columns = ["program", *names, "test", "fresh (95 %)"]
    scores = [[r.id, *(number(r.objectives[n]) for n in names), number(r.test), r.fresh or "–"] for r in rows]
    print_table(columns, scores, columns[1:])
    for r in rows:
        if r.doubts:
            talk(f"{r.id} is hard to believe: {'; '.join(r.doubts)}")
    if finals:
        print()
        head, *body = table(finals, names[0])
        print_table(head, body, head[1:])
        talk(explanation(anew))
    talk(f"data: {data.note}")
    talk(f"test split opened {openings} time(s); report in {place}")


def _say(done: Evaluation) -> None:
    what = done.failure or ", ".join(f"{name} {number(value)}" for name, value in (done.objectives or {}).items())
    talk(f"trained {done.candidate} with seed {done.train_seed}: {what}")
