"""The command `evolve`: parse, call, print. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from commands import doctor, look, persona, report, run, sandbox, streams, task

app = typer.Typer(
    name="evolve",
    help="Let language models improve a neural network by rewriting its code; every child is trained in a sandbox and measured.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # locals hold keys
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(version("guided-evolution"))
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


EVOLVE, LOOK, SET_UP = "Evolve", "Look", "Set up"
for function in (run.run, run.resume, run.replay):
    app.command(rich_help_panel=EVOLVE)(function)
look.register(app, LOOK)
app.command(rich_help_panel=LOOK)(report.report)
app.add_typer(task.app, name="task", rich_help_panel=SET_UP)
app.add_typer(persona.app, name="persona", rich_help_panel=SET_UP)
app.add_typer(sandbox.app, name="sandbox", rich_help_panel=SET_UP)
app.command(rich_help_panel=SET_UP)(doctor.doctor)


def main() -> None:
    """The entry point of the console script."""
    streams.settle()
    try:
        app()
    finally:
        sys.stdout.flush()  # while it can still be said that nobody takes it


if __name__ == "__main__":
    main()
