"""What every command that looks at a run begins with: the run's ledger, and a candidate in it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from memory.ledger import Ledger
    from memory.records import Candidate


def _complete(incomplete: str) -> list[str]:
    from memory.runs import run_names

    return [name for name in [*run_names(), "latest"] if name.startswith(incomplete)]


Run = Annotated[
    str, typer.Argument(help="Name or path of a run, or `latest`.", autocompletion=_complete, show_default=False)
]
Place = Annotated[
    str,
    typer.Option(
        "--task",
        metavar="PATH",
        help="Where the task's folder is now, if it was moved; its content must be the same.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


@contextmanager
def reading(run: str) -> Iterator[Ledger]:
    """The ledger of the run that `run` means, as it is at one moment, also while the run writes. Raises RunNotFoundError, LedgerError."""
    from memory.ledger import Ledger
    from memory.runs import LEDGER, find_run

    gc.freeze()  # what was imported stays; with it and what is read the collector would be busy for a third of the time
    gc.set_threshold(100_000)
    with Ledger.open(find_run(run) / LEDGER, read_only=True) as ledger, ledger.snapshot():
        yield ledger


def pick(ledger: Ledger, id: str) -> Candidate:
    """The candidate of this id. Raises RunNotFoundError with the nearest ids."""
    from memory.rows import storable
    from memory.runs import RunNotFoundError

    found = ledger.candidate(storable(id))
    if found is None:
        ids = ledger.ids()
        near = get_close_matches(id, ids, n=3) or ids[:3]
        raise RunNotFoundError(f"no candidate {id!r} in this run; there is: {', '.join(near) or 'none yet'}")
    return found
