"""Every error that a user can meet, as one line on stderr and the right exit code: 2 usage and settings, 1 a failed run, 130 interrupted."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import typer

from commands.output import plain, program


def _usage_errors() -> tuple[type[Exception], ...]:
    from agents.personas import PersonaError
    from graph.config import ConfigError
    from graph.content import ContentError
    from memory.runs import RunNotFoundError
    from sandbox.contract import SandboxUnavailable
    from tasks import TaskError

    return ConfigError, ContentError, TaskError, PersonaError, RunNotFoundError, SandboxUnavailable


def _run_errors() -> tuple[type[Exception], ...]:
    from agents.chat import ModelStopped, ReplayDiverged
    from graph.run import RunError
    from memory.connect import LedgerError
    from memory.sealed import SealedError
    from sandbox.contract import SandboxError

    return RunError, LedgerError, ModelStopped, ReplayDiverged, SandboxError, SealedError


@contextlib.contextmanager
def plainly(run: Path | None = None) -> Iterator[None]:
    """Turn the errors we know into one line; with a run's folder, also say how to go on. Unknown ones stay tracebacks."""
    try:
        yield
    except KeyboardInterrupt:  # before the run has its own handler, and in every other command
        _end(f"interrupted{_how_to_go_on(run)}", 130)
    except Exception as e:
        from graph.findings import SeedFailed
        from graph.run import Interrupted

        if isinstance(e, Interrupted):
            _end(f"interrupted; everything finished is kept{_how_to_go_on(run)}", 130)
        if isinstance(e, _usage_errors()):  # before the others: an absent sandbox is a matter of set-up
            _end(str(e), 2)
        if isinstance(e, SeedFailed):  # this run stays tied to the task as it is
            _end(
                f"{e}; mend the task and start a new run{_how_to_go_on(run, 'or, if the machine was at fault, go on with')}",
                1,
            )
        if isinstance(e, _run_errors()):
            _end(f"{e}{_how_to_go_on(run)}", 1)
        if _disk_full(e):
            _end(f"the disk is full; free some space, nothing recorded is lost{_how_to_go_on(run)}", 1)
        if isinstance(e, UnicodeEncodeError):
            _end(_no_text(e), 2)
        if isinstance(e, OSError) and e.filename:
            _end(f"{e.filename}: {e.strerror}{_how_to_go_on(run)}", 1)
        raise


def _disk_full(e: Exception) -> bool:
    full = isinstance(e, OSError) and e.errno in (errno.ENOSPC, errno.EDQUOT)
    return full or (isinstance(e, sqlite3.OperationalError) and "full" in str(e))


def _no_text(e: UnicodeEncodeError) -> str:
    """Of a name or a path that is bytes without a meaning here, or has letters that this locale lacks."""
    name = e.object[max(0, e.start - 20) : e.end + 20]
    files = sys.getfilesystemencoding()
    if files == "utf-8":
        return f"{name!r} holds bytes that are no text in UTF-8; give it another name"
    return (
        f"{name!r} has letters that {files} lacks; set a UTF-8 locale, such as LC_ALL=C.UTF-8, or give it another name"
    )


def _how_to_go_on(run: Path | None, lead: str = "go on with") -> str:
    from memory.runs import handle

    return f"; {lead}: {program()} resume {handle(run)}" if run else ""


def _end(text: str, code: int) -> None:
    print(plain(f"evolve: {' '.join(text.split())}"), file=sys.stderr)
    raise typer.Exit(code)
