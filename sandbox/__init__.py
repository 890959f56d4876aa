"""Where code that nobody has read runs: one contract, several backends, one worker inside each of them.

`open_sandbox` picks a backend; `Job`, `Limits`, `Frame` and `JobResult` are what goes in and comes out. A candidate's
fault is a `JobResult` with a failure kind; the sandbox's own fault is a `SandboxError`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.contract import (
    Bound,
    Frame,
    Job,
    JobResult,
    Limits,
    OnFrame,
    Sandbox,
    SandboxError,
    SandboxUnavailable,
)
from sandbox.facts import Fact, probe
from sandbox.gpus import Gpu, Place, Seats, find_place

if TYPE_CHECKING:
    from sandbox.nursery import Nursery

__all__ = [
    "Bound", "Fact", "Frame", "Gpu", "Job", "JobResult", "Limits", "OnFrame", "Place", "Sandbox", "SandboxError",
    "SandboxUnavailable", "Seats", "choose_backend", "find_place", "open_sandbox", "probe",
]  # fmt: skip


def choose_backend(name: str) -> str:
    """The backend that `name` means here: `docker`, `jail` or `none`; `auto` takes docker, else the jail.

    Raises SandboxUnavailable with the cure when `auto` finds no backend that could hold a candidate.
    """
    if name in ("docker", "jail", "none"):
        return name
    if name != "auto":
        raise SandboxUnavailable(f"no sandbox is called {name!r}; pick one of: auto, docker, jail, none")
    from sandbox.image import image_status
    from sandbox.kernel import missing_walls

    try:
        if image_status().usable:
            return "docker"
        why = "an engine answers, but its sandbox image is missing or does not fit (evolve sandbox build)"
    except SandboxUnavailable as error:
        why = str(error)
    if missing := missing_walls():
        raise SandboxUnavailable(f"nothing here can hold generated code: {why}; jail: {'; '.join(missing)}")
    return "jail"


def open_sandbox(
    name: str,
    *,
    slots: int,
    data_dir: Path | None,
    run: str,
    memory_mb: int = 2048,
    scratch_mb: int = 256,
    seats: Seats | None = None,
    nursery: Nursery | None = None,
) -> Sandbox:
    """A sandbox that is not started yet. `name`: `auto`, `docker`, `jail`, or `none` for no walls at all.

    Args:
        slots: how many jobs may run at once; each slot is one warm worker.
        data_dir: the folder that holds every job's data, or None when no job has any.
        run: the run that containers are labelled with.
        memory_mb, scratch_mb: the most that any job's limits will ask for.
        seats: the cards, as `find_place` found them, and which of the run's slots on them are this sandbox's; without any,
            jobs run on the cores.
        nursery: where workers outside containers come from, when several sandboxes share it; closed by who made it.

    Raises SandboxUnavailable with the cure, also when `auto` finds no backend that could hold a candidate.
    """
    from sandbox.docker import DockerSandbox
    from sandbox.jail import JailSandbox

    backend = choose_backend(name)
    if backend == "docker":
        return DockerSandbox(slots, run=run, data_dir=data_dir, memory_mb=memory_mb, scratch_mb=scratch_mb, seats=seats)
    return JailSandbox(
        slots,
        run=run,
        data_dir=data_dir,
        memory_mb=memory_mb,
        scratch_mb=scratch_mb,
        seats=seats,
        walls=backend == "jail",
        nursery=nursery,
    )
