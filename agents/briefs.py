"""What an author is asked: the user's message of the first attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import genome
from agents.prompts import render, wordings
from agents.quote import clean, span
from agents.words import describe_lessons, describe_objectives, fenced_code, fenced_files, fenced_segments
from memory.ledger import Ledger
from memory.numbers import bare_change
from memory.records import Candidate, Evidence
from tasks import Task

_TRIED = 6  # most steps from the same parent that a prompt lists


class Briefs:
    """Writes the briefs of one run's children."""

    def __init__(self, task: Task, ledger: Ledger) -> None:
        self._task, self._ledger = task, ledger

    def write(self, child: Candidate, parents: Sequence[Candidate], scope: Mapping[str, str]) -> str:
        """The brief of this child, whose author may change the segments in `scope`: name -> present text in the first parent."""
        return self._mutation(child, parents, scope) if len(parents) == 1 else self._cross(child, parents, scope)

    def _mutation(self, child: Candidate, parents: Sequence[Candidate], scope: Mapping[str, str]) -> str:
        """One parent is changed in one segment (LLM Guided Evolution, section 3.2), or in several of the author's choice."""
        intent, names = child.intent or "tune", _listed(scope)
        one = len(scope) == 1
        return render(
            "architect",
            **self._common(child, parents, scope, f"Change only segment {names}." if one else _only(scope)),
            what="one segment" if one else "one segment or several",
            program=fenced_files(parents[0].files),
            tried=_tried(self._known_steps(child, scope if child.segment else None)),
            scope=f"Segment to change: {names}"
            if one
            else f"Segments to change, one or several of your choice: {names}",
            intent=intent,
            intent_text=self._wording(child, f"intent/{intent}"),
        )

    def _cross(self, child: Candidate, parents: Sequence[Candidate], scope: Mapping[str, str]) -> str:
        """Two parents become one child, segment by segment and by name, so that no merge can land in the wrong place."""
        a, b = parents
        theirs = genome.segments(b.files)
        return render(
            "breeder",
            **self._common(child, parents, scope, _only(scope)),
            program_a=fenced_files(a.files),
            program_b=fenced_segments({name: theirs[name] for name in scope}),
            segments=_listed(scope),
            instruction=self._wording(child, "breeder"),
        )

    def _common(
        self, child: Candidate, parents: Sequence[Candidate], scope: Mapping[str, str], allowed: str
    ) -> dict[str, str]:
        return {
            "task": self._task.name,
            "description": self._task.description.strip(),
            "objectives": describe_objectives(self._task, parents, self._ledger.known("seed", child.after)),
            "thought": self._thought(child).strip(),
            "reply_form": render(
                "reply_form",
                segment=next(iter(scope)),
                allowed=allowed,
                contract=self._task.contract,
                imports=", ".join(f"`{name}`" for name in self._task.imports) or "none",
            ).strip(),
        }

    def _known_steps(self, child: Candidate, scope: Mapping[str, str] | None) -> list[Evidence]:
        """The last steps from its parent, on these segments or any, that were committed when the child was ordered."""
        return self._ledger.evidence(parent=child.parents[0], upto=child.after, segments=scope, last=_TRIED)

    def _thought(self, child: Candidate) -> str:
        """The lessons that the child cites, or the pair of segments that stands for them in the paper's form."""
        if child.pair:
            elite, name = child.pair
            texts = {who: genome.segments(self._ledger.known(who).files).get(name, "") for who in (elite, "seed")}
            return render("pair", changed=name, elite=fenced_code(texts[elite]), seed=fenced_code(texts["seed"]))
        lessons = {lesson.id: lesson for lesson in self._ledger.lessons(child.lessons)}
        return render("lessons", lessons=describe_lessons([lessons[i] for i in child.lessons]))

    def _wording(self, child: Candidate, name: str) -> str:
        """The instruction in the version that the child's plan drew; as it came with the program where none was drawn."""
        found = next((w.text for w in self._ledger.wordings() if w.id == child.prompt), None)
        return found or wordings()[name]


def _listed(scope: Mapping[str, str]) -> str:
    return ", ".join(f"`{name}`" for name in scope)


def _only(scope: Mapping[str, str]) -> str:
    return f"Change only these segments: {_listed(scope)}."


def _tried(steps: Sequence[Evidence]) -> str:
    """What was measured before."""
    lines = []
    for e in steps:
        change = ", ".join(f"{k} {bare_change(v)}" for k, v in e.delta.items()) if e.delta else f"failed: {e.failure}"
        added = [line[1:].strip() for line in clean(e.diff).split("\n") if line[:1] == "+" and line[:3] != "+++"]
        lines.append(f"- {change}: {span('; '.join(added)[:240])}")
    return "\n".join(lines) or "Nothing yet."
