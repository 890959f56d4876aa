"""The part of the ledger that tells what was learnt: measured steps, lessons, reflections, loans."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from memory.better import change
from memory.database import first, where
from memory.programs import Programs
from memory.records import FAILURES, NO_NEWS, Candidate, Evidence, Lesson, Loan, Reflection


class Experience(Programs):
    """What the Critic reads and writes."""

    def put_evidence(self, evidence: Evidence) -> None:
        self._db.upsert("evidence", evidence, "child, parent")

    def evidence(
        self,
        parent: str | None = None,
        child: str | None = None,
        upto: int | None = None,
        commit: int | None = None,
        since: int | None = None,
        children: Collection[str] | None = None,
        segments: Collection[str] | None = None,
        last: int | None = None,
    ) -> list[Evidence]:
        """Measured steps by generation and the child's place in the plan: those up to a commit, of one commit, of those after one,
        of some children, about some segments; of these the `last` ones, where that is said.

        Their outcomes are by the scores as of the commit `upto`.
        """
        clause, values = where({"e.parent": parent, "e.child": child, "c.committed": commit})
        if upto is not None:
            clause, values = f"{clause} {'AND' if clause else 'WHERE'} c.committed <= ?", (*values, upto)
        if since is not None:
            clause, values = f"{clause} {'AND' if clause else 'WHERE'} c.committed > ?", (*values, since)
        if children is not None:
            # one value, however many they are: SQLite bounds the number of values
            clause = f"{clause} {'AND' if clause else 'WHERE'} e.child IN (SELECT value FROM json_each(?))"
            values = (*values, json.dumps(list(children)))
        if segments is not None:
            clause = f"{clause} {'AND' if clause else 'WHERE'} e.segment IN (SELECT value FROM json_each(?))"
            values = (*values, json.dumps(list(segments)))
        query = f"""SELECT e.* FROM evidence e JOIN candidates c ON c.id = e.child {clause}
            ORDER BY e.generation DESC, c."index" DESC, c.id DESC, e.parent DESC LIMIT ?"""
        found = self._db.records(Evidence, query, (*values, -1 if last is None else last))
        return self._measured(found[::-1], upto)

    def put_surroundings(self, child: str, others: Mapping[str, str]) -> None:
        """Keep what each segment of a program is surrounded by, see `genome.surroundings`; the first word stands."""
        for segment, form in others.items():
            query = "INSERT INTO surroundings (candidate, segment, others) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
            self._db.run(query, (child, segment, form))

    def alike(self, segment: str, others: str, upto: int, last: int) -> list[Candidate]:
        """The newest programs, oldest of them first, that have these other segments, whatever parent they are of; as of a commit."""
        query = """SELECT c.id FROM surroundings s JOIN candidates c ON c.id = s.candidate
            WHERE s.segment = ? AND s.others = ? AND c.committed <= ?
            ORDER BY c.committed DESC, c.generation DESC, c."index" DESC LIMIT ?"""
        ids = [row["id"] for row in self._db.run(query, (segment, others, upto, last))]
        found = self.outcomes(ids, upto, code=True)
        return [self.stood(found[id], upto) for id in reversed(ids)]

    def mishaps(self, upto: int, last: int) -> list[Candidate]:
        """The newest children, oldest of them first, of which no measured program came though it was a new one; as of a commit."""
        kinds = [kind for kind in FAILURES if kind not in NO_NEWS]
        query = f"""SELECT * FROM candidates WHERE status = 'failed' AND failure IN ({", ".join("?" * len(kinds))})
            AND committed <= ? AND (failure NOT IN ('audit', 'unproven') OR coalesce(audited, 0) <= ?)
            ORDER BY committed DESC, generation DESC, "index" DESC LIMIT ?"""
        return self._db.records(Candidate, query, (*kinds, upto, upto, last))[::-1]

    def steps(self, most: int, upto: int) -> list[tuple[str, str]]:
        """Child and parent of the newest measured steps, the oldest of them first."""
        # the newest are found at once in the index of commits; that of what became of candidates (the `+`) would be read whole
        query = """SELECT e.child, e.parent FROM candidates c CROSS JOIN evidence e ON e.child = c.id
            WHERE +c.status = 'evaluated' AND c.committed <= ?
            ORDER BY c.committed DESC, c.generation DESC, c."index" DESC, e.parent LIMIT ?"""
        rows = self._db.run(query, (upto, most)).fetchall()
        return [(row["child"], row["parent"]) for row in reversed(rows)]

    def _measured(self, steps: list[Evidence], upto: int | None) -> list[Evidence]:
        """The steps with what came of them, by the scores as of that commit."""
        ends = {
            id: self.stood(one, upto)
            for id, one in self.outcomes({id for step in steps for id in (step.child, step.parent)}, upto).items()
        }
        return [
            replace(
                step,
                delta=delta_of(ends[step.child], ends[step.parent]),
                failure=ends[step.child].failure,
                message=ends[step.child].message,
            )
            for step in steps
        ]

    def committed(self, upto: int) -> set[str] | None:
        """Ids of what was committed by then; None where that is all there is."""
        if self._db.run("SELECT 1 FROM commits WHERE number > ? LIMIT 1", (upto,)).fetchone() is None:
            return None
        return {row["id"] for row in self._db.run("SELECT id FROM candidates WHERE committed <= ?", (upto,))}

    def put_lesson(self, lesson: Lesson) -> None:
        self._db.upsert("lessons", lesson, "id")

    def lessons(self, ids: Collection[str] | None = None) -> list[Lesson]:
        """The lessons, or these of them, in the order in which they were written."""
        chosen = "" if ids is None else "WHERE id IN (SELECT value FROM json_each(?))"
        query = f"SELECT * FROM lessons {chosen} ORDER BY generation, length(id), id"
        return self._db.records(Lesson, query, () if ids is None else (json.dumps(list(ids)),))

    def put_reflection(self, reflection: Reflection, lessons: Iterable[Lesson]) -> None:
        """Write what a reflection ended with and every lesson that it made or changed, together and once."""
        with self.transaction():
            if self.reflection(reflection.generation) is None:
                self._db.insert_once("reflections", reflection, "generation")
                for lesson in lessons:
                    self.put_lesson(lesson)

    def reflection(self, generation: int) -> Reflection | None:
        return first(self._db.records(Reflection, "SELECT * FROM reflections WHERE generation = ?", (generation,)))

    def reflections(self) -> list[Reflection]:
        return self._db.records(Reflection, "SELECT * FROM reflections ORDER BY generation")

    def put_loan(self, loan: Loan) -> Loan:
        """What is now recorded to have been borrowed under this key: the first word stands."""
        return self._db.first_word("loans", loan, "key")

    def loan(self, key: str) -> Loan | None:
        return first(self._db.records(Loan, "SELECT * FROM loans WHERE key = ?", (key,)))

    def loans(self) -> list[Loan]:
        return self._db.records(Loan, "SELECT * FROM loans ORDER BY generation, key")


def delta_of(child: Candidate, parent: Candidate) -> dict[str, float] | None:
    """The child's objectives less its parent's; None when either has none that count."""
    if child.failure is not None or not child.objectives or not parent.objectives:
        return None
    theirs = parent.objectives
    return {name: change(value, theirs[name]) for name, value in child.objectives.items() if name in theirs}
