"""Where runs live on disk and how a user names one."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

LEDGER = "ledger.sqlite"
UNFINISHED = ".new-"  # begins the name of a run's folder until all that it needs is in it


class RunNotFoundError(Exception):
    """No such run; the message lists what there is."""


def runs_dir() -> Path:
    """The folder of all runs: EVOLVE_RUNS, or `runs` in the working folder."""
    return Path(os.environ.get("EVOLVE_RUNS") or "runs")


def run_names() -> list[str]:
    """Names of the runs in the runs folder, the newest first."""
    folder = runs_dir()
    if not folder.is_dir():
        return []
    entries = (entry for entry in folder.iterdir() if not entry.name.startswith(UNFINISHED))
    found = [entry for entry in entries if (entry / LEDGER).is_file() and not entry.is_symlink()]
    return [
        entry.name for entry in sorted(found, key=lambda entry: (_meta(entry, "created"), entry.name), reverse=True)
    ]


def find_run(name: str) -> Path:
    """The folder of the run that `name` means: a path, a name in the runs folder, or `latest` (the newest)."""
    for folder in (runs_dir() / name, Path(name)):
        if (folder / LEDGER).is_file():
            return folder if folder.name.strip(".") else folder.resolve()  # `.` is the name of no run
    known = run_names()
    if name == "latest" and known:
        return runs_dir() / known[0]
    if not known:
        raise RunNotFoundError(f"no run {name!r}: {runs_dir()} holds no runs; start one with 'evolve run'")
    near = get_close_matches(name, known, n=3) or known[:5]
    more = f" and {len(known) - len(near)} more" if len(known) > len(near) else ""
    raise RunNotFoundError(f"no run {name!r} in {runs_dir()}; there is: {', '.join(near)}{more}")


def find_id(id: str) -> Path | None:
    """The folder in the runs folder of the run with this identity, whatever it is called now; the newest name of several copies."""
    return next((runs_dir() / name for name in run_names() if _meta(runs_dir() / name, "id") == id), None)


def identity(meta: Mapping[str, Any]) -> str:
    """What tells this run from every other one, wherever its folder lies: copies of one run share it."""
    return str(meta.get("id") or meta["run"])  # before there was an id it was the name at the start


def handle(folder: Path) -> str:
    """What a user calls this run in a command: the name of its folder where that finds it, else its path."""
    place = runs_dir() / folder.name
    return folder.name if place.exists() and place.samefile(folder) else str(folder.absolute())


def _meta(folder: Path, key: str) -> str:
    """What the run's ledger says under this key; empty where that cannot be read."""
    try:
        db = sqlite3.connect(f"{(folder / LEDGER).absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error:
        return ""
    try:
        row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(json.loads(row[0])) if row else ""
    except sqlite3.Error:
        return ""
    finally:
        db.close()
