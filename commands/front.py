"""`evolve front`: the elites of a run against its seed."""

from __future__ import annotations

from commands.errors import plainly
from commands.output import print_json, print_table, talk
from commands.reading import Json, Run, reading
from commands.words import ahead
from memory.numbers import number, signed


def front(run: Run, as_json: Json = False) -> None:
    """List the programs that no other one beats in every objective, against the seed.

    Example: evolve front latest
    """
    from memory.aim import BEST, aim_of
    from memory.elites import by_cost, elites, leader, seed_of, unmet
    from memory.fresh import by_candidate, facts_in, implausible
    from memory.runs import handle

    with plainly(), reading(run) as ledger:
        meta, name = ledger.meta(), handle(ledger.path.parent)
        aim, seed = aim_of(meta), seed_of(ledger)
        found = by_cost(elites(ledger), aim.goals)
        best, none = leader(ledger, found), unmet(ledger, found)
        audits = by_candidate(ledger.audits_of([elite.program.id for elite in found]))
    doubts = {e.program.id: implausible(e.program, audits.get(e.program.id), facts_in(meta)) for e in found}
    if as_json:
        entries = [
            {
                "id": elite.program.id,
                "objectives": elite.program.objectives,
                "equals": elite.equals,
                "doubts": doubts[elite.program.id],
            }
            for elite in found
        ]
        seeded = {"id": seed.id, "objectives": seed.objectives} if seed else None
        print_json(
            {
                "run": name,
                "objectives": meta.get("objectives"),
                "seed": seeded,
                "best": best.id if best else None,
                "chosen": aim.told(),
                "unmet": none,
                "front": entries,
            }
        )
        return
    columns, rows = ["id"], [[elite.program.id] for elite in found]
    for item in meta.get("objectives", []):
        unit = f" {item['unit']}" if item.get("unit") else ""
        columns += [f"{item['name']}{unit}", "vs seed"]
        base = (seed.objectives or {}).get(item["name"]) if seed else None
        for row, elite in zip(rows, found, strict=True):
            value = (elite.program.objectives or {})[item["name"]]
            row += [number(value), "" if base is None else signed(value - base)]
    print_table(
        [*columns, "generation", ""],
        [
            [*row, elite.program.generation, "best" if best and elite.program.id == best.id else ""]
            for row, elite in zip(rows, found, strict=True)
        ],
        [*columns[1:], "generation"],
    )
    for elite in found:
        if elite.equals:
            talk(f"{elite.program.id} measures the same as {' '.join(elite.equals)}")
        if why := doubts[elite.program.id]:
            talk(f"{elite.program.id} is hard to believe: {'; '.join(why)}")
    if best:
        talk(f"{BEST} Here: {ahead(best.id, aim.told())}")
    else:
        talk(none or "nothing is evaluated yet")
