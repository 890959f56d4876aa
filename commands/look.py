"""Commands that look at a run: they read its ledger, also while it runs, and change nothing."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

import typer

from commands.errors import plainly
from commands.output import console, plain, print_facts, print_json, print_table, talk, terminal
from commands.reading import Json, Run, pick, reading
from memory.numbers import number, signed


def register(app: typer.Typer, panel: str | None = None) -> None:
    """Add the commands to `app`, under the help panel named."""
    from commands import memory, transcript

    for function in (status, show, front, export, transcript.transcript, transcript.lessons):
        app.command(rich_help_panel=panel)(function)
    app.add_typer(memory.app, name="memory", rich_help_panel=panel)


def status(
    run: Annotated[str | None, typer.Argument(help="Name or path of a run; every run if left out.")] = None,
    as_json: Json = False,
) -> None:
    """Show how far a run is, what it has found and what it has spent.

    Example: evolve status latest
    """
    from memory.ledger import LedgerError
    from memory.runs import run_names, runs_dir

    with plainly():
        if run is not None:
            _print_status(_facts(run), as_json)
            return
        every = []
        for name in run_names():
            try:
                every.append(_facts(str(runs_dir() / name)))  # by path: a run of the list may be called `latest`
            except LedgerError as error:
                talk(f"evolve: {error}")
    if as_json:
        print_json(every)
    elif not every:
        talk(f"no runs in {runs_dir()}; start one with: evolve run")
    else:
        rows = [
            (
                f["run"],
                f["task"],
                f["state"],
                f["generation"],
                f["children"],
                _values((f["best"] or {}).get("objectives")),
            )
            for f in every
        ]
        print_table(("run", "task", "state", "generation", "children", "best"), rows, ("generation", "children"))


def show(
    run: Run,
    id: Annotated[
        str | None, typer.Argument(help="A candidate, e.g. g02-07; all of them if left out.", metavar="ID")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show one candidate with its code and what changed, or list them all.

    Example: evolve show latest g02-07
    """
    from genome import diff
    from memory.fresh import unproven

    with plainly(), reading(run) as ledger:
        if id is None:
            every, doubted = ledger.candidates(), unproven(ledger)
            one, parent, audit = None, None, None
        else:
            one = pick(ledger, id)
            parent = ledger.candidate(one.parents[0]) if one.parents else None
            audit = next((a for a in ledger.audits() if a.candidate == id), None)
    if one is None:
        if as_json:
            print_json([{**_as_dict(c), "proven": c.id not in doubted} for c in every])
            return
        rows = [
            (c.id, _made(c), " ".join(c.parents), c.persona or "", _standing(c, doubted), _values(c.objectives))
            for c in every
        ]
        print_table(("id", "made by", "parents", "persona", "status", "objectives"), rows)
        return
    changed = diff(parent.files, one.files) if parent is not None and one.files else ""
    if as_json:
        files = {
            "code": one.files.get("program.py", "\n".join(one.files.values())),
            "files": one.files,
            "diff": changed,
            "audit": asdict(audit) if audit else None,
        }
        print_json({**_as_dict(one), **files})
        return
    _print_candidate(one, parent, audit, changed)


def front(run: Run, as_json: Json = False) -> None:
    """List the programs that no other one beats in every objective, against the seed.

    Example: evolve front latest
    """
    from memory.dominance import costs, goals_of
    from memory.dominance import front as undominated
    from memory.fresh import by_candidate, facts_in, implausible
    from memory.runs import handle

    with plainly(), reading(run) as ledger:
        meta, name = ledger.meta(), handle(ledger.path.parent)
        evaluated = ledger.candidates(status="evaluated")
        audits = by_candidate(ledger.audits())
    goals = goals_of(meta)
    seed = next((c for c in evaluated if c.operator == "seed"), None)
    found = sorted(undominated(evaluated, goals), key=lambda c: costs(c.objectives or {}, goals))
    doubts = {c.id: implausible(c, audits.get(c.id), facts_in(meta)) for c in found}
    if as_json:
        entries = [{"id": c.id, "objectives": c.objectives, "doubts": doubts[c.id]} for c in found]
        seeded = {"id": seed.id, "objectives": seed.objectives} if seed else None
        print_json({"run": name, "objectives": meta.get("objectives"), "seed": seeded, "front": entries})
        return
    columns, rows = ["id"], [[c.id] for c in found]
    for item in meta.get("objectives", []):
        unit = f" {item['unit']}" if item.get("unit") else ""
        columns += [f"{item['name']}{unit}", "vs seed"]
        base = (seed.objectives or {}).get(item["name"]) if seed else None
        for row, c in zip(rows, found, strict=True):
            value = (c.objectives or {})[item["name"]]
            row += [number(value), "" if base is None else signed(value - base)]
    print_table(
        [*columns, "generation"],
        [[*r, c.generation] for r, c in zip(rows, found, strict=True)],
        [*columns[1:], "generation"],
    )
    for id, why in doubts.items():
        if why:
            talk(f"{id} is hard to believe: {'; '.join(why)}")
    if not found:
        talk("nothing is evaluated yet")


def export(
    run: Run,
    id: Annotated[str | None, typer.Argument(help="A candidate; the best one if left out.", metavar="ID")] = None,
    to: Annotated[Path | None, typer.Option(help="Folder to make.", metavar="DIR", show_default="RUN-ID")] = None,
) -> None:
    """Write the program of the best candidate, or of the one named, into a new folder.

    Example: evolve export latest --to better-net
    """
    from memory.dominance import best, goals_of
    from memory.fresh import unproven

    with plainly(), reading(run) as ledger:
        meta, doubted, folder = ledger.meta(), unproven(ledger), ledger.path.parent
        evaluated = ledger.candidates(status="evaluated")
        seed = next((c for c in evaluated if c.operator == "seed"), None)
        chosen = pick(ledger, id) if id else best(evaluated, goals_of(meta), seed)
    if chosen is None or not chosen.files:
        talk(f"evolve: {f'{chosen.id} has no program' if chosen else 'nothing is evaluated yet'}; nothing to export")
        raise typer.Exit(1)
    target = to or Path(f"{folder.name}-{chosen.id}")
    with plainly():
        _write_program(target, chosen.files)
    talk(f"{chosen.id}: {_values(chosen.objectives) or chosen.status} ({_standing(chosen, doubted)})")
    print(target)


def _write_program(target: Path, files: dict[str, str]) -> None:
    """Make the folder with all files, or nothing. Raises FileExistsError if there is something already."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        talk(f"evolve: {target} is there already; name another folder with --to DIR")
        raise typer.Exit(2)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as made:
        folder = Path(made) / "program"
        folder.mkdir()
        for name, text in files.items():
            place = PurePosixPath(name)
            if place.is_absolute() or ".." in place.parts:
                talk(f"evolve: {plain(name)!r} points out of the folder; nothing was written")
                raise typer.Exit(1)
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            (folder / place).write_bytes(text.encode("utf-8", "replace"))  # line ends stay as they are
        os.rename(folder, target)


def _facts(run: str) -> dict[str, Any]:
    """What `status` says of a run, as one object."""
    from memory.dominance import best, front, goals_of
    from memory.fresh import unproven
    from memory.ledger import Ledger
    from memory.runs import LEDGER, find_run, handle

    # asked first: a run that ends in between is told as running, never as stopped
    writer = Ledger.writer(find_run(run) / LEDGER)
    with reading(run) as ledger:
        doubted = unproven(ledger)
        meta, totals, found, events = ledger.meta(), ledger.totals(), ledger.candidates(), ledger.events()
        finished = ledger.finished()
        selections = ledger.selections()
    goals = goals_of(meta)
    evaluated = [c for c in found if c.status == "evaluated"]
    seed = next((c for c in evaluated if c.operator == "seed"), None)
    leader = best(evaluated, goals, seed)
    last = events[-1] if events else None
    state = "running" if writer is not None else "finished" if finished else "stopped"
    return {
        "run": handle(ledger.path.parent),
        "id": meta.get("id"),
        "made_as": meta.get("run"),
        **{key: meta.get(key) for key in ("task", "strategy", "seed", "fidelity", "created")},
        "state": state,
        "pid": writer,
        "generation": max((c.generation for c in found), default=0),
        "selected": selections[-1].number if selections else None,
        **totals,
        "by_status": dict(sorted(Counter(c.status for c in found if c.operator != "seed").items())),
        "seed_candidate": {"id": seed.id, "objectives": seed.objectives} if seed else None,
        "best": {"id": leader.id, "objectives": leader.objectives} if leader else None,
        "front": [{"id": c.id, "objectives": c.objectives} for c in front(evaluated, goals)],
        "unproven": [c.id for c in evaluated if c.id in doubted],
        "last_event": {"kind": last.kind, "at": last.at, "data": last.data} if last else None,
    }


def _print_status(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(facts)
        return
    seed, leader = facts["seed_candidate"], facts["best"]
    ids = [one["id"] for one in facts["front"]]
    failures = ", ".join(f"{kind} {count}" for kind, count in facts["failures"].items())
    children = ", ".join(f"{count} {kind}" for kind, count in facts["by_status"].items())
    made = "" if Path(facts["run"]).name == facts["made_as"] else f" (made as {facts['made_as']})"
    lines = [
        (
            "run",
            f"{facts['run']}{made}: {facts['task']}, {facts['strategy']}, seed {facts['seed']}, {facts['fidelity']}",
        ),
        ("state", facts["state"] + (f" (process {facts['pid']})" if facts["pid"] else "")),
        ("generation", facts["generation"]),
        ("children", f"{facts['children']}: {children}" if children else 0),
        ("failures", failures),
        ("seed", _values(seed["objectives"]) if seed else ""),
        ("best", f"{leader['id']}: {_values(leader['objectives'])}" if leader else ""),
        ("front", " ".join(ids[:12]) + (f" and {len(ids) - 12} more" if len(ids) > 12 else "")),
        ("not proven", " ".join(facts["unproven"])),
        (
            "models",
            f"{facts['model_calls']} calls, {sum(facts['tokens'].values()):,} tokens, {number(facts['cost_usd'])} USD",
        ),
        ("training", f"{facts['evaluations']} evaluations, {number(facts['train_wall_s'], 3)} s"),
    ]
    print_facts(lines)
    if facts["state"] == "stopped":
        talk(f"go on with: evolve resume {facts['run']}")


def _as_dict(one: Any) -> dict[str, Any]:
    names = ("id", "parents", "operator", "segment", "persona", "generation", "status", "failure", "objectives")
    more = ("message", "intent", "prompt", "model", "temperature", "rationale", "repairs", "fingerprint")
    return {
        **{n: getattr(one, n) for n in names},
        "lessons_cited": list(one.lessons),
        **{n: getattr(one, n) for n in more},
    }


def _standing(one: Any, unproven: set[str]) -> str:
    """What became of it, in a word or two."""
    return one.failure or (f"{one.status}, not proven" if one.id in unproven else one.status)


def _made(one: Any) -> str:
    return " ".join(part for part in (one.operator, one.segment) if part)


def _values(objectives: dict[str, float] | None) -> str:
    return ", ".join(f"{name} {number(value)}" for name, value in (objectives or {}).items())


def _audited(audit: Any) -> str:
    if audit is None:
        return ""
    clean = ", ".join(f"{name} {number(value)}" for name, value in audit.measured.items())
    word = f"struck: {audit.fault}" if audit.fault else f"not proven: {audit.unproven}" if audit.unproven else "holds"
    return "; ".join(part for part in (word, clean, audit.note) if part)


def _print_candidate(one: Any, parent: Any, audit: Any, changed: str) -> None:
    from rich.syntax import Syntax

    lines = [
        ("made by", _made(one) + (f" from {', '.join(one.parents)}" if one.parents else "")),
        ("intent", one.intent),
        ("wording", one.prompt),
        ("author", " ".join(filter(None, (one.persona, f"({one.model}, {one.temperature})" if one.model else "")))),
        ("lessons", " ".join(one.lessons)),
        ("status", f"{one.status}{f': {one.failure}' if one.failure else ''}, {one.repairs} repairs"),
        ("error" if one.failure else "note", one.message),
        ("outcome", _values(one.objectives)),
        ("audit", _audited(audit)),
        ("parent", _values(parent.objectives) if parent else ""),
        ("rationale", one.rationale),
    ]
    print(one.id)
    print_facts(lines, indent=2, least=10)
    shown = [(f"change against {parent.id}", changed, "diff")] if parent and changed else []
    if not shown:
        shown = [(name, text, "python") for name, text in one.files.items()]
    for title, text, language in shown:
        print(f"\n{plain(title)}")
        if terminal():
            console().print(
                Syntax(plain(text), language, theme="ansi_dark", background_color="default", word_wrap=True)
            )
        else:
            print(plain(text))
    if parent and changed:
        talk("the whole program: --json, or evolve export")
