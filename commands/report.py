"""`evolve report`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from commands.errors import plainly


def report(
    run: Annotated[str, typer.Argument(help="Name or path of the run.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON on stdout.")] = False,
) -> None:
    """Open the sealed test predictions of the front, score them, and write report/ (counted in the ledger).

    Example: evolve report first
    """
    from graph.run import read_config
    from memory.ledger import Ledger
    from memory.report import open_front, write_report
    from memory.runs import find_run
    from tasks import load_task

    with plainly():
        folder = find_run(run)
        config = read_config(folder)
        task = load_task(config.task).with_data(config.data)
        data = task.prepare()
        with Ledger.open(folder / "ledger.sqlite") as ledger:
            rows = open_front(ledger, task, data, folder)
            place = write_report(ledger, task, rows, data.note, folder)
            openings = len(ledger.openings())
    if as_json:
        print(json.dumps({"rows": [asdict(r) for r in rows], "openings": openings, "report": str(place)}))
        return
    names = [o.name for o in task.objectives]
    print("  ".join(f"{n:>12}" for n in ["program", *names, "test"]))
    for r in rows:
        print("  ".join([f"{r.id:>12}", *(f"{r.objectives[n]:>12g}" for n in names), f"{r.test:>12.2f}"]))
    print(f"data: {data.note}", file=sys.stderr)
    print(f"test split opened {openings} time(s); report in {place}", file=sys.stderr)
