"""`evolve persona`: list, show, add, check and swap the voices that agents speak in, and see how each has served."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.errors import plainly
from commands.output import plain, print_json, print_table, talk, wrapped
from commands.stats import stats
from memory.files import write_whole
from memory.numbers import number

if TYPE_CHECKING:
    from agents.personas import Persona

app = typer.Typer(no_args_is_help=True, help="List, show, add, check and swap personas.")

CONTROL = "control.toml"  # in a run's folder: what a running run is asked to do otherwise from its next generation on


def _complete(incomplete: str) -> list[str]:
    from agents.personas import persona_names

    return [name for name in persona_names() if name.startswith(incomplete)]


Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
File = Annotated[Path, typer.Argument(help="Persona file (TOML).", show_default=False)]
Name = Annotated[str, typer.Argument(help="Name or file of a persona.", autocompletion=_complete, show_default=False)]
Run = Annotated[str, typer.Argument(help="Name or path of the run.", show_default=False)]


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List every persona: ours and your own.

    Example: evolve persona list
    """
    from agents.personas import PersonaError, load_persona, persona_names

    good, broken = [], []
    for name in persona_names():
        try:
            good.append(load_persona(name))
        except PersonaError as e:
            broken.append(str(e))
    if as_json:
        print_json([_as_dict(persona) for persona in good])
    else:
        print_table(
            ("name", "title", "speaks for", "temperature", "from"),
            [(p.name, p.title, ", ".join(p.roles), _span(p), "you" if p.own else "evolve") for p in good],
        )
    for line in broken:
        talk(f"evolve: {line}")
    if broken:
        raise typer.Exit(1)


@app.command()
def show(name: Name, as_json: Json = False) -> None:
    """Show one persona with its voice.

    Example: evolve persona show tinkerer
    """
    from agents.personas import load_persona

    with plainly():
        persona = load_persona(name)
    if as_json:
        print_json(_as_dict(persona))
        return
    speaks = f"speaks for {', '.join(persona.roles)}; temperature {_span(persona)}; {persona.path}\n"
    for text in (f"{persona.name}: {persona.title}", speaks, persona.voice):
        print("\n".join(wrapped(text)))


@app.command()
def check(file: File) -> None:
    """Say whether a persona file is good, and if not, which line is wrong.

    Example: evolve persona check my-voice.toml
    """
    from agents.personas import load_persona

    with plainly():
        persona = load_persona(file)
    print(
        f"{plain(file)}: good; {persona.name!r} may speak for {', '.join(persona.roles)} at temperature {_span(persona)}"
    )


@app.command()
def add(
    file: File,
    replace: Annotated[bool, typer.Option("--replace", help="Replace your persona of the same name.")] = False,
) -> None:
    """Check a persona file and copy it to your own personas; new runs use it from then on.

    Example: evolve persona add my-voice.toml
    """
    from agents.personas import BUILT_IN, PersonaError, load_persona, user_folder

    with plainly():
        persona = load_persona(file)
        target = user_folder() / f"{persona.name}.toml"
        if (BUILT_IN / target.name).exists():
            raise PersonaError(f"{file}: {persona.name!r} comes with the program; give yours another name")
        if target.exists() and not replace:
            raise PersonaError(f"{target} is there already; give --replace, or give yours another name")
        write_whole(target, file.read_text(encoding="utf-8-sig").encode())
    print(f"added {persona.name} for {', '.join(persona.roles)}: {plain(target)}")


@app.command("set")
def set_(
    run: Run,
    architect: Annotated[list[str] | None, typer.Option(help="Who may speak as the Architect.", metavar="NAME")] = None,
    breeder: Annotated[list[str] | None, typer.Option(help="Who may speak as the Breeder.", metavar="NAME")] = None,
    critic: Annotated[list[str] | None, typer.Option(help="Who may speak as the Critic.", metavar="NAME")] = None,
) -> None:
    """Swap the personas of a run from its next generation on, also while it runs.

    An option may be given several times: one of the names is drawn for each call. `any` means every persona that fits.

    Example: evolve persona set first --architect minimalist --critic statistician
    """
    from memory.runs import find_run

    wanted = {"architect": architect, "breeder": breeder, "critic": critic}
    with plainly():
        asked = {role: _cast(role, names) for role, names in wanted.items() if names}
        if not asked:
            raise typer.BadParameter("name a persona: --architect NAME, --breeder NAME or --critic NAME")
        folder = find_run(run)
        in_force = ask(folder, asked)
    for role, names in in_force.items():
        print(f"{role}: {', '.join(names) or 'every persona that fits'}")
    talk(f"{folder.name} takes this up at its next generation")


def ask(folder: Path, asked: dict[str, list[str]]) -> dict[str, list[str]]:
    """Ask the run in `folder` for these personas; roles asked for earlier stay. Returns all that is asked for now.

    Only a run's own process writes its ledger, so the wish is left in a file that the run reads when it plans.
    """
    import tomli_w

    path = folder / CONTROL
    control = _control(path)
    control["personas"] = {**control.get("personas", {}), **asked}
    write_whole(path, tomli_w.dumps(control).encode())
    return dict(control["personas"])


app.command()(stats)


def _cast(role: str, names: list[str]) -> list[str]:
    """The names, checked; empty for `any`."""
    from agents.personas import ANY, PersonaError, load_persona, persona_names

    if ANY in names:
        return []
    for name in names:
        persona = load_persona(name)
        if name not in persona_names():
            raise PersonaError(f"{name} is a file, and a run needs a name; first: evolve persona add {name}")
        if role not in persona.roles:
            raise PersonaError(f"persona {name!r} may speak for {', '.join(persona.roles)}, not for the {role}")
    return names


def _control(path: Path) -> dict[str, Any]:
    """What the run was asked for before; nothing when the file is absent or was spoilt by hand."""
    import tomllib

    try:
        control = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, ValueError):
        return {}
    return control if isinstance(control.get("personas", {}), dict) else {}


def _as_dict(persona: Persona) -> dict[str, Any]:
    return {
        "name": persona.name,
        "title": persona.title,
        "roles": list(persona.roles),
        "temperature": list(persona.temperature),
        "voice": persona.voice,
        "own": persona.own,
        "path": str(persona.path),
    }


def _span(persona: Persona) -> str:
    low, high = persona.temperature
    return f"{number(low)} to {number(high)}"
