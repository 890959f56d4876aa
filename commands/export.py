"""`evolve export`: a program as a folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer

from commands.errors import plainly
from commands.output import plain, talk
from commands.reading import Run, pick, reading
from commands.words import standing, values

if TYPE_CHECKING:
    from memory.ledger import Ledger
    from memory.records import Candidate


def export(
    run: Run,
    id: Annotated[str | None, typer.Argument(help="A candidate; the best one if left out.", metavar="ID")] = None,
    to: Annotated[Path | None, typer.Option(help="Folder to make.", metavar="DIR", show_default="RUN-ID")] = None,
) -> None:
    """Write the program of the best candidate, or of the one named, into a new folder.

    Example: evolve export latest --to better-net
    """
    with plainly(), reading(run) as ledger:
        doubted, folder = ledger.unproven(), ledger.path.parent
        chosen = pick(ledger, id) if id else _best(ledger)
    if chosen is None or not chosen.files:
        talk(f"evolve: {f'{chosen.id} has no program' if chosen else 'nothing is evaluated yet'}; nothing to export")
        raise typer.Exit(1)
    target = to or Path(f"{folder.name}-{chosen.id}")
    with plainly():
        _write_program(target, chosen.files)
    talk(f"{chosen.id}: {values(chosen.objectives) or chosen.status} ({standing(chosen, doubted)})")
    print(target)


def _best(ledger: Ledger) -> Candidate | None:
    from memory.dominance import goals_of
    from memory.elites import elites, leader, seed_of

    found = leader(elites(ledger), goals_of(ledger.meta()), seed_of(ledger))
    return ledger.candidate(found.id) if found else None


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
