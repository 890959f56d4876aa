"""The container engine: how it is found, whose containers are whose, and which of them nobody owns any more."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.contract import SandboxError, SandboxUnavailable

LABEL = "guided-evolution"
IMAGE = "guided-evolution-sandbox"


class EngineGone(SandboxError):
    """The engine answered before and does not now: stopped, restarted or hung."""


def sockets() -> list[str]:
    """Addresses to try, first the one that the user named, then Docker, rootless Docker, Podman."""
    if os.environ.get("DOCKER_HOST"):
        return [os.environ["DOCKER_HOST"]]
    user = os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}")
    paths = ["/var/run/docker.sock", f"{user}/docker.sock", f"{user}/podman/podman.sock", "/run/podman/podman.sock"]
    return [f"unix://{path}" for path in paths if Path(path).exists()]


def connect(timeout_s: float = 60) -> Any:
    """A docker client whose engine has answered. Raises SandboxUnavailable with the cure."""
    return find(timeout_s)[0]


def find(timeout_s: float = 60) -> tuple[Any, str]:
    """The same, and the address that answered."""
    import docker
    import docker.errors

    tried = []
    for address in sockets():
        try:
            client = docker.DockerClient(base_url=address, version="auto", timeout=timeout_s)
            client.ping()
            return client, address
        except docker.errors.DockerException as error:
            tried.append(f"{address}: {str(error).splitlines()[0][:120]}")
    found = "; ".join(tried) or "no socket of Docker or Podman is there"
    raise SandboxUnavailable(
        f"no container engine answers ({found}); start Docker, name it in DOCKER_HOST, or use --sandbox jail"
    )


def is_podman(client: Any) -> bool:
    """Whether Podman speaks Docker's language at the other end."""
    return any("podman" in part.get("Name", "").lower() for part in client.version().get("Components") or ())


@contextlib.contextmanager
def told(act: str) -> Iterator[None]:
    """Turn what the engine's client raises in `act` into a SandboxError: EngineGone when there was no answer at all."""
    import docker.errors
    import requests

    try:
        yield
    except docker.errors.APIError as error:
        raise SandboxError(f"the engine did not {act}: {error.explanation or error}") from error
    except requests.RequestException as error:
        raise EngineGone(f"the engine did not answer when asked to {act} ({type(error).__name__})") from error


def birth(pid: int) -> str:
    """What tells a process from a later one of the same number: the boot and its start in ticks; "" if gone."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
        ticks = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except OSError:
        return ""
    return f"{boot}/{ticks}"


def labels(run: str) -> dict[str, str]:
    """What this process writes on its containers."""
    pid = os.getpid()
    return {
        f"{LABEL}.run": run,
        f"{LABEL}.pid": str(pid),
        f"{LABEL}.birth": birth(pid),
        f"{LABEL}.host": socket.gethostname(),
    }


def orphaned(marks: dict[str, str]) -> bool:
    """Whether a container with these labels belongs to a process of this machine that is no more."""
    pid = marks.get(f"{LABEL}.pid", "")
    if marks.get(f"{LABEL}.host") != socket.gethostname() or not pid.isdigit():
        return False
    return birth(int(pid)) != marks.get(f"{LABEL}.birth")


def prune(client: Any = None) -> list[str]:
    """Remove the containers of runs whose process is dead; their names. Raises SandboxUnavailable without an engine."""
    import docker.errors

    removed = []
    for container in (client or connect()).containers.list(all=True, filters={"label": f"{LABEL}.pid"}, sparse=True):
        if orphaned(container.attrs.get("Labels") or {}):
            try:
                container.remove(force=True, v=True)
            except docker.errors.NotFound:  # another run that starts now was quicker
                continue
            except docker.errors.APIError as error:
                if error.status_code != 409:  # its removal is under way
                    raise
            removed.append((container.attrs.get("Names") or [container.id])[0].lstrip("/"))
    return removed
