"""`evolve report`."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from commands.errors import plainly
from commands.output import print_json, print_table, talk
from commands.reading import Place
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
    from memory.lineage import returned
    from memory.report import open_front, rests_on, write_report
    from memory.runs import find_run

    with plainly():
        folder = find_run(run)
        config = read_config(folder)
        with Ledger.open(folder / "ledger.sqlite") as ledger:
            task, data, unknown = hold(ledger, config, folder, place, asks=False)
            if unknown:
                talk(unknown)
            reason = "report of the front"
            if anew:
                asyncio.run(retrain(ledger, config, task, data, folder, anew, _say))
                reason += f", {anew} fresh training(s) each"
            rows, finals, openings = open_front(ledger, task, data, folder, reason, anew)
            at = write_report(ledger, task, rows, data.note, folder, finals)
            rests = rests_on(rows, task, config.seed)
            lines = returned(ledger)
    if as_json:
        print_json(
            {
                "rows": [asdict(r) for r in rows],
                "retrained": [asdict(f) for f in finals],
                "lines": {"children": lines.children, "added": lines.added, "dropped_before": lines.back},
                "openings": openings,
                "report": str(at),
            }
        )
        return
    metric, *others = (o.name for o in task.objectives)
    columns = ["program", metric, "n", *others, "test", "fresh (95 %)"]
    scores = [
        [
            r.id,
            number(r.objectives[metric]),
            r.trainings,
            *(number(r.objectives[n]) for n in others),
            "–" if r.test is None else number(r.test),
            r.fresh or "–",
        ]
        for r in rows
    ]
    print_table(columns, scores, columns[1:])
    talk(rests)
    for r in rows:
        if r.doubts:
            talk(f"{r.id} is hard to believe: {'; '.join(r.doubts)}")
    if finals:
        print()
        head, *body = table(finals, metric)
        print_table(head, body, head[1:])
        talk(explanation(anew))
    talk(
        f"{lines.children:,} children added {lines.added:,} lines, {lines.back:,} of which their lineage had dropped before"
    )
    talk(f"data: {data.note}")
    talk(f"test split opened {openings} time(s); report in {at}")


def _say(done: Evaluation) -> None:
    what = done.failure or ", ".join(f"{name} {number(value)}" for name, value in (done.objectives or {}).items())
    talk(f"trained {done.candidate} with seed {done.train_seed}: {what}")
