"""Lessons that come from other runs and go to them, through the shared memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

import genome
from memory.connect import LedgerError
from memory.credit import as_dict, held
from memory.ledger import Ledger
from memory.lesson_book import LessonRecord
from memory.records import Lesson, Loan
from memory.settling import Settled
from memory.shared import SharedMemory, lesson_from, run_key
from memory.steps import Exhibit
from tasks import Task


class Library:
    """Asked by the Critic. Without a shared memory, and in a replay, nothing is taken anew and nothing is given."""

    def __init__(self, task: Task, ledger: Ledger, shared: SharedMemory | None, source: Ledger | None) -> None:
        self._task, self._ledger, self._shared, self._source = task, ledger, shared, source
        self._segments = set(genome.segments(task.files))

    def borrow(self, generation: int, most: int, settle: Callable[[Lesson], Settled]) -> bool:
        """Take in at most `most` lessons that are not here yet, once a generation, and keep them in the ledger: whether any came."""
        key = f"{generation:02d}/lessons"
        if self._ledger.loan(key) is not None:
            return False
        loan = self._source.loan(key) if self._source else None
        if loan is None and self._shared is not None and self._source is None:
            loan = Loan(key, generation, lessons=tuple(asdict(one) for one in self._ask(generation, most)))
        if loan is None:
            return False
        with self._ledger.transaction():
            for data in self._ledger.put_loan(loan).lessons:
                for lesson in settle(lesson_from(data)).lessons:
                    self._ledger.put_lesson(lesson)
        return bool(loan.lessons)

    @property
    def gives(self) -> bool:
        """Whether there is a shared memory to give to."""
        return self._shared is not None and self._source is None

    def give(self, records: Sequence[LessonRecord], steps: Sequence[Exhibit]) -> bool:
        """Add the lessons that held, and the steps; how a lesson serves that was given before is brought up to date.

        False, with a warning, when the shared memory does not answer.
        """
        assert self._shared is not None
        run = run_key(self._ledger.meta())
        try:
            given = {lesson.id for lesson in self._shared.lessons() if lesson.run == run}
            own = [one for one in records if not one.lesson.borrowed]
            worth = [one for one in own if held(one.lesson, one.credit) or f"{run}/{one.id}" in given]
            self._shared.give(
                run,
                [self._abroad(one, run) for one in worth],
                [_step_abroad(one, run, self._task.name) for one in steps],
            )
        except LedgerError as error:
            self._ledger.add_event("warning", {"about": "shared memory", "why": str(error)})
            return False
        return True

    def _ask(self, generation: int, most: int) -> list[Lesson]:
        """Lessons that held elsewhere: of the same task first, then those about a segment of the same name, then by record.

        A segment that this task does not have is left out, and so are objectives.
        """
        assert self._shared is not None
        here = {lesson.id for lesson in self._ledger.lessons()}
        mine = run_key(self._ledger.meta())
        try:
            found = [x for x in self._shared.lessons() if x.run != mine and x.id not in here and x.record.get("held")]
        except LedgerError as error:
            self._ledger.add_event("warning", {"about": "shared memory", "why": str(error)})
            return []
        found.sort(
            key=lambda x: (
                x.task != self._task.name,
                x.segment not in self._segments,
                -x.record["score"],
                -x.supporting,
                x.id,
            )
        )
        return [self._home(lesson, generation) for lesson in found[:most]]

    def _home(self, lesson: Lesson, generation: int) -> Lesson:
        names = {o.name for o in self._task.objectives}
        return replace(
            lesson,
            generation=generation - 1,
            segment=lesson.segment if lesson.segment in self._segments else None,
            effect={name: way for name, way in lesson.effect.items() if name in names},
            measured={name: value for name, value in lesson.measured.items() if name in names},
            into="",
            against="",
            supersedes=(),
        )

    def _abroad(self, one: LessonRecord, run: str) -> Lesson:
        return replace(
            one.lesson,
            id=f"{run}/{one.id}",
            run=run,
            task=self._task.name,
            evidence=tuple(id if "/" in id else f"{run}/{id}" for id in one.lesson.evidence),
            record=as_dict(one.credit) | {"held": held(one.lesson, one.credit)},
        )


def _step_abroad(one: Exhibit, run: str, task: str) -> Exhibit:
    step = replace(one.step, child=f"{run}/{one.step.child}", parent=f"{run}/{one.step.parent}")
    return replace(one, step=step, nearness=0.0, fresh=False, run=run, task=task)
