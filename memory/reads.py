"""The part of the ledger that viewers use: counts, the newest, one row at a time; never the texts of all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import NamedTuple, TypedDict, Unpack

from memory.database import first, where
from memory.experience import Experience
from memory.programs import CANDIDATE_ORDER
from memory.records import Audit, Candidate, Evaluation, Event, EventKind, ModelCall

_TICKET = ", ".join(f"e.{field.name}" for field in fields(Evaluation) if field.name != "curve")
# in the order of the candidates, then by fidelity and training seed
_TICKET_ORDER = 'ORDER BY c.generation, c."index", c.id, e.fidelity, e.train_seed, e.key'


class CallHead(NamedTuple):
    """Whose call it was, without what was said."""

    key: str
    candidate: str | None
    generation: int
    agent: str


class StepEnds(NamedTuple):
    """Between whom a measured step was, without the change of code."""

    parent: str
    child: str


class Span(NamedTuple):
    """One thing that took time, in seconds since the epoch: a call, a check, a training in its slot, an audit."""

    kind: str
    asked_at: float
    begun_at: float
    ended_at: float


class Spending(NamedTuple):
    """What the calls up to number `last` cost: a reader that remembers the number adds only what came since."""

    last: int = 0
    tokens: int = 0
    cost_usd: float = 0.0


class Which(TypedDict, total=False):
    """Which calls are asked for; None and what is not said means all."""

    agent: str | None
    candidate: str | None
    persona: str | None
    generation: int | None
    failed: bool | None


class Reads(Experience):
    """What a viewer asks for, in a time and a memory that the texts of a run have no say in."""

    # candidates

    def each_candidate(self) -> Iterator[Candidate]:
        """Every candidate, whole, one at a time, by generation and place in the plan."""
        numbers = [row[0] for row in self._db.run(f"SELECT rowid FROM candidates {CANDIDATE_ORDER}")]
        scores = self.scores(None)
        for one in self._db.each(Candidate, "SELECT * FROM candidates WHERE rowid = ?", numbers):
            yield self.scored(one, scores.get(one.id, ()))

    def ids(self) -> list[str]:
        """Of all candidates, by generation and place in the plan."""
        return [row[0] for row in self._db.run(f"SELECT id FROM candidates {CANDIDATE_ORDER}")]

    def wording_of(self, id: str | None) -> str | None:
        """The wording of its instruction that a candidate's author was given; None of no candidate."""
        row = self._db.run("SELECT prompt FROM candidates WHERE id = ?", (id,)).fetchone()
        return None if row is None else row[0]

    def fates(self) -> dict[str, str | None]:
        """Candidate that has come to its end -> the kind of its failure; None for one that is measured."""
        rows = self._db.run("SELECT id, failure FROM candidates WHERE status IN ('evaluated', 'failed')")
        return {row[0]: row[1] for row in rows}

    def by_status(self) -> dict[str, int]:
        """How many children have come how far."""
        query = "SELECT status, count(*) FROM candidates WHERE operator != 'seed' GROUP BY status ORDER BY status"
        return {row[0]: row[1] for row in self._db.run(query)}

    def generations(self) -> int:
        """How many times children were ordered."""
        return int(self._db.run("SELECT count(DISTINCT generation) FROM candidates WHERE generation > 0").fetchone()[0])

    def closed(self) -> int:
        """How many selections followed a commit that took in children."""
        query = """SELECT count(*) FROM events WHERE kind = 'selected' AND json_extract(data, '$.generation') > 0
            AND coalesce(json_extract(data, '$.children'), 1) > 0"""
        return int(self._db.run(query).fetchone()[0])

    def equals(self, one: Candidate) -> list[str]:
        """Other measured candidates whose objectives are the same to the last digit, by generation and place in the plan."""
        query = f"""SELECT id FROM candidates WHERE status = 'evaluated' AND id != ? AND objectives =
            (SELECT objectives FROM candidates WHERE id = ?) {CANDIDATE_ORDER}"""
        ids = [row[0] for row in self._db.run(query, (one.id, one.id))]
        # alike in one training: what further ones showed tells them apart
        found = self.outcomes(ids)
        return [id for id in ids if found[id].objectives == one.objectives]

    # model calls

    def each_call(self, **which: Unpack[Which]) -> Iterator[ModelCall]:
        """One at a time, by generation, their candidate's place in the plan (those of no candidate last), and attempt."""
        failed = which.pop("failed", None)
        clause, values = where({f"calls.{name}": value for name, value in which.items()})
        if failed is not None:
            clause += (" AND " if clause else "WHERE ") + f"calls.failure IS {'NOT ' if failed else ''}NULL"
        query = f"""SELECT calls.rowid FROM calls LEFT JOIN candidates c ON c.id = calls.candidate {clause}
            ORDER BY calls.generation, c.id IS NULL, c."index", c.id, length(calls.key), calls.key"""
        # numbers are sorted, not calls: their texts would fill the memory
        numbers = [row[0] for row in self._db.run(query, values)]
        return self._db.each(ModelCall, "SELECT * FROM calls WHERE rowid = ?", numbers)

    def call_heads(self) -> list[CallHead]:
        """Of all calls, in no order that means anything."""
        return [CallHead(*row) for row in self._db.run("SELECT key, candidate, generation, agent FROM calls")]

    def spent_since(self, last: int = 0) -> Spending:
        """What the calls with a number above `last` cost; numbers count up as calls are written."""
        query = "SELECT coalesce(max(rowid), ?), coalesce(sum(tokens_in + tokens_out), 0), coalesce(sum(cost_usd), 0.0) FROM calls"
        if not last:
            return Spending(*self._db.run(query, (0,)).fetchone())
        return Spending(*self._db.run(f"{query} WHERE rowid > ?", (last, last)).fetchone())

    def verdicts(self, model: str, most: int) -> list[str | None]:
        """What the checks said of the latest answers of the authors that spoke through this model, newest first: None where they
        could be trained, or a failure kind."""
        query = """SELECT CASE WHEN a.evaluation IS NULL THEN a.failure END FROM attempts a JOIN candidates c ON c.id = a.child
            WHERE c.model = ? AND a.failure IS NOT 'lost' ORDER BY a.rowid DESC LIMIT ?"""
        return [row[0] for row in self._db.run(query, (model, most))]

    # trainings and audits

    def tickets(self, status: str | None = None, candidates: Sequence[str] | None = None) -> list[Evaluation]:
        """Evaluations of all candidates, or of these, without their curves, in the order of `Ledger.evaluations`."""
        clause, values = where({"e.status": status})
        if candidates is not None:
            clause += (" AND " if clause else "WHERE ") + f"e.candidate IN ({_holes(candidates)})"
            values = (*values, *candidates)
        query = (
            f"SELECT {_TICKET} FROM evaluations e LEFT JOIN candidates c ON c.id = e.candidate {clause} {_TICKET_ORDER}"
        )
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

    # when

    def spans(self) -> list[Span]:
        """Everything that took time, as far as it is known when."""
        query = """
            SELECT 'model', asked_at, begun_at, begun_at + latency_s FROM calls WHERE asked_at > 0 UNION ALL
            SELECT 'screen', begun_at, begun_at, ended_at FROM attempts WHERE begun_at > 0 UNION ALL
            SELECT 'sandbox', asked_at, begun_at, ended_at FROM evaluations WHERE ended_at > 0 UNION ALL
            SELECT 'audit', begun_at, begun_at, ended_at FROM audits WHERE begun_at > 0 ORDER BY 2, 3, 4"""
        return [Span(*row) for row in self._db.run(query)]

    # evidence

    def step_ends(self) -> list[StepEnds]:
        """Of all measured steps, in no order that means anything."""
        return [StepEnds(*row) for row in self._db.run("SELECT parent, child FROM evidence")]

    # the log

    def last_event(self, *kinds: EventKind) -> Event | None:
        """The newest one, of these kinds if any are named."""
        clause = f"WHERE kind IN ({_holes(kinds)})" if kinds else ""
        return first(self._db.records(Event, f"SELECT * FROM events {clause} ORDER BY number DESC LIMIT 1", kinds))


def _holes(values: Sequence[str]) -> str:
    """A place-holder for each."""
    return ", ".join("?" * len(values))
