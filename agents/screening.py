"""What a child must pass before it may cost a training: the checks of its text, and one step in the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import genome
from agents.blame import of_candidate
from agents.contract import Screening
from agents.jobs import Jobs
from agents.quote import line
from memory.anatomy import Part, heard
from memory.ledger import Ledger
from memory.numbers import bare
from memory.records import Candidate
from sandbox.contract import Frame, JobResult
from tasks import ScoreError, Task

_TOLD = 300  # most characters of a twin's error


def read(task: Task, ledger: Ledger, child: Candidate, parent: Candidate) -> Screening:
    """Parses, changed, contract, live; not seen before by its code.

    Only what was committed when the child was ordered counts as seen: which of two equal siblings came first would depend on the clock.
    """
    try:
        genome.check(child.files, parent.files, task.roots, task.imports)
    except genome.GenomeError as e:
        return Screening(None, None, e.failure, e.message)
    fingerprint = genome.fingerprint(child.files)
    if twin := ledger.find_fingerprint(fingerprint, upto=child.after):
        return Screening(fingerprint, None, "duplicate", _as_before(ledger.known(twin, child.after)))
    return Screening(fingerprint, None)


def _as_before(twin: Candidate) -> str:
    """What came of the same program."""
    if twin.failure:
        became = f"it failed ({twin.failure})" + (f": {line(twin.message)[:_TOLD]}" if twin.message else "")
    else:
        became = ", ".join(f"{name} {bare(value)}" for name, value in (twin.objectives or {}).items())
    return f"the same program was evaluated before as {twin.id}: {became}"


def read_seed(task: Task, seed: Candidate) -> Screening:
    """The same for the task's own program, which has no parent."""
    try:
        genome.check_seed(seed.files, task.roots, task.imports)
        return Screening(genome.fingerprint(seed.files), None)
    except genome.GenomeError as e:
        return Screening(None, None, e.failure, e.message)


class Screener:
    """Screens the children of one run whose programs are trained."""

    def __init__(self, task: Task, ledger: Ledger, jobs: Jobs) -> None:
        self._task, self._ledger, self._jobs = task, ledger, jobs

    async def screen(self, child: Candidate, parent: Candidate) -> Screening:
        """The checks of its text, and one step in the sandbox."""
        text = read(self._task, self._ledger, child, parent)
        if text.failure:
            return text
        result, told = await self._step(child)
        if result.failure:
            return replace(text, failure=result.failure, message=result.message)
        if told.behaviour is None:
            message = "the check step ended without a result: the program stopped the process"
            return replace(text, failure="contract", message=message)
        hint = self._hint(child, told.behaviour, parent)
        return replace(text, behaviour=told.behaviour, message=hint, size=told.size, anatomy=told.anatomy)

    def _hint(self, child: Candidate, behaviour: str, parent: Candidate) -> str:
        """What its author should know of its first step: nothing is concluded from it, for it may act later."""
        like = parent.id if behaviour == parent.behaviour else self._ledger.find_behaviour(behaviour, child.after)
        if like is None:
            return ""
        return f"its first step, and all that can be seen before it, is exactly that of {like}: what is new acts later or never"

    async def screen_seed(self, seed: Candidate) -> Screening:
        """The seed's own fingerprints; a seed that fails its check is an error of the task, told by the failure."""
        text = read_seed(self._task, seed)
        if text.failure:
            return text
        result, told = await self._step(seed)
        return Screening(text.fingerprint, told.behaviour, result.failure, result.message, told.size, told.anatomy)

    async def _step(self, child: Candidate) -> tuple[JobResult, _Told]:
        """One forward and one backward step in the sandbox, and what the check told."""
        result = await self._jobs.check(child)
        try:
            return result, of_candidate(_told, result.frames)
        except ScoreError as e:
            return replace(result, failure=result.failure or e.failure, message=result.message or str(e)), _Told()


class _Told(NamedTuple):
    """What a check says of a program; it may say nothing."""

    behaviour: str | None = None
    size: int | None = None
    anatomy: tuple[Part, ...] = ()


def _told(frames: Sequence[Frame]) -> _Told:
    """Behaviour, parameters and parts as the check told them, where these are such. Raises ScoreError."""
    told = next((f.meta for f in frames if f.kind == "fingerprint"), {})
    behaviour, size = told.get("behaviour"), told.get("params")
    if behaviour is not None and not (isinstance(behaviour, str) and behaviour.isprintable() and len(behaviour) <= 200):
        raise ScoreError("contract", "the fingerprint of the check step is at most 200 printable characters")
    # an untrue size gains nothing: it is used in races alone, and who says less is held against fewer
    size = size if type(size) is int and 0 <= size < 1 << 53 else None
    return _Told(behaviour or None, size, heard(told.get("anatomy")))
