"""The Critic: Evolution of Thought on measured steps.

The published form shows an elite's segment beside the seed's and asserts that the change helped (LLM Guided Evolution,
section 3.3; it is there as `search.eot_form = "paper"`, which asks no Critic). Here the Critic sees parent and child with the
measured change, failures included. Every lesson names its evidence, is held to its signs, and is scored by those who cite it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from agents.chat import Chat, Question
from agents.contract import Thought
from agents.evidence import Gallery, Shown
from agents.exhibits import Background, describe_briefly, describe_steps
from agents.library import Library
from agents.prompts import render
from agents.replies import ReplyError, parse_lessons
from agents.settings import Memory
from agents.verdicts import describe_verdicts, verdict
from agents.vetting import Vetting
from agents.words import describe_credit, describe_lessons, describe_objectives, opening
from memory.aim import aim_of
from memory.index import Index
from memory.ledger import Ledger
from memory.lending import LENT, lend
from memory.lesson_book import LessonRecord, root_of
from memory.lessons import Measured, alike, measure, room, subject
from memory.records import Lesson, Reflection
from memory.seeds import seed_for
from memory.service import follow, lesson_book
from memory.settling import Settled, revised, settle
from memory.shared import SharedMemory
from memory.words_of_code import words
from memory.yardstick import judged_at
from tasks import Task

_STANDING = 16  # most earlier lessons shown, so that they are corrected instead of repeated


class Critic:
    """Reflects on a generation and lends its lessons; see `agents.contract.Reviewer`."""

    def __init__(
        self,
        task: Task,
        ledger: Ledger,
        index: Index,
        chat: Chat,
        run_seed: int,
        settings: Memory,
        shared: SharedMemory | None = None,
        source: Ledger | None = None,
    ) -> None:
        """`source` is the ledger of the run that is replayed."""
        self._task, self._ledger, self._index, self._chat = task, ledger, index, chat
        self._run_seed = run_seed
        self._shown, self._borrowed = settings.evidence, settings.borrow
        self._gallery = Gallery(task, ledger, index, shared, source)
        self._vetting = Vetting(task, ledger, self._gallery)
        self._library = Library(task, ledger, shared, source)
        self._book = lesson_book(ledger)
        self._lent: tuple[int, list[LessonRecord]] = (-1, [])
        self._given: int | None = None  # the commit up to which the shared memory has all
        self._lessons = _by_id(ledger.lessons())  # all that there are: nobody else writes any

    async def consider(
        self, generation: int, since: int, focus: Sequence[str], persona: str, model: str, temperature: float
    ) -> Thought | None:
        """See `Reviewer`."""
        shown, brief = self.brief(generation, since, focus)
        if not shown.all:
            return None
        call = await self._chat.ask(
            Question(
                key=f"reflect-g{generation:02d}/critic/0",
                candidate=None,
                generation=generation,
                agent="critic",
                persona=persona,
                model=model,
                temperature=temperature,
                seed=seed_for(self._run_seed, "reflect", generation),
                messages=[
                    opening(self._task, persona),
                    {"role": "user", "content": brief},
                ],
            )
        )
        return Thought(generation, shown.all, call)

    def conclude(self, thought: Thought) -> list[Lesson]:
        """See `Reviewer`; none when the reply held no usable lesson."""
        call = thought.call
        if (done := self._ledger.reflection(thought.generation)) is not None:
            return [lesson for lesson in self._lessons.values() if lesson.id in done.lessons]
        found: list[dict[str, Any]] = []
        unread = ""
        try:
            found = [] if call.refusal else parse_lessons(call.reply)
            if call.refusal:
                self._ledger.judge_call(call.key, "unanswered")
        except ReplyError as e:
            self._ledger.judge_call(call.key, e.failure)
            unread = e.message
        return self._take_in(thought, found, unread)

    def lend(
        self, generation: int, thought: int, texts: Mapping[str, str], rng: random.Random, most: int
    ) -> list[Lesson]:
        """See `Reviewer`, and `memory.lending` for who is drawn."""
        if self._lent[0] != generation:
            if self._library.borrow(thought + 1, self._borrowed, lambda one: self._settle(one, self._ledger.lessons())):
                self._lessons = _by_id(self._ledger.lessons())
            self._lent = (generation, self._served(generation - 1))
        code = {name: words(text) for name, text in texts.items()}
        return lend([one for one in self._lent[1] if one.lesson.generation <= thought], code, most, rng)

    def share(self, generation: int, everything: bool = False) -> None:
        """See `Reviewer`; all is given as well the first time, and after the memory did not answer."""
        if not self._library.gives:
            return
        new: set[str] | None = None
        if self._given is not None and not everything:
            new = set().union(*map(self._ledger.touched, range(self._given + 1, generation + 1)))
        steps = self._gallery.exhibits(self._ledger.evidence(upto=generation, children=new))
        self._given = generation if self._library.give(self._served(generation), steps) else None

    def _served(self, upto: int) -> list[LessonRecord]:
        """How every lesson has served up to this commit."""
        if self._book.upto is not None and self._book.upto > upto:
            self._book = lesson_book(self._ledger)  # a book does not go back
        return follow(self._book, self._ledger, upto, list(self._lessons.values()))

    def _take_in(self, thought: Thought, found: Sequence[dict[str, Any]], unread: str) -> list[Lesson]:
        """Measure what stands again, hold each new lesson to what it cites, settle it among the others, and write all of that at once."""
        generation, exhibits = thought.generation, thought.shown
        again = revised(self._lessons.values(), self._stale(generation), self._near, self._remeasure)
        lessons = self._lessons | {one.id: one for one in again.lessons}
        verdicts = list(again.verdicts)
        if unread:
            verdicts.append(verdict(f"L{generation:02d}", "refused", f"the reply could not be read: {unread}"))
        most = room(one for one in exhibits if one.fresh and not one.run)
        written = []
        for number, raw in enumerate(found):
            id, claim = f"L{generation:02d}-{number}", str(raw["claim"])
            if number >= most:
                verdicts.append(verdict(id, "refused", f"at most {most} lessons were asked for", claim))
                continue
            lesson, decided = self._vetting.vet(id, generation, raw, exhibits)
            verdicts += decided
            if lesson is None:
                continue
            revises = self._revises(raw["revises"], lessons)
            if raw["revises"] and not revises:
                verdicts.append(verdict(id, "corrected", f"it revises {raw['revises']}, which is no lesson", claim))
            settled = self._settle(lesson, list(lessons.values()), revises)
            lessons |= {one.id: one for one in settled.lessons}
            verdicts += settled.verdicts
            written.append(lesson.id)
        if found and not written:
            self._ledger.judge_call(thought.call.key, "unparsable")
        shown = tuple(one.step.child for one in exhibits)
        changed = [one for one in lessons.values() if one != self._lessons.get(one.id)]
        self._ledger.put_reflection(Reflection(generation, tuple(written), shown, tuple(verdicts)), changed)
        self._lessons = _by_id(lessons.values())
        return [lessons[id] for id in written]

    def _stale(self, generation: int) -> Callable[[Lesson], bool]:
        """Tells whether something was found of the steps that a lesson cites since the last reflection: other trainings of either
        end, an audit, another reading of the noise."""
        before = max((one.generation for one in self._ledger.reflections() if one.generation < generation), default=0)
        last = self._ledger.last_number()
        if judged_at(before) != judged_at(last):
            return lambda lesson: any("/" not in id for id in lesson.evidence)
        touched = set[str]().union(*map(self._ledger.touched, range(before + 1, last + 1)))
        parents = {step.child: step.parent for step in self._ledger.step_ends()}
        return lambda lesson: any(id in touched or parents.get(id) in touched for id in lesson.evidence)

    def _revises(self, said: str, lessons: Mapping[str, Lesson]) -> str:
        """The lesson that is meant, as it stands: if it was merged, the one that it became part of."""
        return root_of(said, lessons) if said in lessons else ""

    def _near(self, one: Lesson, other: Lesson) -> bool:
        if one.segment != other.segment:
            return False
        return alike(one, other, self._index.similarity(subject(one), subject(other)))

    def _remeasure(self, ids: Sequence[str]) -> Measured:
        return measure(self._gallery.measured_here(ids))

    def _settle(self, lesson: Lesson, known: Sequence[Lesson], revises: str = "") -> Settled:
        return settle(known, lesson, self._near, self._remeasure, revises)

    def brief(self, generation: int, since: int, focus: Sequence[str]) -> tuple[Shown, str]:
        """What it is shown and asked after this commit, see `consider`."""
        shown = self._gallery.choose(generation, since, focus, self._shown, self._borrowed)
        standing = [
            one
            for one in self._served(generation)
            # of earlier reflections, or borrowed for children that are measured by now
            if one.lesson.generation < generation + one.lesson.borrowed and (one.state in LENT or one.state == "faded")
        ]
        known = self._gallery.backgrounds([*shown.new, *shown.older], generation)
        nothing = Background()
        last = [one for one in self._ledger.reflections() if one.generation < generation][-1:]
        return shown, render(
            "critic",
            task=self._task.name,
            description=self._task.description.strip(),
            objectives=describe_objectives(self._task, aim_of(self._ledger.meta()).require),
            standing=describe_lessons(
                [one.lesson for one in standing[-_STANDING:]],
                {one.id: f"{one.state}, {describe_credit(one.credit)}" for one in standing},
            ),
            became=describe_verdicts(last),
            evidence=describe_steps([*shown.full, *shown.lent], known) or "None.",
            brief="\n".join(describe_briefly(one, known.get(one.step.child, nothing)) for one in shown.brief)
            or "None.",
            older="\n".join(describe_briefly(one, known.get(one.step.child, nothing)) for one in shown.older)
            or "None.",
            most=room(shown.new),
            effect_example=", ".join(
                f'{o.name} = "{m}"' for o, m in zip(self._task.objectives, ("down", "same", "up"), strict=False)
            ),
        )


def _by_id(lessons: Iterable[Lesson]) -> dict[str, Lesson]:
    """In the order of the ledger."""
    return {one.id: one for one in sorted(lessons, key=lambda one: (one.generation, len(one.id), one.id))}
