"""`evolve run`, `resume` and `replay`."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.errors import plainly
from commands.options import (
    AIM,
    SETTINGS,
    Generations,
    Json,
    MaxEvaluations,
    MaxHours,
    MaxTokens,
    MaxUsd,
    Quiet,
    Until,
)
from commands.output import print_facts, print_json, program, talk
from commands.reading import Place
from memory.numbers import number

if TYPE_CHECKING:
    from memory.ledger import Ledger

# what `--paper` switches back to: the system as published (Morris et al. 2024)
PAPER: dict[str, Any] = {
    "search.eot_form": "paper",
    "search.parents": "crowding",
    "search.reruns": 0,
    "search.overlap": 0,
    "search.refine": 0,
    "search.scopes": ["segment"],
    "search.programs": 0,
    "search.eot": 0.25,
    "search.ideas": 1,
    "sampling.temperature": [0.05, 0.4],
    "racing.rungs": [],
    "play.allocation": "fixed",
    "play.intents": {"free": 0},
    "play.prompts": 0,
    "aim.require": "",
    "aim.first": "",
    "aim.weights": {},
    "aim.reference": {},
}


def run(
    task: Annotated[
        str | None, typer.Argument(help="Name of a task, or path of a task's folder.", show_default=False)
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the run. [default: task and time]", show_default=False)
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="Read settings from this TOML file.", show_default=False)
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(help="Seed of every random draw. [default: 1]", rich_help_panel=SETTINGS, show_default=False),
    ] = None,
    fidelity: Annotated[
        str | None,
        typer.Option(
            help="Fidelity profile of the task. [default: the task's]", rich_help_panel=SETTINGS, show_default=False
        ),
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            help="guided-evolution, trajectories, or a baseline: "
            "random-parents, greedy, one-plus-one, independent, sequential, random-edits. [default: guided-evolution]",
            rich_help_panel=SETTINGS,
            show_default=False,
        ),
    ] = None,
    generations: Generations = None,
    max_evaluations: MaxEvaluations = None,
    max_hours: MaxHours = None,
    max_tokens: MaxTokens = None,
    max_usd: MaxUsd = None,
    until: Until = None,
    require: Annotated[
        str | None,
        typer.Option(
            help="What an elite must meet: 'val_error <= seed + 0.5 and params < 3000'.",
            rich_help_panel=AIM,
            show_default=False,
            metavar="GOAL",
        ),
    ] = None,
    aim: Annotated[
        str | None,
        typer.Option(
            help="Objective that leads when the best is chosen. [default: the task's first]",
            rich_help_panel=AIM,
            show_default=False,
            metavar="OBJECTIVE",
        ),
    ] = None,
    initial: Annotated[
        int | None,
        typer.Option(
            help="Children of the first generation. [default: 16]", rich_help_panel=SETTINGS, show_default=False
        ),
    ] = None,
    population: Annotated[
        int | None,
        typer.Option(
            help="Children of each later generation, and survivors. [default: 10]",
            rich_help_panel=SETTINGS,
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="Model name at the endpoint, or offline; NAME,weight=3 (also base_url, key_env, prices, limits of a minute) for several. [default: offline]",
            rich_help_panel=SETTINGS,
            show_default=False,
        ),
    ] = None,
    sandbox: Annotated[
        str | None,
        typer.Option(help="auto, docker, jail or none. [default: auto]", rich_help_panel=SETTINGS, show_default=False),
    ] = None,
    slots: Annotated[
        int | None,
        typer.Option(
            help="Candidates trained at once. [default: one a GPU, else one a core]",
            rich_help_panel=SETTINGS,
            show_default=False,
        ),
    ] = None,
    eot: Annotated[
        str | None,
        typer.Option(
            help="Evolution of Thought by evidence, or in the form of the paper. [default: evidence]",
            rich_help_panel=SETTINGS,
            show_default=False,
            metavar="FORM",
        ),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            help="Share lessons with other runs in this folder, or on a Chroma server at this http address.",
            rich_help_panel=SETTINGS,
            show_default=False,
            metavar="PATH|URL",
        ),
    ] = None,
    paper: Annotated[
        bool,
        typer.Option(
            "--paper",
            help="Keep to the published system: its form of thought and temperatures, no race, no second trainings, equal chances.",
            rich_help_panel=SETTINGS,
        ),
    ] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any setting, as section.key=value.", rich_help_panel=SETTINGS, show_default=False),
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Evolve a task's program and keep everything in runs/NAME.

    Example: evolve run mnist1d --name first --generations 4
    """
    from graph.config import ConfigError
    from graph.resolve import resolve
    from graph.run import create
    from tasks import load_task

    flags: dict[str, Any] = {
        "task": task,
        "seed": seed,
        "fidelity": fidelity,
        "search.strategy": strategy,
        **_bounds(generations, max_evaluations, max_hours, max_tokens, max_usd, until),
        "aim.require": require,
        "aim.first": aim,
        "search.initial": initial,
        "search.population": population,
        "search.eot_form": eot,
        "memory.shared": memory,
        "sandbox.backend": sandbox,
        "sandbox.slots": slots,
        "models": _models(model),
    }
    with plainly():
        if paper:
            flags = PAPER | {key: value for key, value in flags.items() if value is not None}
        for pair in set_ or []:
            key, equals, value = pair.partition("=")
            if not equals:
                raise ConfigError(f"--set expects section.key=value, came {pair!r}")
            flags[key.strip()] = value.strip()
        settings = resolve(config, flags)
        run_name = name or f"{load_task(settings.task).name}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
        folder = _place(run_name)
        doubts = create(settings, folder)
    for doubt in doubts:
        talk(f"note: {doubt}")
    drive(folder, quiet, as_json)


_TOLD = "weight|base_url|key_env|requests_per_minute|tokens_per_minute|usd_per_million_in|usd_per_million_out"
_OF_A_MODEL = re.compile(rf"(.*?)((?:,(?:{_TOLD})=[^,]*)*)", re.DOTALL)


def _bounds(
    generations: int | None,
    evaluations: int | None,
    hours: float | None,
    tokens: int | None,
    usd: float | None,
    until: str | None,
) -> dict[str, Any]:
    """What ends a run, as settings."""
    given = {"evaluations": evaluations, "hours": hours, "tokens": tokens, "usd": usd, "until": until}
    return {"search.generations": generations, **{f"budget.{name}": value for name, value in given.items()}}


def _place(name: str) -> Path:
    """The folder of a new run of this name. Raises ConfigError unless it is one that every listing can show and a user can type."""
    from graph.config import ConfigError
    from memory.runs import runs_dir

    if "/" in name or name.startswith(".") or not name.isprintable():
        raise ConfigError(f"--name expects a plain name, came {name!r}; set the place of all runs with EVOLVE_RUNS")
    return runs_dir() / name


def _models(names: list[str] | None) -> list[dict[str, Any]] | None:
    """`NAME`, or `NAME,weight=3` with further settings of the model likewise: no name of a model ends so, colons and all."""
    out: list[dict[str, Any]] = []
    for said in names or []:
        found = _OF_A_MODEL.fullmatch(said)
        assert found is not None
        out.append({"name": found[1], **dict(part.split("=", 1) for part in found[2].split(",")[1:])})
    return out or None


def resume(
    run: Annotated[str, typer.Argument(help="Name or path of the run.")],
    task: Place = "",
    generations: Generations = None,
    max_evaluations: MaxEvaluations = None,
    max_hours: MaxHours = None,
    max_tokens: MaxTokens = None,
    max_usd: MaxUsd = None,
    until: Until = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Go on with a run from where it stands: a stopped one, or a finished one of which more is asked.

    Its task must still be what it was made with. Bounds are of the whole run, and hold instead of those that it was made with.

    Example: evolve resume first --generations 12
    """
    from graph.extend import extend
    from memory.runs import find_run

    bounds = _bounds(generations, max_evaluations, max_hours, max_tokens, max_usd, until)
    with plainly():
        folder = find_run(run)
        if any(value is not None for value in bounds.values()):
            extend(folder, bounds)
    drive(folder, quiet, as_json, task)


def replay(
    run: Annotated[str, typer.Argument(help="Name or path of the run to repeat.")],
    name: Annotated[
        str | None, typer.Option(help="Name of the new run. [default: RUN-replay]", show_default=False)
    ] = None,
    task: Place = "",
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Repeat a run from its stored replies: everything is trained anew, no model is called.

    Example: evolve replay first
    """
    from graph.run import create, read_config
    from memory.runs import find_run

    with plainly():
        source = find_run(run)
        folder = _place(name or f"{source.name}-replay")
        config = read_config(source)
        create(config.model_copy(update={"task": task}) if task else config, folder, source)
    drive(folder, quiet, as_json)


def drive(folder: Path, quiet: bool, as_json: bool, task: str = "") -> None:
    """Run to the end with progress on stderr, then say what came of it. `task` says where its task's folder is now."""
    from commands.progress import Watch
    from graph.run import go, read_config

    begun = False

    def begin(folder: Path, ledger: Ledger) -> None:
        nonlocal begun
        begun = True
        if not quiet:
            _say_begun(ledger)

    with plainly(folder), Watch(folder, read_config(folder).search, quiet):
        result = asyncio.run(go(folder, begin, task))
    if not begun and not quiet:
        talk(f"run {result['run']} is finished: there is nothing left to do")
    if as_json:
        print_json(result)
    else:
        _tell(result, folder)


def _say_begun(ledger: Ledger) -> None:
    """Why no GPU is used, when none can be, and that the run's content could not be compared, when it could not."""
    *before, begun = ledger.events()
    if before and before[-1].data.get("about") == "content":
        talk(before[-1].data["why"])
    if begun.data["why"]:
        talk(f"training on the CPU: {begun.data['why']}")


def _tell(result: dict[str, Any], folder: Path) -> None:
    from commands.progress import fates
    from commands.words import ahead

    def values(one: dict[str, Any] | None) -> str:
        return ", ".join(f"{k} {number(v)}" for k, v in one["objectives"].items()) if one else "none"

    name, evolve, best = result["run"], program(), result["best"]
    spent = f"{result['evaluations']} evaluations, {number(result['wall_s'], 3)} s"
    told = (
        ("run", f"{name}: {result['children']} children ({fates(result['failures'])}), {spent}"),
        ("data", result["data"]),
        ("seed", values(result["seed_candidate"])),
        ("required", result["required"]),
        ("best", f"{values(best)}  ({best['id']})" if best else f"none: {result['unmet']}"),
        ("chosen", ahead(best["id"], result["chosen"]) if best else ""),
        ("front", f"{len(result['front'])} programs, none of which is better than another in everything"),
    )
    print_facts(told)
    hints = (
        (f"{evolve} front {name}", "the Pareto front against the seed"),
        (
            f"{evolve} show {name} {best['id'] if best else 'seed'}",
            "the best program, its parents and its change",
        ),
        (f"{evolve} transcript {name}", "what the agents were asked and answered"),
        (f"{evolve} lessons {name}", "what the Critic concluded, and how it served"),
        (f"{evolve} report {name}", "test accuracy of the front, opened once"),
        (f"{evolve} status {name} --profile", "where its time went, and what would keep its slots busy"),
    )
    print("look next:")
    print_facts([(f"{command} ", why) for command, why in hints], indent=2)
    talk(f"everything is in {folder}")
