"""The commands that look at a run: they read its ledger, also while it runs, and change nothing."""

from __future__ import annotations

import typer

from commands import memory
from commands.export import export
from commands.front import front
from commands.lessons import lessons
from commands.show import show
from commands.status import status
from commands.transcript import transcript


def register(app: typer.Typer, panel: str | None = None) -> None:
    """Add the commands to `app`, under the help panel named."""
    for function in (status, show, front, export, transcript, lessons):
        app.command(rich_help_panel=panel)(function)
    app.add_typer(memory.app, name="memory", rich_help_panel=panel)
