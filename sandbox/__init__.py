"""Where code that nobody has read runs: one contract, several backends, one worker inside each of them.

`open_sandbox` picks a backend; `Job`, `Limits`, `Frame` and `JobResult` are what goes in and comes out. A candidate's
fault is a `JobResult` with a failure kind; the sandbox's own fault is a `SandboxError`.
"""

from __future__ import annotations

from pathlib import Path

from sandbox.contract import (
    Frame,
    Job,
    JobResult,
    Limits,
    OnFrame,
    Sandbox,
    SandboxError,
    SandboxUnavailable,
)

__all__ = [
    "Frame", "Job", "JobResult", "Limits", "OnFrame", "Sandbox", "SandboxError", "SandboxUnavailable", "open_sandbox",
]  # fmt: skip


def open_sandbox(name: str, *, slots: int, data_dir: Path | None, run: str, memory_mb: int = 2048) -> Sandbox:
    """A sandbox that is not started yet. `name`: `auto`, `docker`, `jail`, or `none` for no walls at all.

    `data_dir` is the folder that holds every job's data; `run` names the run that containers are labelled with;
    `memory_mb` is the most that any job may ask for. Raises SandboxUnavailable with the cure.
    """
    from sandbox.jail import JailSandbox, missing_walls

    if name == "none":
        return JailSandbox(slots, run=run, walls=False)
    if name == "jail":
        return JailSandbox(slots, run=run)
    if name == "auto":
        missing = missing_walls()
        if not missing:
            return JailSandbox(slots, run=run)
        raise SandboxUnavailable("; ".join(missing))
    raise SandboxUnavailable(f"no sandbox is called {name!r}; pick one of: auto, docker, jail, none")
