"""What an author is asked: the user's message of the first attempt.

What is the same for every child of a run comes first, then what changes with a generation, with a parent, with a child: endpoints
that keep the beginnings of prompts charge less for what they have seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import genome
from agents.history import lineage, mishaps, tried, values
from agents.portrait import curve, parts
from agents.prompts import render, wordings
from agents.quote import line
from agents.standing import standing_at
from agents.words import describe_lessons, describe_objectives, fenced_code, fenced_files, fenced_segments
from genome.notes import without_notes
from memory.aim import aim_of
from memory.ledger import Ledger
from memory.records import Candidate
from tasks import Task

_SCOPES = {
    "segment": ("Segment to change: {}", "If the change needs it, one further segment may be changed with it."),
    "refine": (
        "Segments to change, one or several of your choice: {}",
        "Choose where a change will bring most, and change as little as it takes.",
    ),
    "rewrite": (
        "Segments to change, as many as you like: {}",
        "You may write everything between the markers anew, as long as the names that the rest of the program uses stay.",
    ),
}


class Briefs:
    """Writes the briefs of one run's children."""

    def __init__(self, task: Task, ledger: Ledger, terms: str) -> None:
        """`terms` says how a program is measured, see `agents.terms`."""
        self._task, self._ledger, self._terms = task, ledger, terms

    def write(self, child: Candidate, parents: Sequence[Candidate], scope: Mapping[str, str]) -> str:
        """The brief of this child, whose author may change the segments in `scope`: name -> present text in the first parent."""
        return self._mutation(child, parents[0], scope) if len(parents) == 1 else self._cross(child, parents, scope)

    def _mutation(self, child: Candidate, parent: Candidate, scope: Mapping[str, str]) -> str:
        """One parent is changed: in one segment (LLM Guided Evolution, section 3.2), in those that the author chooses, or as a whole."""
        intent, one = child.intent or "tune", child.segment
        head, note = _SCOPES[child.scope or ("segment" if one else "refine")]
        return render(
            "architect",
            **self._common(child),
            parent=self._named(parent),
            program=fenced_files(parent.files),
            portrait=self._portrait(parent, child.after),
            lineage=lineage(self._ledger, parent, child.after),
            where=f"near it, changes against `{line(parent.id)}`",
            tried=tried(self._ledger, parent, one, child.after),
            company=self._company(child, parent),
            scope=f"{head.format(_listed(scope))}\n{note}",
            intent=intent,
            intent_text=self._wording(child, f"intent/{intent}"),
        )

    def _cross(self, child: Candidate, parents: Sequence[Candidate], scope: Mapping[str, str]) -> str:
        """Two parents become one child, segment by segment and by name, so that no merge can land in the wrong place."""
        a, b = parents
        theirs = genome.segments(b.files)
        return render(
            "breeder",
            **self._common(child),
            parent_a=self._named(a),
            program_a=fenced_files(a.files),
            portrait_a=self._portrait(a, child.after),
            parent_b=self._named(b),
            program_b=fenced_segments({name: theirs[name] for name in scope}),
            portrait_b=self._portrait(b, child.after),
            lineage="\n\n".join(
                f"Parent {n}:\n{lineage(self._ledger, p, child.after)}" for n, p in (("A", a), ("B", b))
            ),
            where="near parent A, changes against it",
            tried=tried(self._ledger, a, None, child.after),
            company=self._company(child, a),
            segments=_listed(scope),
            instruction=self._wording(child, "breeder"),
        )

    def _common(self, child: Candidate) -> dict[str, str]:
        return {
            "task": self._task.name,
            "description": self._task.description.strip(),
            "objectives": describe_objectives(self._task, aim_of(self._ledger.meta()).require),
            "terms": self._terms,
            "reply_form": render(
                "reply_form",
                besides="" if self._task.is_table else ", with the tensor shapes where they change",
                contract=self._task.contract,
                imports=", ".join(f"`{name}`" for name in self._task.imports) or "none",
            ).strip(),
            "standing": standing_at(self._ledger, self._task.objectives, child.after),
            "mishaps": mishaps(self._ledger, child.after),
            "thought": self._thought(child).strip(),
        }

    def _named(self, one: Candidate) -> str:
        return f"`{line(one.id)}`: {values(one.objectives) or 'not measured'}"

    def _portrait(self, one: Candidate, upto: int) -> str:
        """What its parts cost, and how it learnt beside the seed."""
        seed = self._ledger.curve("seed", upto) if one.operator != "seed" else ()
        told = [parts(one), curve(self._ledger.curve(one.id, upto), seed, self._task.objectives[0].unit)]
        return "\n\n".join(filter(None, told))

    def _company(self, child: Candidate, parent: Candidate) -> str:
        """Whole programs beside the parent, without comments: what is not shown of one is as in the parent."""
        told = []
        for id in child.context:
            one = self._ledger.known(id, child.after)
            texts = genome.segments(one.files)
            names = genome.changed_segments(parent.files, one.files)
            apart = {name: without_notes(texts[name]) for name in names if name in texts}
            told.append(f"{self._named(one)}; other segments as in `{line(parent.id)}`\n\n{fenced_segments(apart)}")
        return "\n\n".join(told) or "None is shown here."

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
