"""A job that the sandbox loses is tried once more; lost twice in a row, it stops the run."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.contract import Job, JobResult, OnFrame, Sandbox, SandboxError

Lost = Callable[[Job, int, SandboxError], None]  # told of the job, the attempt (1 or 2) and why


async def run_twice(room: Sandbox, job: Job, lost: Lost, on_frame: OnFrame | None = None) -> JobResult:
    """The job's result, at the second attempt if need be. Raises SandboxError when both are lost."""
    try:
        return await room.run(job, on_frame)
    except SandboxError as e:
        lost(job, 1, e)
    try:
        return await room.run(job, on_frame)
    except SandboxError as e:
        lost(job, 2, e)
        raise SandboxError(f"the sandbox lost {job.id} twice: {e}") from e
