"""The Critic: Evolution of Thought on measured steps.

The published form shows an elite's segment beside the seed's and asserts that the change helped (LLM Guided Evolution,
section 3.3). Here the Critic sees parent and child with the measured change, failures included, and every lesson names its evidence.
"""

from __future__ import annotations

from collections.abc import Sequence

from agents.chat import Chat, Question
from agents.personas import load_persona
from agents.prompts import render
from agents.replies import ReplyError, parse_lessons
from agents.words import derived_seed, describe_lessons, describe_objectives, describe_step
from memory.index import Index
from memory.ledger import Ledger
from memory.records import Evidence, Lesson
from memory.service import lesson_record
from tasks import Task

_STANDING = 8  # most earlier lessons shown, so that they are corrected instead of repeated
_MOVES = {"down", "up", "same"}


class Critic:
    """Reflects on a generation and lends its lessons; see `agents.contract.Reviewer`."""

    def __init__(
        self, task: Task, ledger: Ledger, index: Index, chat: Chat, run_seed: int, most: int, shown: int
    ) -> None:
        self._task, self._ledger, self._index, self._chat = task, ledger, index, chat
        self._run_seed, self._most, self._shown = run_seed, most, shown

    async def reflect(
        self, generation: int, focus: Sequence[str], persona: str, model: str, temperature: float
    ) -> list[Lesson]:
        """The lessons of this generation; none when nothing was measured or the reply held no usable lesson."""
        steps = self._evidence(generation, focus)
        if not steps:
            return []
        call = await self._chat.ask(
            Question(
                key=f"reflect-g{generation:02d}/critic/0",
                candidate=None,
                generation=generation,
                agent="critic",
                persona=persona,
                model=model,
                temperature=temperature,
                seed=derived_seed(self._run_seed, "reflect", generation),
                messages=[
                    {"role": "system", "content": render("system", voice=load_persona(persona).voice.strip())},
                    {"role": "user", "content": self._brief(steps)},
                ],
            )
        )
        try:
            found = parse_lessons(call.reply)
        except ReplyError as e:
            self._ledger.judge_call(call.key, e.failure)
            return []
        lessons = [self._lesson(generation, n, raw, steps) for n, raw in enumerate(found[: self._most])]
        kept = [lesson for lesson in lessons if lesson.evidence]  # a lesson that rests on nothing is no lesson
        if not kept:
            self._ledger.judge_call(call.key, "unparsable")
        for lesson in kept:
            self._ledger.put_lesson(lesson)
        return kept

    def lend(self, segment: str | None, most: int) -> list[Lesson]:
        """The lessons worth citing to an author of this segment, best first.

        Those about the segment come first, then by how often children that cited them improved (one success and one
        failure assumed for each, so that an untried lesson gets its chance), then the newest.
        """
        served = {r.id: (r.improved + 1) / (r.trials + 2) for r in lesson_record(self._ledger)}
        lessons = [x for x in self._ledger.lessons() if not x.segment or segment is None or x.segment == segment]
        return sorted(lessons, key=lambda x: (not x.segment, -served.get(x.id, 0.5), -x.generation, x.id))[:most]

    def _brief(self, steps: Sequence[Evidence]) -> str:
        seed = self._ledger.known("seed")
        noise = (
            " or ".join(f"{v:g} in {k}" for k, v in self._task.noise.items() if v)
            or "what a second training would show"
        )
        return render(
            "critic",
            task=self._task.name,
            description=self._task.description.strip(),
            objectives=describe_objectives(self._task, [], seed),
            evidence="\n\n".join(describe_step(e) for e in steps),
            standing=describe_lessons(self._ledger.lessons()[-_STANDING:]),
            most=self._most,
            noise=noise,
            effect_example=", ".join(
                f'{o.name} = "{m}"' for o, m in zip(self._task.objectives, ("down", "same", "up"), strict=False)
            ),
        )

    def _evidence(self, generation: int, focus: Sequence[str]) -> list[Evidence]:
        """This generation's steps and, from Chroma, the earlier ones most like those that led to the candidates in focus.

        Successes and failures alternate by size of effect, so that neither crowds out the other.
        """
        steps = {e.child: e for e in self._ledger.evidence() if e.generation <= generation}
        now = [e for e in steps.values() if e.generation == generation]
        near: dict[str, Evidence] = {}
        for child in focus:
            if child in steps:
                for found, _ in self._index.near(steps[child], 4):
                    if found in steps and steps[found].generation < generation:
                        near[found] = steps[found]
        measured = sorted((e for e in now if e.delta), key=lambda e: (-self._size(e), e.child))
        failed = sorted((e for e in now if not e.delta), key=lambda e: e.child)
        ranked = [e for pair in _zip_longest(measured, failed) for e in pair]
        older = sorted(near.values(), key=lambda e: (-self._size(e), e.child))
        room = max(0, self._shown - len(ranked))
        return (ranked[: self._shown] + older[:room])[: self._shown]

    def _size(self, e: Evidence) -> float:
        """The largest change of a step, in units of what may be chance."""
        if not e.delta:
            return 0.0
        return max(abs(v) / (self._task.noise.get(k) or 1.0) for k, v in e.delta.items())

    def _lesson(self, generation: int, number: int, raw: dict, steps: Sequence[Evidence]) -> Lesson:
        known = {e.child for e in steps}
        names = {o.name for o in self._task.objectives}
        effect = {k: v for k, v in raw.get("effect", {}).items() if k in names and v in _MOVES}
        return Lesson(
            id=f"L{generation:02d}-{number}",
            generation=generation,
            claim=raw["claim"],
            applies=raw.get("applies", ""),
            segment=raw.get("segment") or None,
            evidence=tuple(i for i in raw.get("evidence", []) if i in known),
            effect=effect,
            run=str(self._ledger.meta().get("run", "")),
        )


def _zip_longest(a: list[Evidence], b: list[Evidence]) -> list[list[Evidence]]:
    return [[*a[i : i + 1], *b[i : i + 1]] for i in range(max(len(a), len(b)))]
