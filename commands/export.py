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
from commands.words import ahead, standing, values

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
        why = f"{chosen.id} has no program" if chosen else _none(ledger)
        how = "" if id or chosen is None else ahead(chosen.id, _chosen(ledger))
    if chosen is None or not chosen.files:
        talk(f"evolve: {why}; nothing to export")
        raise typer.Exit(1)
    target = to or Path(f"{folder.name}-{chosen.id}")
    with plainly():
        _write_program(target, chosen.files)
    talk(f"{chosen.id}: {values(chosen.objectives) or chosen.status} ({standing(chosen, doubted)})")
    if how:
        talk(f"chosen: {how}")
    print(target)


def _best(ledger: Ledger) -> Candidate | None:
    from memory.elites import elites, leader

    found = leader(ledger, elites(ledger))
    return ledger.candidate(found.id) if found else None


def _chosen(ledger: Ledger) -> str:
    from memory.aim import aim_of

    return aim_of(ledger.meta()).told()


def _none(ledger: Ledger) -> str:
    """Why there is no best one."""
    from memory.elites import elites, unmet

    return unmet(ledger, elites(ledger)) or "nothing is evaluated yet"


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
