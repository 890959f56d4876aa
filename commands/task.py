"""`evolve task`: see what can be optimised, check a task of one's own, and start one from a scaffold that works."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.errors import plainly
from commands.output import plain, print_facts, print_json, print_table, talk
from memory.numbers import number

app = typer.Typer(no_args_is_help=True, help="List, check and start tasks: what is optimised.")


def _complete(incomplete: str) -> list[str]:
    from tasks import task_names

    return [name for name in task_names() if name.startswith(incomplete)]


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False) -> None:
    """List the tasks that come with the program.

    Example: evolve task list
    """
    from genome import segments
    from tasks import load_task, task_names

    with plainly():
        tasks = [load_task(name) for name in task_names()]
    if as_json:
        print_json(
            [
                {
                    "name": t.name,
                    "title": t.title,
                    "objectives": [{"name": o.name, "unit": o.unit, "goal": o.goal} for o in t.objectives],
                    "fidelities": {name: f.settings for name, f in t.fidelities.items()},
                    "default_fidelity": t.default_fidelity,
                    "segments": list(segments(t.files)),
                    "folder": str(t.folder),
                }
                for t in tasks
            ]
        )
        return
    print_table(
        ("name", "title", "objectives", "fidelities", "segments"),
        [
            (
                t.name,
                t.title,
                ", ".join(o.name for o in t.objectives),
                ", ".join(t.fidelities),
                ", ".join(segments(t.files)),
            )
            for t in tasks
        ],
    )


@app.command()
def check(
    path: Annotated[
        str, typer.Argument(help="Folder of the task, or the name of one that is here.", autocompletion=_complete)
    ],
    sandbox: Annotated[
        str, typer.Option(help="Where the seed is tried: auto, docker, jail or none.", metavar="NAME")
    ] = "auto",
    data_: Annotated[
        list[str] | None,
        typer.Option("--data", help="An option of the task's data, as key=value.", show_default=False),
    ] = None,
) -> None:
    """Check a task: its files, its data, and a few training steps of its seed in a sandbox; of a table task its evaluator.

    Example: evolve task check ./my-task
    """
    from commands.table_check import tell_table, try_evaluator
    from commands.task_check import tell_data, try_seed
    from graph.soundness import check_text
    from tasks import Table, load_task

    with plainly():
        task = load_task(path).with_data(dict(_pair(said) for said in data_ or []))
        _good("task.toml", f"{task.name}: {task.title}")
        for what, found in check_text(task):
            _good(what, found)
        data = task.prepare()
        if isinstance(data, Table):
            for what, found in tell_table(data):
                _good(what, found)
            trial = try_evaluator(task, data)
        else:
            for what, found in tell_data(task, data):
                _good(what, found)
            talk("training the seed for a few steps in a sandbox ...")
            trial = try_seed(task, data, sandbox)
    for what, found in trial.good:
        _good(what, found)
    if trial.failure:
        talk(f"evolve: the seed fails with {trial.failure}: {trial.message}")
        raise typer.Exit(1)
    for name, f in {} if task.is_table else task.fidelities.items():
        cost_s, limit = trial.cost_s.get(name), f.timeout_s
        if cost_s is None:
            _good(f"fidelity {name}", f"not tried: its steps are not those of {task.default_fidelity}")
            continue
        told = f"about {number(round(cost_s, 1))} s of processor time a training, limit {number(limit)} s"
        _good(f"fidelity {name}", told)
        if cost_s > limit / 2:
            talk(f"fidelity {name} comes near its limit: raise timeout_s, or lower the steps")
    print(plain(f"{task.name} is ready: evolve run {path}"))


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the task: small letters, digits, - and _.", show_default=False)],
    at: Annotated[Path, typer.Option(help="Folder in which the task's own folder is made.", metavar="DIR")] = Path("."),
    shape: Annotated[
        str, typer.Option(help="loop: programs are trained; table: the host looks up or computes what they are worth.")
    ] = "loop",
) -> None:
    """Start a task of your own from a scaffold that works.

    Example: evolve task new spirals --at ~/tasks
    """
    from tasks import write_scaffold

    with plainly():
        folder = write_scaffold(name, at, shape)
    print(plain(folder))
    own = "evaluate.py" if shape == "table" else "data.py"
    talk(f"it works as it is; make program.py, {own} and task.toml your own, then: evolve task check {folder}")


def _pair(said: str) -> tuple[str, str]:
    from tasks import TaskError

    key, equals, value = said.partition("=")
    if not equals:
        raise TaskError(f"--data expects key=value, came {said!r}")
    return key.strip(), value.strip()


def _good(what: str, found: str) -> None:
    print_facts([(f"ok  {what}", found)], least=21)
