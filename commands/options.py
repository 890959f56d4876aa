"""Options that `evolve run` and `evolve resume` have in common, and the headings that options stand under."""

from __future__ import annotations

from typing import Annotated

import typer

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as one JSON object on stdout.")]
SETTINGS = "Settings"
BUDGET = "Budget"
Generations = Annotated[
    int | None,
    typer.Option(
        help="Generations after the seed. [default: 6, or as many as a budget allows]",
        rich_help_panel=BUDGET,
        show_default=False,
    ),
]
MaxEvaluations = Annotated[
    int | None,
    typer.Option(
        help="Most trainings, those of the seed and further ones included.", rich_help_panel=BUDGET, show_default=False
    ),
]
MaxHours = Annotated[
    float | None,
    typer.Option(help="Most hours of work; what is under way ends.", rich_help_panel=BUDGET, show_default=False),
]
MaxTokens = Annotated[
    int | None, typer.Option(help="Most tokens, to models and from them.", rich_help_panel=BUDGET, show_default=False)
]
MaxUsd = Annotated[
    float | None,
    typer.Option(help="Most US dollars, by the prices of the models.", rich_help_panel=BUDGET, show_default=False),
]
Until = Annotated[
    str | None,
    typer.Option(
        help="Enough is an elite like this: 'val_error < 2 and params < 3000'.",
        rich_help_panel=BUDGET,
        show_default=False,
        metavar="GOAL",
    ),
]
AIM = "Aim"
