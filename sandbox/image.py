"""The image that containers start from: `python -m sandbox.image build [--offline] | status | prune`.

Online it is built from the Dockerfile. Offline, where no registry can be reached, a base system is made by debootstrap
from a Debian mirror, and torch and numpy are mounted from the host at run time.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.contract import SandboxError, SandboxUnavailable
from sandbox.engine import IMAGE, LABEL, connect, prune

SUITES = {"3.11": "bookworm", "3.13": "trixie"}  # the Debian release whose python3 is of this version
LAYOUT = "1"  # raised when older images no longer fit this program

__all__ = ["ImageStatus", "build_image", "image_status", "prune"]


class ImageStatus(NamedTuple):
    """What the engine knows of the sandbox image."""

    exists: bool
    id: str = ""
    size_mb: int = 0
    python: str = ""  # "3.11"
    has_torch: bool = False  # else the host's packages are mounted

    @property
    def usable(self) -> bool:
        """Whether containers can start from it here: with its own torch, or with a Python like the host's."""
        return self.exists and (self.has_torch or self.python == host_python())


def host_python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def image_status(client: Any = None) -> ImageStatus:
    """Whether the image is there and what is in it. Raises SandboxUnavailable without an engine."""
    import docker.errors

    try:
        image = (client or connect()).images.get(IMAGE)
    except docker.errors.ImageNotFound:
        return ImageStatus(False)
    marks = image.labels or {}
    if marks.get(f"{LABEL}.layout") != LAYOUT:
        return ImageStatus(False)
    size_mb = int(image.attrs.get("Size", 0)) >> 20
    python, torch = marks.get(f"{LABEL}.python", ""), marks.get(f"{LABEL}.torch") == "own"
    return ImageStatus(True, image.short_id, size_mb, python, torch)


def build_image(
    *,
    offline: bool = False,
    base: str = "",
    torch_index: str = "",
    mirror: str = "",
    again: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> ImageStatus:
    """Make the image unless a usable one exists (`again` makes it anyway).

    Args:
        offline: make the base with debootstrap (needs root) and mount the host's torch; no registry is asked.
        base: the image to build on, e.g. a CUDA one; `python:3.X-slim` like the host's Python when empty.
        torch_index: the package index to install torch from; "none" installs nothing and mounts the host's.
        mirror: the Debian mirror for debootstrap; its default when empty.
        say: told each line of progress.

    Raises SandboxUnavailable without an engine, SandboxError when a step fails.
    """
    client = connect(timeout_s=600)
    found = image_status(client)
    if found.usable and not again:
        say(f"the image {IMAGE} exists ({found.id}, python {found.python}, {found.size_mb} MB)")
        return found
    if offline:
        _debootstrap(client, mirror, say)
    else:
        _dockerfile(client, base or f"python:{host_python()}-slim", torch_index, say)
    return image_status(client)


def _marks(python: str, torch: str) -> dict[str, str]:
    return {f"{LABEL}.layout": LAYOUT, f"{LABEL}.python": python, f"{LABEL}.torch": torch}


def _dockerfile(client: Any, base: str, torch_index: str, say: Callable[[str], None]) -> None:
    import docker.errors

    arguments = {"BASE": base}
    if torch_index == "none":
        arguments["PACKAGES"] = ""
    elif torch_index:
        arguments["TORCH_INDEX"] = torch_index
    say(f"building {IMAGE} on {base}")
    torch = "host" if torch_index == "none" else "own"
    try:
        _, lines = client.images.build(
            path=str(Path(__file__).parent), tag=IMAGE, buildargs=arguments, rm=True,
            labels=_marks(host_python(), torch),
        )  # fmt: skip
    except (docker.errors.BuildError, docker.errors.APIError) as error:
        cure = "without a registry, use --offline"
        raise SandboxError(f"the image was not built: {str(error).splitlines()[-1]}; {cure}") from error
    for line in lines:
        if text := str(line.get("stream", "")).strip():
            say(text)


def _debootstrap(client: Any, mirror: str, say: Callable[[str], None]) -> None:
    """A minimal Debian with the host's version of Python, imported as one layer."""
    suite = SUITES.get(host_python())
    if suite is None:
        raise SandboxError(
            f"no Debian release has Python {host_python()}; run the project with one of: {', '.join(SUITES)}"
        )
    if shutil.which("debootstrap") is None or os.geteuid() != 0:
        raise SandboxError("an offline image needs root and debootstrap; install it with: apt-get install debootstrap")
    with tempfile.TemporaryDirectory(prefix="evolve-image-") as folder:
        root = Path(folder) / "root"
        command = ["debootstrap", "--variant=minbase", "--include=python3,libstdc++6", suite, str(root)]
        say(f"debootstrap of {suite}, about a minute")
        done = subprocess.run(
            [*command, *([mirror] if mirror else [])],
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        if done.returncode:
            raise SandboxError(f"debootstrap failed: {(done.stderr or done.stdout).strip().splitlines()[-1]}")
        for waste in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale"):
            shutil.rmtree(root / waste, ignore_errors=True)
        for point in ("data", "scratch", "opt/worker", "opt/packages"):
            (root / point).mkdir(parents=True, exist_ok=True)
        say("importing it into the engine")
        archive = Path(folder) / "root.tar"
        subprocess.run(["tar", "-C", str(root), "-cf", str(archive), "."], check=True)
        changes = [f"LABEL {name}={value}" for name, value in _marks(host_python(), "host").items()]
        answer = client.api.import_image_from_file(
            str(archive), repository=IMAGE, tag="latest", changes=[*changes, "USER 65534:65534", "WORKDIR /"]
        )
        if "error" in str(answer):
            raise SandboxError(f"the engine did not import the base system: {str(answer)[:300]}")


def main(argv: list[str] | None = None) -> int:
    """The command line; 0 when what was asked for is so."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.image", description="Make and look at the sandbox image.")
    parser.add_argument("what", choices=["build", "status", "prune"])
    parser.add_argument("--offline", action="store_true", help="without a registry: debootstrap, and the host's torch")
    parser.add_argument("--again", action="store_true", help="build even when the image exists")
    parser.add_argument("--base", default="", help="the image to build on")
    parser.add_argument("--torch-index", default="", help='package index for torch; "none" mounts the host\'s torch')
    parser.add_argument("--mirror", default="", help="Debian mirror for --offline")
    options = parser.parse_args(argv)
    try:
        if options.what == "prune":
            print(json.dumps({"removed": prune()}))
            return 0
        if options.what == "status":
            status = image_status()
        else:
            status = build_image(
                offline=options.offline, base=options.base, torch_index=options.torch_index, mirror=options.mirror,
                again=options.again, say=lambda line: print(line, file=sys.stderr),
            )  # fmt: skip
    except (SandboxError, SandboxUnavailable) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps({**status._asdict(), "usable": status.usable}))
    return 0 if status.usable else 1


if __name__ == "__main__":
    sys.exit(main())
