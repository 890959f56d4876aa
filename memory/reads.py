"""What viewers ask of a ledger: counts, outlines, the newest, one row at a time; never the texts of all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import NamedTuple

from memory.database import Database, where
from memory.records import Audit, Candidate, Evaluation, Event, EventKind, ModelCall, Outline, Selection

CANDIDATE_ORDER = 'ORDER BY generation, "index", id'
_TEXTS = ("files", "message", "rationale")
_OUTLINE = ", ".join(f'"{field.name}"' for field in fields(Candidate) if field.name not in _TEXTS)
_OUTCOME = ", ".join(f"e.{field.name}" for field in fields(Evaluation) if field.name != "curve")


class CallHead(NamedTuple):
    """Whose call it was, without what was said."""

    key: str
    candidate: str | None
    generation: int
    agent: str


class StepHead(NamedTuple):
    """Between whom a measured step was, and whether the child has a measure; without the change of code."""

    parent: str
    child: str
    measured: bool


class Spending(NamedTuple):
    """What the calls up to number `last` cost: a reader that remembers the number adds only what came since."""

    last: int
    tokens: int
    cost_usd: float


class Reads:
    """The part of a ledger that viewers use."""

    _db: Database

    # candidates

    def outlines(
        self, generation: int | None = None, status: str | None = None, ids: Sequence[str] | None = None
    ) -> list[Outline]:
        """Candidates without their texts, by generation and place in the plan; of `ids`, those that there are."""
        clause, values = where({"generation": generation, "status": status})
        if ids is not None:
            clause += (" AND " if clause else "WHERE ") + f"id IN ({_holes(ids)})"
            values = (*values, *ids)
        return self._db.records(Outline, f"SELECT {_OUTLINE} FROM candidates {clause} {CANDIDATE_ORDER}", values)

    def each_candidate(self) -> Iterator[Candidate]:
        """Every candidate, whole, one at a time, by generation and place in the plan."""
        numbers = [row[0] for row in self._db.run(f"SELECT rowid FROM candidates {CANDIDATE_ORDER}")]
        return self._db.each(Candidate, "SELECT * FROM candidates WHERE rowid = ?", numbers)

    def ids(self) -> list[str]:
        """Of all candidates, by generation and place in the plan."""
        return [row[0] for row in self._db.run(f"SELECT id FROM candidates {CANDIDATE_ORDER}")]

    def fates(self) -> dict[str, str | None]:
        """Candidate that has come to its end -> the kind of its failure; None for one that is measured."""
        rows = self._db.run("SELECT id, failure FROM candidates WHERE status IN ('evaluated', 'failed')")
        return {row[0]: row[1] for row in rows}

    def by_status(self) -> dict[str, int]:
        """How many children have come how far."""
        query = "SELECT status, count(*) FROM candidates WHERE operator != 'seed' GROUP BY status ORDER BY status"
        return {row[0]: row[1] for row in self._db.run(query)}

    def newest(self) -> int:
        """The latest generation of which there is a candidate; 0 when there is none."""
        return int(self._db.run("SELECT coalesce(max(generation), 0) FROM candidates").fetchone()[0])

    def equal(self, one: Candidate) -> list[str]:
        """Other measured candidates with the same objectives to the last digit, by generation and place in the plan."""
        query = f"""SELECT id FROM candidates WHERE status = 'evaluated' AND id != ? AND objectives =
            (SELECT objectives FROM candidates WHERE id = ?) {CANDIDATE_ORDER}"""
        return [row[0] for row in self._db.run(query, (one.id, one.id))]

    # model calls

    def each_call(
        self,
        agent: str | None = None,
        candidate: str | None = None,
        persona: str | None = None,
        generation: int | None = None,
        failed: bool | None = None,
    ) -> Iterator[ModelCall]:
        """One at a time, by generation, their candidate's place in the plan (those of no candidate last), and attempt."""
        named = {"agent": agent, "candidate": candidate, "persona": persona, "generation": generation}
        clause, values = where({f"calls.{name}": value for name, value in named.items()})
        if failed is not None:
            clause += (" AND " if clause else "WHERE ") + f"calls.failure IS {'NOT ' if failed else ''}NULL"
        query = f"""SELECT calls.rowid FROM calls LEFT JOIN candidates c ON c.id = calls.candidate {clause}
            ORDER BY calls.generation, c.id IS NULL, c."index", c.id, length(calls.key), calls.key"""
        # numbers are sorted, not calls: of all calls the texts alone fill the memory
        numbers = [row[0] for row in self._db.run(query, values)]
        return self._db.each(ModelCall, "SELECT * FROM calls WHERE rowid = ?", numbers)

    def call_heads(self) -> Iterator[CallHead]:
        """Of all calls, in no order that means anything."""
        return (CallHead(*row) for row in self._db.run("SELECT key, candidate, generation, agent FROM calls"))

    def spent_since(self, last: int = 0) -> Spending:
        """What the calls with a number above `last` cost; the number counts up as they are written."""
        query = """SELECT coalesce(max(rowid), ?), coalesce(sum(tokens_in + tokens_out), 0), coalesce(sum(cost_usd), 0.0)
            FROM calls WHERE rowid > ?"""
        return Spending(*self._db.run(query, (last, last)).fetchone())

    # evaluations and audits

    def outcomes(self, status: str | None = None, candidates: Sequence[str] | None = None) -> list[Evaluation]:
        """Evaluations without their curves, in the order of `Ledger.evaluations`; of all candidates, or of these."""
        clause, values = where({"e.status": status})
        if candidates is not None:
            clause += (" AND " if clause else "WHERE ") + f"e.candidate IN ({_holes(candidates)})"
            values = (*values, *candidates)
        query = f"""SELECT {_OUTCOME} FROM evaluations e LEFT JOIN candidates c ON c.id = e.candidate {clause}
            ORDER BY c.generation, c."index", c.id, e.fidelity, e.train_seed, e.key"""
        return self._db.records(Evaluation, query, values)

    def audits_of(self, candidates: Sequence[str]) -> list[Audit]:
        """In the order of `Ledger.audits`."""
        query = f"""SELECT a.* FROM audits a LEFT JOIN candidates c ON c.id = a.candidate
            WHERE a.candidate IN ({_holes(candidates)}) ORDER BY c.generation, c."index", c.id, a.rowid"""
        return self._db.records(Audit, query, tuple(candidates))

    def unproven(self) -> list[str]:
        """The measured candidates that their audit could not follow, where their task lets them lead all the same."""
        query = f"""SELECT id FROM candidates WHERE status = 'evaluated' AND id IN
            (SELECT candidate FROM audits WHERE unproven != '' AND fault = '') {CANDIDATE_ORDER}"""
        return [row[0] for row in self._db.run(query)]

    # evidence

    def step_heads(self) -> Iterator[StepHead]:
        """Of all measured steps, in no order that means anything."""
        query = "SELECT parent, child, delta IS NOT NULL FROM evidence"
        return (StepHead(row[0], row[1], bool(row[2])) for row in self._db.run(query))

    # selections and the log

    def last_selection(self) -> Selection | None:
        """How the latest closed generation ended."""
        found = self._db.records(Selection, "SELECT * FROM selections ORDER BY generation DESC LIMIT 1")
        return found[0] if found else None

    def last_event(self, *kinds: EventKind) -> Event | None:
        """The newest one, of these kinds if any are named."""
        clause = f"WHERE kind IN ({_holes(kinds)})" if kinds else ""
        found = self._db.records(Event, f"SELECT * FROM events {clause} ORDER BY number DESC LIMIT 1", kinds)
        return found[0] if found else None


def _holes(values: Sequence[str]) -> str:
    """A place-holder for each."""
    return ", ".join("?" * len(values))
