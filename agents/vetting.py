"""A new lesson is held to what it cites: the steps, what they measured together, and the code that they began with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import genome
from agents.evidence import Gallery
from agents.scope import scope_of
from agents.verdicts import verdict
from memory.ledger import Ledger
from memory.lessons import borne_out, disagreement, measure
from memory.records import Evidence, Lesson
from memory.steps import Exhibit
from memory.words_of_code import word, words
from tasks import Task

_WORDS = 4  # most words that a lesson may ask for, and exclude


class Vetting:
    """Asked by the Critic for each lesson of a reply."""

    def __init__(self, task: Task, ledger: Ledger, gallery: Gallery) -> None:
        self._task, self._ledger, self._gallery = task, ledger, gallery

    def vet(
        self, id: str, generation: int, raw: Mapping[str, Any], shown: Sequence[Exhibit]
    ) -> tuple[Lesson | None, list[dict[str, str]]]:
        """The lesson as its evidence bears it out, and what was done to it; None if it is refused."""
        claim = str(raw["claim"])
        known = {one.step.child for one in shown}
        cited = [one for one in raw["evidence"] if one in known]
        steps = self._gallery.measured_here(cited)
        evidence = tuple(one.step.child for one in steps)
        verdicts = []
        if unknown := [one for one in raw["evidence"] if one not in known]:
            verdicts.append(verdict(id, "corrected", f"it cites what was not shown: {' '.join(unknown)}", claim))
        if foreign := [one for one in cited if one not in evidence]:
            verdicts.append(verdict(id, "corrected", f"it cites steps of other tasks: {' '.join(foreign)}", claim))
        if not steps:
            why = "it rests on steps of other tasks only" if cited else "it cites no step that was shown"
            return None, [verdict(id, "refused", why, claim)]
        names = {o.name for o in self._task.objectives}
        claimed = {name: way for name, way in raw["effect"].items() if name in names}
        measured = measure(steps)
        done, why = disagreement(claimed, measured)
        if done:
            verdicts.append(verdict(id, done, why, claim))
        if done == "refused":
            return None, verdicts
        segment = self._segment(raw["segment"], [one.step for one in steps])
        code = [self._code_before(one.step, segment) for one in steps if not one.run]
        present, no_more = self._words(raw["present"], True, code)
        absent, no_less = self._words(raw["absent"], False, code)
        if wrong := [*no_more, *no_less]:
            why = f"not every step that it cites began with such code, or it is no word of code: {', '.join(wrong)}"
            verdicts.append(verdict(id, "corrected", why, claim))
        lesson = Lesson(
            id=id,
            generation=generation,
            claim=claim,
            applies=raw["applies"],
            segment=segment,
            evidence=evidence,
            effect=measured.effect,
            run=str(self._ledger.meta().get("run", "")),
            task=self._task.name,
            measured=measured.means,
            supporting=measured.supporting,
            present=present,
            absent=absent,
        )
        return lesson, verdicts

    def _words(
        self, said: Sequence[str], there: bool, code: Sequence[frozenset[str]]
    ) -> tuple[tuple[str, ...], list[str]]:
        """The words of a condition that count, and what of it does not."""
        meant = {one: word(one) for one in said}
        kept, wrong = borne_out(list(dict.fromkeys(filter(None, meant.values())))[:_WORDS], there, code)
        told = "present" if there else "absent"
        return kept, [f"{told} {one}" for one in (*wrong, *(one for one, found in meant.items() if not found))]

    def _code_before(self, step: Evidence, segment: str | None) -> frozenset[str]:
        """The words of what a step's author could change, as its parent had it."""
        child = self._ledger.known(step.child)
        ends = [self._ledger.known(id) for id in dict.fromkeys((step.parent, *child.parents))]
        known = genome.segments(ends[0].files)
        texts = [known.get(segment, "")] if segment else scope_of(child, ends).values()
        return frozenset[str]().union(*map(words, texts))

    def _segment(self, said: str, steps: Sequence[Evidence]) -> str | None:
        """The segment that a lesson is about: as said if a step changed it, else the one that all steps changed, else none."""
        changed = {step.segment for step in steps}
        if said in changed:
            return said
        only = changed.pop() if len(changed) == 1 else None
        known = genome.segments(self._task.files)
        return only or (said if said in known and None in {step.segment for step in steps} else None)
