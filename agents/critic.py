"""The Critic: Evolution of Thought on measured steps.

The published form shows an elite's segment beside the seed's and asserts that the change helped (LLM Guided Evolution,
section 3.3; it is there as `search.eot_form = "paper"`, which asks no Critic). Here the Critic sees parent and child with the
measured change, failures included. Every lesson names its evidence, is held to its signs, and is scored by those who cite it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import genome
from agents.chat import Chat, Question
from agents.contract import Thought
from agents.evidence import Gallery
from agents.library import Library
from agents.prompts import render
from agents.replies import ReplyError, parse_lessons
from agents.settings import Memory
from agents.words import describe_credit, describe_lessons, describe_objectives, describe_step, opening
from memory.index import Index
from memory.ledger import Ledger
from memory.lesson_book import LessonRecord
from memory.lessons import Measured, Settled, alike, disagreement, measure, settle, subject
from memory.numbers import bare
from memory.records import Evidence, Lesson, Reflection
from memory.seeds import seed_for
from memory.service import follow, lesson_book
from memory.shared import SharedMemory
from memory.steps import Exhibit
from tasks import Task

_STANDING = 8  # most earlier lessons shown, so that they are corrected instead of repeated
_LENT = ("untried", "standing", "fading")


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
        self._most, self._shown, self._borrowed = settings.lessons, settings.evidence, settings.borrow
        self._gallery = Gallery(task, ledger, index, shared, source)
        self._library = Library(task, ledger, shared, source)
        self._book = lesson_book(ledger)
        self._lent: tuple[int, list[LessonRecord]] = (-1, [])
        self._given: int | None = None  # the commit up to which the shared memory has all
        self._lessons = _by_id(ledger.lessons())  # all that there are: nobody else writes any

    async def consider(
        self, generation: int, since: int, focus: Sequence[str], persona: str, model: str, temperature: float
    ) -> Thought | None:
        """See `Reviewer`."""
        exhibits = self._gallery.choose(generation, since, focus, self._shown, self._borrowed)
        if not exhibits:
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
                    {"role": "user", "content": self._brief(generation, exhibits)},
                ],
            )
        )
        return Thought(generation, tuple(exhibits), call)

    def conclude(self, thought: Thought) -> list[Lesson]:
        """See `Reviewer`; none when the reply held no usable lesson."""
        call = thought.call
        if (done := self._ledger.reflection(thought.generation)) is not None:
            return [lesson for lesson in self._lessons.values() if lesson.id in done.lessons]
        try:
            found = [] if call.refusal else parse_lessons(call.reply)[: self._most]
            if call.refusal:
                self._ledger.judge_call(call.key, "unanswered")
        except ReplyError as e:
            self._ledger.judge_call(call.key, e.failure)
            found = []
        return self._take_in(thought.generation, found, thought.shown, call.key)

    def lend(self, generation: int, thought: int, segment: str | None, most: int) -> list[Lesson]:
        """See `Reviewer`.

        Those about the segment come first, then by what citing them has brought (see `memory.credit`), with hope for the
        untried; one that fades comes last, and one that has faded, was merged or is contradicted not at all.
        """
        if self._lent[0] != generation:
            if self._library.borrow(thought + 1, self._borrowed, lambda one: self._settle(one, self._ledger.lessons())):
                self._lessons = _by_id(self._ledger.lessons())
            self._lent = (generation, self._served(generation - 1))
        fit = [
            one
            for one in self._lent[1]
            if one.state in _LENT
            and one.lesson.generation <= thought
            and (not one.lesson.segment or segment is None or one.lesson.segment == segment)
        ]
        fit.sort(
            key=lambda one: (
                not one.lesson.segment,
                one.state == "fading",
                -one.credit.score,
                one.lesson.borrowed,
                -one.lesson.generation,
                one.id,
            )
        )
        return [one.lesson for one in fit[:most]]

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

    def _take_in(
        self, generation: int, found: Sequence[dict[str, Any]], exhibits: Sequence[Exhibit], call: str
    ) -> list[Lesson]:
        """Hold each lesson to what it cites, settle it among the others, and write all of that at once."""
        lessons = dict(self._lessons)
        verdicts: list[dict[str, str]] = []
        written = []
        for number, raw in enumerate(found):
            lesson, verdict = self._vet(f"L{generation:02d}-{number}", generation, raw, exhibits)
            verdicts += [verdict] if verdict else []
            if lesson is None:
                continue
            settled = self._settle(lesson, list(lessons.values()))
            lessons |= {one.id: one for one in settled.lessons}
            verdicts += settled.verdicts
            written.append(lesson.id)
        if found and not written:
            self._ledger.judge_call(call, "unparsable")
        shown = tuple(one.step.child for one in exhibits)
        changed = [one for one in lessons.values() if one != self._lessons.get(one.id)]
        self._ledger.put_reflection(Reflection(generation, tuple(written), shown, tuple(verdicts)), changed)
        self._lessons = _by_id(lessons.values())
        return [lessons[id] for id in written]

    def _vet(
        self, id: str, generation: int, raw: Mapping[str, Any], exhibits: Sequence[Exhibit]
    ) -> tuple[Lesson | None, dict[str, str]]:
        """The lesson as its evidence bears it out, and what was done to it; None if it is refused."""
        shown = {one.step.child: one.step for one in exhibits}
        evidence = tuple(id for id in raw["evidence"] if id in shown)
        steps = self._gallery.measured_here(evidence)
        claim = str(raw["claim"])
        if not steps:
            why = "it rests on steps of other tasks only" if evidence else "it cites no step that was shown"
            return None, {"lesson": id, "done": "refused", "why": why, "claim": claim}
        names = {o.name for o in self._task.objectives}
        claimed = {name: way for name, way in raw["effect"].items() if name in names}
        measured = measure(steps)
        done, why = disagreement(claimed, measured)
        verdict = {"lesson": id, "done": done, "why": why, "claim": claim} if done else {}
        if done == "refused":
            return None, verdict
        lesson = Lesson(
            id=id,
            generation=generation,
            claim=claim,
            applies=raw["applies"],
            segment=self._segment(raw["segment"], [one.step for one in steps]),
            evidence=evidence,
            effect=measured.effect,
            run=str(self._ledger.meta().get("run", "")),
            task=self._task.name,
            measured=measured.means,
            supporting=measured.supporting,
        )
        return lesson, verdict

    def _segment(self, said: str, steps: Sequence[Evidence]) -> str | None:
        """The segment that a lesson is about: as said if a step changed it, else the one that all steps changed, else none."""
        changed = {step.segment for step in steps}
        if said in changed:
            return said
        only = changed.pop() if len(changed) == 1 else None
        known = genome.segments(self._task.files)
        return only or (said if said in known and None in {step.segment for step in steps} else None)

    def _settle(self, lesson: Lesson, known: Sequence[Lesson]) -> Settled:
        def near(one: Lesson, other: Lesson) -> bool:
            if one.segment != other.segment:
                return False
            return alike(one, other, self._index.similarity(subject(one), subject(other)))

        def remeasure(ids: Sequence[str]) -> Measured:
            return measure(self._gallery.measured_here(ids))

        return settle(known, lesson, near, remeasure)

    def _brief(self, generation: int, exhibits: Sequence[Exhibit]) -> str:
        seed = self._ledger.known("seed", generation)
        noise = (
            " or ".join(f"{bare(v)} in {k}" for k, v in self._task.noise.items() if v)
            or "what a second training would show"
        )
        standing = [one for one in self._served(generation) if one.state in _LENT or one.state == "faded"]
        return render(
            "critic",
            task=self._task.name,
            description=self._task.description.strip(),
            objectives=describe_objectives(self._task, [], seed),
            evidence="\n\n".join(describe_step(x.step, x.verdict, x.run, x.task) for x in exhibits),
            standing=describe_lessons(
                [one.lesson for one in standing[-_STANDING:]],
                {one.id: f"{one.state}, {describe_credit(one.credit)}" for one in standing},
            ),
            most=self._most,
            noise=noise,
            effect_example=", ".join(
                f'{o.name} = "{m}"' for o, m in zip(self._task.objectives, ("down", "same", "up"), strict=False)
            ),
        )


def _by_id(lessons: Iterable[Lesson]) -> dict[str, Lesson]:
    """In the order of the ledger."""
    return {one.id: one for one in sorted(lessons, key=lambda one: (one.generation, len(one.id), one.id))}
