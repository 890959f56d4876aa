"""`evolve sandbox build | status | prune`."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.errors import plainly
from commands.output import print_json, talk

app = typer.Typer(no_args_is_help=True, help="Make and look at the image that containers start from.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


@app.command()
def build(
    offline: Annotated[
        bool, typer.Option(help="Without a registry: debootstrap (needs root), and the host's torch.")
    ] = False,
    base: Annotated[
        str, typer.Option(help="Image to build on, e.g. a CUDA one. [default: python:3.X-slim]", show_default=False)
    ] = "",
    torch_index: Annotated[
        str, typer.Option(help="Package index for torch; none mounts the host's torch.", show_default=False)
    ] = "",
    again: Annotated[bool, typer.Option(help="Build even when a usable image exists.")] = False,
    as_json: Json = False,
) -> None:
    """Make the sandbox image, unless a usable one exists.

    Example: evolve sandbox build
    """
    from sandbox.image import build_image

    with plainly():
        found = build_image(offline=offline, base=base, torch_index=torch_index, again=again, say=talk)
    if as_json:
        print_json({**found._asdict(), "usable": found.usable})


@app.command()
def status(as_json: Json = False) -> None:
    """Say whether containers can start here; exit code 0 when they can, 1 when the image is missing or does not fit.

    Example: evolve sandbox status
    """
    from sandbox.image import image_status

    with plainly():
        found = image_status()
    if as_json:
        print_json({**found._asdict(), "usable": found.usable})
    elif not found.exists:
        print("no image; make it with: evolve sandbox build")
    else:
        torch = "its own torch" if found.has_torch else "the host's torch"
        fits = "" if found.usable else "; it does not fit this Python, make it anew with: evolve sandbox build --again"
        print(f"image {found.id}, {found.size_mb} MB, Python {found.python}, {torch}{fits}")
    raise typer.Exit(0 if found.usable else 1)


@app.command()
def prune(as_json: Json = False) -> None:
    """Remove containers that dead runs left behind; those of living runs stay.

    Example: evolve sandbox prune
    """
    from sandbox.image import prune as remove

    with plainly():
        removed = remove()
    if as_json:
        print_json({"removed": removed})
    else:
        print(f"{len(removed)} containers removed")
