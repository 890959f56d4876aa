"""`evolve memory`: the index over a run's measured steps. It is derived: the ledger can make it again at any time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.errors import plainly
from commands.output import plain, print_facts, print_json, print_table, talk
from commands.reading import Json, Run, reading
from memory.numbers import number, signed

if TYPE_CHECKING:
    from memory.index import Index
    from memory.ledger import Ledger

app = typer.Typer(no_args_is_help=True, help="Look into a run's memory of measured steps, or make it again.")


@app.command()
def stats(run: Run, as_json: Json = False) -> None:
    """Say how many steps the memory of a run holds and whether it is complete.

    Example: evolve memory stats latest
    """
    from memory.runs import handle

    with plainly(), _opened(run) as (folder, ledger, index, writer):
        steps = ledger.evidence()
        facts: dict[str, Any] = {
            "run": handle(folder),
            "embedder": index.embedder,
            "steps": len(steps),
            "measured": sum(step.delta is not None for step in steps),
            "failed": sum(step.delta is None for step in steps),
            "lessons": len(ledger.lessons()),
            "indexed": _indexed(index) if writer is None else None,
            "bytes": sum(file.stat().st_size for file in (folder / "memory").rglob("*") if file.is_file()),
            "writer": writer,
        }
    if as_json:
        print_json(facts)
        return
    counts = ("steps", "measured", "failed", "lessons", "indexed", "bytes")
    told = ((name, "in use by the run" if facts[name] is None else number(facts[name])) for name in counts)
    print_facts([("embedder", facts["embedder"]), *told])
    if facts["indexed"] is not None and facts["indexed"] != facts["steps"]:
        talk(f"the index lacks steps; make it again with: evolve memory rebuild {facts['run']}")


@app.command()
def rebuild(run: Run, as_json: Json = False) -> None:
    """Make the index of a run again from its ledger.

    Example: evolve memory rebuild latest
    """
    from memory.index import Index
    from memory.ledger import Ledger
    from memory.runs import LEDGER, find_run, handle

    with plainly():
        folder = find_run(run)
        # as the one writer: a run that goes on meanwhile would lose what it adds
        with Ledger.open(folder / LEDGER) as ledger:
            steps = Index(folder / "memory", _embedder(folder), ledger, talk).rebuild()
    if as_json:
        print_json({"run": handle(folder), "steps": steps})
    else:
        print(f"{handle(folder)}: {steps} steps indexed")


@app.command()
def verify(run: Run, as_json: Json = False) -> None:
    """Say whether the ledger of a run is consistent with itself, also while the run works; exit code 1 when it is not.

    Example: evolve memory verify latest
    """
    from memory.runs import handle
    from memory.verify import verify as problems_of

    with plainly(), reading(run) as ledger:
        name, found = handle(ledger.path.parent), len(ledger.ids())
        problems = problems_of(ledger)
    if as_json:
        print_json({"run": name, "candidates": found, "problems": problems})
    elif problems:
        print("\n".join(map(plain, problems)))
    else:
        print(f"{plain(name)}: {found} candidates, all consistent")
    raise typer.Exit(1 if problems else 0)


@app.command()
def search(
    run: Run,
    text: Annotated[str, typer.Argument(help="Words, or a candidate whose step to compare with.", show_default=False)],
    most: Annotated[int, typer.Option("-k", "--most", help="How many steps to show.", min=1, metavar="N")] = 10,
    as_json: Json = False,
) -> None:
    """Find the measured steps most like some words, or like the step that led to a candidate.

    Example: evolve memory search latest "dropout in the head"
    """
    with plainly(), _opened(run) as (_, ledger, index, writer):
        if writer is not None:
            talk("the run is at work: searching a copy of its memory")
        steps = {step.child: step for step in reversed(ledger.evidence())}
        found = [(steps[id], distance) for id, distance in index.near(steps.get(text, text), most) if id in steps]
        if index.away:
            raise typer.Exit(1)
    if as_json:
        for step, distance in found:
            names = (
                "child",
                "parent",
                "generation",
                "operator",
                "segment",
                "intent",
                "persona",
                "delta",
                "failure",
                "diff",
            )
            print_json({"distance": distance, **{name: getattr(step, name) for name in names}})
        return
    rows = [
        (s.child, s.parent, f"{s.operator} {s.segment or ''}".strip(), s.intent or "", _outcome(s), number(distance))
        for s, distance in found
    ]
    print_table(("child", "parent", "made by", "intent", "outcome", "distance"), rows, ("distance",))
    if not steps:
        talk("no step is measured yet")


def _outcome(step: Any) -> str:
    if step.delta is None:
        return f"failed: {step.failure}"
    return ", ".join(f"{name} {signed(change)}" for name, change in step.delta.items())


def _indexed(index: Index) -> int:
    """How many steps the folder has as the ledger has them."""
    index.count()
    return index.found


@contextmanager
def _opened(run: str) -> Iterator[tuple[Path, Ledger, Index, int | None]]:
    """Folder, ledger and index of a run; the folder is left alone while the run's process owns it, and never written."""
    from memory.index import Index
    from memory.ledger import Ledger
    from memory.runs import LEDGER, find_run

    folder = find_run(run)
    writer = Ledger.writer(folder / LEDGER)
    with reading(str(folder.absolute())) as ledger:
        index = Index(folder / "memory" if writer is None else None, _embedder(folder), ledger, talk, read_only=True)
        try:
            yield folder, ledger, index, writer
        finally:
            index.close()


def _embedder(folder: Path) -> str:
    """The embedder that the run's settings name; the default where they cannot be read."""
    import tomllib

    from memory.embedders import EMBEDDERS

    try:
        settings = tomllib.loads((folder / "config.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "hash"
    named = settings.get("memory", {}).get("embedder", "hash")
    return named if named in EMBEDDERS else "hash"
