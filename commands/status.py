"""`evolve status`: how far runs are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.errors import plainly
from commands.output import print_facts, print_json, print_table, talk
from commands.reading import Json, reading
from commands.words import ahead, values
from memory.numbers import number

if TYPE_CHECKING:
    from memory.ledger import Ledger
    from memory.records import Candidate


def status(
    run: Annotated[str | None, typer.Argument(help="Name or path of a run; every run if left out.")] = None,
    profile: Annotated[
        bool, typer.Option("--profile", help="Show where the time of the run went, and what its slots waited for.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show how far a run is, what it has found and what it has spent.

    Example: evolve status latest
    """
    from memory.ledger import LedgerError
    from memory.runs import run_names, runs_dir

    with plainly():
        if profile:
            from commands.profile import print_profile

            print_profile(run or "latest", as_json)
            return
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
                values((f["best"] or {}).get("objectives")),
            )
            for f in every
        ]
        print_table(("run", "task", "state", "generation", "children", "best"), rows, ("generation", "children"))


def _facts(run: str) -> dict[str, Any]:
    """What `status` says of a run, as one object."""
    from memory.ledger import Ledger
    from memory.runs import LEDGER, find_run, handle

    # asked first: a run that ends in between is told as running, never as stopped
    writer = Ledger.writer(find_run(run) / LEDGER)
    with reading(run) as ledger:
        meta, last, selected = ledger.meta(), ledger.last_event(), ledger.last_selection()
        return {
            "run": handle(ledger.path.parent),
            "id": meta.get("id"),
            "made_as": meta.get("run"),
            **{key: meta.get(key) for key in ("task", "strategy", "seed", "fidelity", "created")},
            "state": "running" if writer is not None else "finished" if ledger.finished() else "stopped",
            "pid": writer,
            "generation": ledger.generations(),
            "selected": selected.number if selected else None,
            **ledger.totals(),
            "by_status": ledger.by_status(),
            **_found(ledger, meta),
            "unproven": ledger.unproven(),
            "last_event": {"kind": last.kind, "at": last.at, "data": last.data} if last else None,
        }


def _found(ledger: Ledger, meta: dict[str, Any]) -> dict[str, Any]:
    """The seed, the best of the elites, and the elites."""
    from memory.aim import aim_of
    from memory.elites import elites, leader, leading, seed_of, unmet

    def told(one: Candidate | None) -> dict[str, Any] | None:
        return {"id": one.id, "objectives": one.objectives} if one else None

    found, seed, aim = elites(ledger), seed_of(ledger), aim_of(meta)
    return {
        "seed_candidate": told(seed),
        "best": told(leader(ledger, found)),
        "required": aim.require,
        "chosen": aim.told(),
        "unmet": unmet(ledger, found),
        "leading": told(leading(ledger)),
        "front": [told(elite.program) for elite in found],
    }


def _print_status(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(facts)
        return
    seed, leader, first = facts["seed_candidate"], facts["best"], facts["leading"]
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
        ("seed", values(seed["objectives"]) if seed else ""),
        ("required", facts["required"]),
        (
            "best",
            f"{leader['id']}: {values(leader['objectives'])}"
            if leader
            else facts["unmet"] and f"none: {facts['unmet']}",
        ),
        ("chosen", ahead(leader["id"], facts["chosen"]) if leader else ""),
        ("leading", f"{first['id']}: {values(first['objectives'])}, not confirmed yet" if first and not leader else ""),
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
