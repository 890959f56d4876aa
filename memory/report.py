"""The report of a run: test scores of the final front, opened and counted, and files that a reader can keep."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from memory.aim import BEST, aim_of
from memory.elites import elites, leader, unmet
from memory.files import write_whole
from memory.final import Final, as_csv, as_html, read_final, score_final
from memory.fresh import Fresh, by_candidate, facts_of, fresh_score, implausible
from memory.ledger import Ledger
from memory.numbers import number
from memory.records import Candidate
from memory.runs import handle
from memory.sealed import SealedError, read_sealed
from tasks import Data, Table, Task
from tasks.table import SCRIPT


@dataclass(frozen=True)
class Row:
    """One program of the front, or the seed, with what it reached on the test split."""

    id: str
    objectives: dict[str, float]
    trainings: int  # that the metric is the mean of
    test: float | None  # None where the task has no test value
    fresh: Fresh | None = None  # on examples drawn when it was audited, where the task can draw any
    doubts: list[str] = field(default_factory=list)  # why its numbers are hard to believe
    test_trainings: int = 1  # test and fresh rest on the training with the run's own seed


def finalists(ledger: Ledger) -> list[Candidate]:
    """The seed and the final front."""
    ids = [elite.program.id for elite in elites(ledger)]
    return [ledger.known(id) for id in ["seed", *(id for id in ids if id != "seed")]]


class Opened(NamedTuple):
    """What one opening of the sealed predictions told."""

    rows: list[Row]
    finals: list[Final]  # of trainings with fresh seeds; none where none were asked for
    openings: int  # how many there were by now


def open_front(
    ledger: Ledger, task: Task, data: Data | Table, folder: Path, reason: str = "report of the front", times: int = 0
) -> Opened:
    """The seed and the final front with their test scores, and those of their `times` fresh trainings each.

    The predictions were sealed when the program was trained, and those of a table are asked for only now; nothing is trained or
    chosen here. Each call is an opening, counted once every file was read and before a score is told. Raises SealedError.
    """
    chosen = finalists(ledger)
    if isinstance(data, Table):
        openings = ledger.put_opening([c.id for c in chosen], reason) if data.tester else 0
        return Opened([Row(c.id, c.objectives or {}, c.n or 1, tested(data, c)) for c in chosen], [], openings)
    seed = ledger.meta().get("seed")
    ids = [c.id for c in chosen]
    first = {e.candidate: e for e in ledger.tickets("done", ids) if e.train_seed == seed and e.failure is None}
    sealed = {c.id: read_sealed(folder / "candidates", c, first.get(c.id), task, data) for c in chosen}
    anew = read_final(ledger, task, data, folder, chosen, times)
    openings = ledger.put_opening(ids, reason)
    audits, facts = by_candidate(ledger.audits_of(ids)), facts_of(task, data)
    rows = []
    for c in chosen:
        audit = audits.get(c.id)
        fresh = fresh_score(task.metric, audit.measured) if audit else None
        test = task.score(sealed[c.id], data.labels["test"])
        rows.append(Row(c.id, c.objectives or {}, c.n or 1, test, fresh, implausible(c, audit, facts)))
    return Opened(rows, score_final(ledger, task, data, chosen, times, anew) if times else [], openings)


def tested(table: Table, one: Candidate) -> float | None:
    """The test value of a measured program. Raises SealedError."""
    try:
        return table.test(one.files)
    except Exception as e:  # whatever the task's author wrote
        raise SealedError(f"test() of {SCRIPT} fails on {one.id} with {type(e).__name__}: {e}; mend the task") from e


def write_report(
    ledger: Ledger, task: Task, rows: Sequence[Row], note: str, folder: Path, finals: Sequence[Final] = ()
) -> Path:
    """The folder `report/` with front.csv, report.html and the programs of the front. Returns it.

    With final candidates that were trained anew, also retrained.csv, and a section of the page.
    """
    place = folder / "report"
    names = [o.name for o in task.objectives]
    meta = ledger.meta()
    found = elites(ledger)
    best = leader(ledger, found)
    table = io.StringIO()
    writer = csv.writer(table)
    spread = [f"fresh_{task.metric}", "fresh_low", "fresh_high", "fresh_n"]
    metric, *others = names
    writer.writerow(
        ["id", metric, f"{metric}_trainings", *others, f"test_{task.metric}", "test_trainings", *spread, "doubts"]
    )
    for r in rows:
        fresh = [r.fresh.value, r.fresh.low, r.fresh.high, r.fresh.n] if r.fresh else [""] * 4
        rest = (r.objectives[n] for n in others)
        writer.writerow(
            [
                r.id,
                r.objectives[metric],
                r.trainings,
                *rest,
                "" if r.test is None else r.test,
                r.test_trainings,
                *fresh,
                "; ".join(r.doubts),
            ]
        )
    _write(place / "front.csv", table.getvalue())
    for row in rows:
        for name, text in ledger.known(row.id).files.items():
            _write(place / "programs" / row.id / name, text)
    anew = ""
    if finals:
        metric = task.objectives[0].name
        _write(place / "retrained.csv", as_csv(finals, metric))
        anew = as_html(finals, metric, len(finals[0].test) + len(finals[0].failures))
    _write(
        place / "report.html",
        _page(
            handle(folder), meta, ledger, task, rows, best and ledger.known(best.id), unmet(ledger, found), note, anew
        ),
    )
    return place


def rests_on(rows: Sequence[Row], task: Task, seed: int) -> str:
    """How many trainings each number rests on, in words."""
    if task.is_table:
        return f"Every number is what the task's {SCRIPT} says of the program's text: nothing was trained."
    metric, *others = (o.name for o in task.objectives)
    told = (
        f"n: of how many trainings, each with a seed of its own, {metric} is the mean, by which the front was chosen. "
        f"{', '.join([*others, 'test'])} and fresh rest on one training each, the one with seed {seed}"
    )
    sizes = sorted({row.fresh.n for row in rows if row.fresh})
    return f"{told}; fresh on {' or '.join(f'{n:,}' for n in sizes)} examples." if sizes else f"{told}."


def _page(
    name: str,
    meta: dict[str, Any],
    ledger: Ledger,
    task: Task,
    rows: Sequence[Row],
    best: Candidate | None,
    none: str,
    note: str,
    anew: str,
) -> str:
    def cell(value: object) -> str:
        return html.escape(number(value) if isinstance(value, float) else str(value))

    def scored(row: Row) -> str:
        return f"{number(row.objectives[metric])} ({row.trainings})"

    metric, *others = (o.name for o in task.objectives)
    titles = ["program", f"{metric} (n)", *others, f"test {task.metric}", "fresh (95 %)"]
    head = "".join(f"<th>{cell(n)}</th>" for n in titles)
    body = "".join(
        f"<tr{' class=best' if best and r.id == best.id else ''}>"
        + "".join(
            f"<td>{cell(v)}</td>"
            for v in [
                r.id,
                scored(r),
                *(r.objectives[n] for n in others),
                "–" if r.test is None else r.test,
                r.fresh or "–",
            ]
        )
        + "</tr>"
        for r in rows
    )
    doubts = "".join(f"<li>{cell(r.id)}: {cell('; '.join(r.doubts))}</li>" for r in rows if r.doubts)
    doubted = f"<p>Hard to believe, so read the code first:</p><ul>{doubts}</ul>" if doubts else ""
    seeds = "It is the seed itself: no child came out ahead of it. " if best and best.id == "seed" else ""
    chosen = f"{seeds}{BEST} Here: {aim_of(meta).told()}." if best else f"None. {none}"
    totals = ledger.totals()
    spent = f"{totals['children']} children, {totals['evaluations']} trainings, {totals['model_calls']} model calls, {number(totals['cost_usd'])} USD"
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{cell(name)}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}
table{{border-collapse:collapse}}td,th{{border-bottom:1px solid #ccc;padding:.3rem .9rem;text-align:right}}td:first-child,th:first-child{{text-align:left}}
.best{{background:#e8f4e8}}pre{{background:#f6f6f6;padding:1rem;overflow:auto}}</style>
<h1>{cell(task.title)}: run {cell(name)}</h1>
<p>Strategy {cell(meta["strategy"])}, seed {cell(meta["seed"])}, fidelity {cell(meta["fidelity"])}. {cell(spent)}.</p>
<p>Data: {cell(note)}</p>
{_scatter(ledger, task)}
<h2>The front against the seed</h2>
<p>{cell(rests_on(rows, task, meta["seed"]))}
The test split was opened {len(ledger.openings())} time(s), after the choice.
The lowest validation error of many is partly luck: expect the test column to be less favourable.
The fresh column is the score, with its 95 % interval, on examples drawn from a secret seed when the program was audited; – where none were.</p>
<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>
{doubted}
{anew}
<h2>Best program{f": {cell(best.id)}" if best else ""}</h2>
<p>{cell(chosen)}</p>
{"".join(f"<h3>{cell(n)}</h3><pre>{cell(t)}</pre>" for n, t in best.files.items()) if best else ""}
</html>
"""


def _scatter(ledger: Ledger, task: Task) -> str:
    """Every measured program over the first two objectives, the front and the seed set apart."""
    if len(task.objectives) < 2:
        return ""
    x, y = task.objectives[1].name, task.objectives[0].name
    points = [c for c in ledger.candidates(status="evaluated", code=False) if c.objectives]
    ours = {elite.program.id for elite in elites(ledger)}
    width, height, pad = 640, 320, 40
    xs = [c.objectives[x] for c in points if c.objectives]
    ys = [c.objectives[y] for c in points if c.objectives]

    def place(values: list[float], value: float, size: int) -> float:
        low, high = min(values), max(values)
        return pad + (value - low) / ((high - low) or 1) * (size - 2 * pad)

    dots = []
    for c in points:
        assert c.objectives is not None
        colour = "#c33" if c.id == "seed" else "#2a7" if c.id in ours else "#bbb"
        cx, cy = place(xs, c.objectives[x], width), height - place(ys, c.objectives[y], height)
        label = html.escape(f"{c.id}: {y} {number(c.objectives[y])}, {x} {number(c.objectives[x])}")
        dots.append(f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="5" fill="{colour}"><title>{label}</title></circle>')
    axes = (
        f'<text x="{width / 2}" y="{height - 6}" text-anchor="middle">{html.escape(x)} ({number(min(xs))} to {number(max(xs))})</text>'
        f'<text x="12" y="{height / 2}" transform="rotate(-90 12 {height / 2})" text-anchor="middle">'
        f"{html.escape(y)} ({number(min(ys))} to {number(max(ys))})</text>"
    )
    legend = '<p><span style="color:#c33">●</span> seed <span style="color:#2a7">●</span> front <span style="color:#bbb">●</span> other programs</p>'
    return f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img" font-size="12">{axes}{"".join(dots)}</svg>{legend}'


def _write(path: Path, text: str) -> None:
    write_whole(path, text.encode("utf-8", "replace"))  # line ends stay as they are
