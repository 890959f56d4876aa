"""A job that the sandbox loses is tried once more; lost again, a job of ours tells whether the sandbox or the program is at fault."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from sandbox.contract import BACK_S, Job, JobResult, OnFrame, Sandbox, SandboxError, SandboxUnavailable

PAUSE_S = 2.0  # what ended one worker may have ended others, which take jobs until the system has cleared them away

Lost = Callable[[Job, int, SandboxError], None]  # told of the job, the attempt (1 or 2) and why

HARMLESS = """
def attend(program, data_dir, settings, emit):
    emit("probe", {}, {})

check = train = audit = attend
"""


async def run_twice(room: Sandbox, job: Job, lost: Lost, on_frame: OnFrame | None = None) -> JobResult:
    """The job's result, at the second attempt if need be.

    The second attempt comes a little later, so that one cause is not counted twice. A program may be what ends the worker under
    it. So when both attempts are lost, a program of ours runs in the same place: where that works, the result is the failure
    `lost`. So it is where the guard on the clock ended the program both times: it was not measured, which says nothing of it.
    Raises SandboxError when the sandbox serves nobody.
    """
    result: JobResult | None = None
    for attempt in (1, 2):
        await asyncio.sleep(PAUSE_S * (attempt - 1))
        try:
            await _opened(room)
            result = await room.run(job, on_frame)
        except SandboxError as e:
            result, why = None, e
        else:
            if not result.unmeasured(job.limits):
                return result
            why = SandboxError(result.message)
        lost(job, attempt, why)
    if result:
        return replace(result, failure="lost", message=f"not measured, at two attempts: {result.message}", frames=())
    if not await _serves(room, job):
        raise SandboxError(f"the sandbox lost {job.id} twice: {why}") from why
    message = f"the sandbox was lost both times that this program ran in it, and serves others: {why}"
    return JobResult("lost", message, "", (), 0.0, 0.0, 0.0)


async def _opened(room: Sandbox) -> None:
    """Start a room that nobody has needed yet. In the middle of a run an engine that is away may come back."""
    until = time.monotonic() + BACK_S
    while True:
        try:
            return await room.start()
        except SandboxUnavailable:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.5)


async def _serves(room: Sandbox, job: Job) -> bool:
    """Whether a program that does nothing, with this job's data and limits, comes to its end."""
    limits = replace(job.limits, frames=())
    probe = replace(
        job, id=f"{job.id}-probe", program={"program.py": ""}, harness=HARMLESS, settings={}, arrays=None, limits=limits
    )
    try:
        result = await room.run(probe)
    except SandboxError:
        return False
    return result.failure is None and [frame.kind for frame in result.frames] == ["probe"]
