"""`evolve persona stats`: what each arm of the role play brought, and how often it is drawn next."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from commands.errors import plainly
from commands.output import plain, print_json, print_table, share, talk
from commands.reading import Json, Run, reading
from memory.numbers import number

if TYPE_CHECKING:
    from graph.arms import Tallies
    from graph.cast import Cast
    from memory.ledger import Ledger

Kind = Literal["persona", "scope", "segment", "intent", "model", "prompt"]


def stats(
    run: Run,
    by: Annotated[Kind, typer.Option(help="Whose children are counted together.")] = "persona",
    as_json: Json = False,
) -> None:
    """Show what the children of each persona, scope, segment, intent, model or wording achieved in a run, with 95 % intervals.

    Better than its parent is a child beyond the noise of both scores, and in nothing worse beyond it. One that extended the front
    added hypervolume to everything that was committed when it was ordered. The chance is that of being drawn for the next child:
    of a persona in its role, of a wording among those of its instruction.

    Example: evolve persona stats latest --by intent
    """
    with plainly(), reading(run) as ledger:
        rows = _rows(ledger.path.parent, ledger, by)
    if as_json:
        print_json(rows)
        return
    named = ("persona", "role") if by == "persona" else (by,)
    columns = (
        "children",
        "valid at first reply",
        "valid",
        "better than its parent",
        "extended the front",
        "hypervolume per 1,000 tokens",
        "chance",
    )
    print_table((*named, *columns), [(*(row[n] for n in named), *_cells(row)) for row in rows], right=("children",))
    for row in rows if by == "prompt" else ():
        note = " (retired)" if row["chance"] == 0 and row["parent"] is not None else ""
        talk(plain(f"{row['prompt']}{note}: {' '.join(row['text'].split())}"))
    if not rows:
        talk("no child has been finished yet")


def _rows(folder: Path, ledger: Ledger, by: Kind) -> list[dict[str, Any]]:
    """One row an arm that was drawn, or may be."""
    from graph.arms import arm_of, next_generation, trial_book
    from graph.bandit import Tally
    from memory.service import none_served, served_by

    generation = next_generation(ledger)
    book = trial_book(ledger)
    book.follow(ledger, generation - 1)
    tallies = book.tallies(by)
    served = served_by(ledger, arm_of(by))
    texts = {w.id: w for w in ledger.wordings()} if by == "prompt" else {}
    drawn = _drawn(folder, ledger, generation, book.tallies)
    ahead = _chances(drawn, by) if drawn else {}
    rows = []
    for arm in sorted({*served, *ahead, *texts}):
        t = tallies.get(arm, Tally())
        role, _, name = arm.rpartition("/") if by == "persona" else ("", "", arm)
        rows.append(
            {
                by: name,
                **({"role": role} if by == "persona" else {}),
                **asdict(served.get(arm, none_served())),
                "extended": t.gained,
                "hypervolume": t.gain,
                "tokens": t.tokens,
                "hypervolume_per_1000_tokens": t.gain_per_1000_tokens,
                "chance": ahead.get(arm, 0.0) if drawn else None,
                **({"text": texts[arm].text, "parent": texts[arm].parent} if arm in texts else {}),
            }
        )
    return rows


def _drawn(folder: Path, ledger: Ledger, generation: int, tallies: Tallies) -> Cast | None:
    """The chances of the next generation; None for a ledger without the settings of its run."""
    import genome
    from agents.prompts import possible
    from graph.bandit import shares
    from graph.cast import chances
    from graph.run import RunError, read_config
    from graph.swaps import personas_after

    try:
        config = read_config(folder)
    except RunError:
        return None
    names = personas_after(config, ledger.meta().get("persona_swaps", []), generation)
    seed = ledger.candidate("seed")
    texts = genome.segments(seed.files) if seed else {}
    drawn = chances(config, names, tallies, ledger.wordings(), list(texts))
    able = possible(texts.values())  # elsewhere in the program, if not in each segment
    return replace(drawn, intents=shares({name: drawn.intents[name] for name in able}))


def _chances(cast: Cast, by: Kind) -> dict[str, float]:
    if by == "persona":
        authors = {role: table for role, table in cast.personas.items() if role != "critic"}
        return {f"{role}/{name}": chance for role, table in authors.items() for name, chance in table.items()}
    if by == "prompt":
        return {version: chance for table in cast.wordings.values() for version, chance in table.items()}
    return dict({"intent": cast.intents, "scope": cast.scopes, "segment": cast.segments}.get(by, cast.models))


def _cells(row: dict[str, Any]) -> tuple[object, ...]:
    shares = (share(row[n], row["trials"], row[f"{n}_interval"]) for n in ("valid_first", "valid", "improved"))
    rate, chance = row["hypervolume_per_1000_tokens"], row["chance"]
    return (
        row["trials"],
        *shares,
        row["extended"],
        "-" if rate is None else number(rate, 3),
        "-" if chance is None else f"{100 * chance:.1f} %",
    )
