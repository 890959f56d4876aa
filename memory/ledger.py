"""The one truth of a run: everything that was proposed, replied, measured and decided, in one SQLite file.

One process writes, any number read, also while it writes (WAL). Every method may be called from any thread. Every write
is on disk, safe against the death of the process, when its method returns.

A reader sees nothing of the order in which rows went in: listings are sorted by generation and place in the plan, so
that what is decided from them does not depend on who finished first.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from memory.connect import LedgerError, WriterLock, check_schema, connect
from memory.database import Database, where
from memory.migrations import MIGRATIONS, Migration, migrate
from memory.records import (
    FAILURES,
    Audit,
    Candidate,
    Evaluation,
    Event,
    EventKind,
    Evidence,
    Lesson,
    Loan,
    ModelCall,
    Opening,
    Reflection,
    Selection,
    Wording,
)
from memory.rows import Record, to_json
from memory.totals import totals

__all__ = ["Ledger", "LedgerError"]

Clock = Callable[[], float]

CANDIDATE_ORDER = 'ORDER BY generation, "index", id'
# a repeat is a program that was trained, or is being; one that the sandbox lost deserves another try
WAS_TRIED = """(status = 'evaluated' OR EXISTS (
    SELECT 1 FROM evaluations e WHERE e.candidate = candidates.id AND e.failure IS NOT 'lost'))"""


class Ledger:
    """Made by `Ledger.create` or `Ledger.open`; a context manager that closes itself."""

    def __init__(self, db: Database, lock: WriterLock | None, clock: Clock) -> None:
        self.path = db.path
        self._db = db
        self._writer = lock
        self._clock = clock

    @classmethod
    def create(cls, path: Path | str, meta: Mapping[str, Any], clock: Clock = time.time) -> Ledger:
        """A new, empty ledger; its meta gains `created` (ISO 8601, UTC) unless given. LedgerError if one is there."""
        path = Path(path)
        lock = WriterLock(path)
        try:
            ledger = cls(Database(connect(path, create=True), path), lock, clock)
            with ledger.transaction():
                migrate(ledger._db.raw)
                created = datetime.fromtimestamp(clock(), UTC).isoformat(timespec="milliseconds")
                for key, value in {"created": created, **meta}.items():
                    ledger.set_meta(key, value)
        except BaseException:
            lock.release()
            raise
        return ledger

    @classmethod
    def open(
        cls,
        path: Path | str,
        read_only: bool = False,
        clock: Clock = time.time,
        migrations: Sequence[Migration] = MIGRATIONS,
    ) -> Ledger:
        """The ledger at `path`, brought up to date unless read-only.

        Raises LedgerError if it is missing, not a ledger, from a newer version, or being written by another process.
        """
        path = Path(path)
        lock = None if read_only else WriterLock(path)
        try:
            db = check_schema(connect(path, read_only=read_only), path, migrations, read_only)
            return cls(Database(db, path), lock, clock)
        except BaseException:
            if lock is not None:
                lock.release()
            raise

    def close(self) -> None:
        """Give the file back. Closing twice is fine."""
        self._db.close()
        if self._writer is not None:
            self._writer.release()

    @staticmethod
    def writer(path: Path | str) -> int | None:
        """Id of the process that writes the ledger at `path` now; None if nobody does."""
        return WriterLock.writer(Path(path))

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def transaction(self) -> AbstractContextManager[None]:
        """Writes inside happen together or not at all. Nothing may be awaited inside; transactions may nest."""
        return self._db.transaction()

    def snapshot(self) -> AbstractContextManager[None]:
        """Everything read inside is of one moment, also beside a writer. Not to be held for long: the log cannot shrink meanwhile."""
        return self._db.snapshot()

    # what the run is

    def meta(self) -> dict[str, Any]:
        """What was said of the run: run, task, strategy, seed, fidelity, objectives, version, created, ..."""
        rows = self._db.run("SELECT key, value FROM meta ORDER BY key").fetchall()
        return {row["key"]: json.loads(row["value"]) for row in rows}

    def set_meta(self, key: str, value: Any) -> None:
        self._db.run(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, to_json(value)),
        )

    # candidates

    def put_candidate(self, candidate: Candidate) -> None:
        """Write or overwrite a candidate."""
        if candidate.failure is not None and candidate.failure not in FAILURES:
            kinds = ", ".join(FAILURES)
            raise LedgerError(f"{candidate.id}: unknown failure kind {candidate.failure!r}; one of {kinds}")
        self._db.upsert("candidates", candidate, "id")

    def candidate(self, id: str) -> Candidate | None:
        return _first(self._db.records(Candidate, "SELECT * FROM candidates WHERE id = ?", (id,)))

    def known(self, id: str) -> Candidate:
        """The candidate of this id, which must be there. Raises LedgerError."""
        found = self.candidate(id)
        if found is None:
            raise LedgerError(f"no candidate {id!r} in {self.path}; 'evolve status' lists a run's candidates")
        return found

    def candidates(self, generation: int | None = None, status: str | None = None) -> list[Candidate]:
        """Candidates by generation and place in the plan."""
        clause, values = where({"generation": generation, "status": status})
        return self._db.records(Candidate, f"SELECT * FROM candidates {clause} {CANDIDATE_ORDER}", values)

    def find_fingerprint(self, fingerprint: str, before: int | None = None) -> str | None:
        """Id of the first candidate with this code, of a generation below `before`, that was or is being evaluated."""
        return self._first_tried("fingerprint", fingerprint, before)

    def find_behaviour(self, behaviour: str, before: int | None = None) -> str | None:
        """Id of the first candidate that behaves so, of a generation below `before`, that was or is being evaluated."""
        return self._first_tried("behaviour", behaviour, before)

    # model calls

    def put_call(self, call: ModelCall) -> ModelCall:
        """What is now stored under the call's key: the first one written, so that a reply is never paid for twice."""
        self._db.insert_once("calls", call, "key")
        stored = self.call(call.key)
        assert stored is not None
        return stored

    def call(self, key: str) -> ModelCall | None:
        return _first(self._db.records(ModelCall, "SELECT * FROM calls WHERE key = ?", (key,)))

    def calls(
        self,
        agent: str | None = None,
        candidate: str | None = None,
        persona: str | None = None,
        generation: int | None = None,
        failed: bool | None = None,
    ) -> list[ModelCall]:
        """Calls by generation, their candidate's place in the plan (those of no candidate last), and attempt."""
        named = {"agent": agent, "candidate": candidate, "persona": persona, "generation": generation}
        clause, values = where({f"calls.{name}": value for name, value in named.items()})
        if failed is not None:
            clause += (" AND " if clause else "WHERE ") + f"calls.failure IS {'NOT ' if failed else ''}NULL"
        query = f"""SELECT calls.* FROM calls LEFT JOIN candidates c ON c.id = calls.candidate {clause}
            ORDER BY calls.generation, c.id IS NULL, c."index", c.id, length(calls.key), calls.key"""
        return self._db.records(ModelCall, query, values)

    def tokens(self) -> dict[str, int]:
        """Tokens, in and out, of all calls about each candidate."""
        query = """SELECT candidate, sum(tokens_in + tokens_out) n FROM calls WHERE candidate IS NOT NULL
            GROUP BY candidate ORDER BY candidate"""
        return {row["candidate"]: row["n"] for row in self._db.run(query)}

    def judge_call(self, key: str, failure: str | None) -> None:
        """Note what became of a reply: None, or a failure kind."""
        if self._db.run("UPDATE calls SET failure = ? WHERE key = ?", (failure, key)).rowcount == 0:
            raise LedgerError(f"no model call {key!r} to judge; put_call comes first")

    # evaluations

    def open_ticket(self, evaluation: Evaluation) -> None:
        """Note that an evaluation runs; one that runs already (a crash came between) stays. LedgerError once done.

        One that the sandbox lost begins anew: it says nothing of the program.
        """
        self._expect("running", evaluation)
        with self.transaction():
            known = self.evaluation(evaluation.key)
            if known is not None and known.status == "done" and known.failure == "lost":
                self._db.upsert("evaluations", evaluation, "key")
                return
            self._refuse_done(evaluation.key)
            self._db.insert_once("evaluations", evaluation, "key")

    def close_ticket(self, evaluation: Evaluation) -> None:
        """Write the outcome of a running evaluation, once. Raises LedgerError if it is done already or never began."""
        self._expect("done", evaluation)
        with self.transaction():
            self._refuse_done(evaluation.key)
            if self.evaluation(evaluation.key) is None:
                raise LedgerError(f"evaluation {evaluation.key} was never opened; open_ticket comes first")
            self._db.upsert("evaluations", evaluation, "key")

    def evaluation(self, key: str) -> Evaluation | None:
        return _first(self._db.records(Evaluation, "SELECT * FROM evaluations WHERE key = ?", (key,)))

    def evaluations(self, status: str | None = None) -> list[Evaluation]:
        """Evaluations in the order of the candidates that asked for them, then by fidelity and training seed."""
        clause, values = where({"e.status": status})
        query = f"""SELECT e.* FROM evaluations e LEFT JOIN candidates c ON c.id = e.candidate {clause}
            ORDER BY c.generation, c."index", c.id, e.fidelity, e.train_seed, e.key"""
        return self._db.records(Evaluation, query, values)

    def credit(self, original: str, twin: str) -> None:
        """Put what was measured of a program under the candidate that comes first in the plan, whichever was trained first."""
        with self.transaction():
            for table in ("evaluations", "audits"):
                self._db.run(f"UPDATE {table} SET candidate = ? WHERE candidate = ?", (original, twin))

    # audits

    def put_audit(self, audit: Audit) -> None:
        """Write what an audit found; the first word stands."""
        self._db.insert_once("audits", audit, "key")

    def audit(self, key: str) -> Audit | None:
        return _first(self._db.records(Audit, "SELECT * FROM audits WHERE key = ?", (key,)))

    def audits(self) -> list[Audit]:
        """Audits in the order of their candidates; of one candidate the search's own before those of later trainings."""
        query = """SELECT a.* FROM audits a LEFT JOIN candidates c ON c.id = a.candidate
            ORDER BY c.generation, c."index", c.id, a.rowid"""
        return self._db.records(Audit, query)

    # evidence and lessons

    def put_evidence(self, evidence: Evidence) -> None:
        self._db.upsert("evidence", evidence, "child, parent")

    def evidence(self, parent: str | None = None, child: str | None = None) -> list[Evidence]:
        """Measured steps by generation and the child's place in the plan."""
        clause, values = where({"e.parent": parent, "e.child": child})
        query = f"""SELECT e.* FROM evidence e JOIN candidates c ON c.id = e.child {clause}
            ORDER BY c.generation, c."index", c.id, e.parent"""
        return self._db.records(Evidence, query, values)

    def put_lesson(self, lesson: Lesson) -> None:
        self._db.upsert("lessons", lesson, "id")

    def lessons(self) -> list[Lesson]:
        query = "SELECT * FROM lessons ORDER BY generation, length(id), id"
        return self._db.records(Lesson, query)

    def put_reflection(self, reflection: Reflection, lessons: Iterable[Lesson]) -> None:
        """Write what a reflection ended with and every lesson that it made or changed, together and once."""
        with self.transaction():
            if self.reflection(reflection.generation) is None:
                self._db.insert_once("reflections", reflection, "generation")
                for lesson in lessons:
                    self.put_lesson(lesson)

    def reflection(self, generation: int) -> Reflection | None:
        return _first(self._db.records(Reflection, "SELECT * FROM reflections WHERE generation = ?", (generation,)))

    def reflections(self) -> list[Reflection]:
        return self._db.records(Reflection, "SELECT * FROM reflections ORDER BY generation")

    def put_loan(self, loan: Loan) -> Loan:
        """What is now recorded to have been borrowed under this key: the first word stands."""
        self._db.insert_once("loans", loan, "key")
        stored = self.loan(loan.key)
        assert stored is not None
        return stored

    def loan(self, key: str) -> Loan | None:
        return _first(self._db.records(Loan, "SELECT * FROM loans WHERE key = ?", (key,)))

    # wordings of the instructions in prompts

    def put_wording(self, wording: Wording) -> None:
        """Write a version of an instruction; the first word stands, so that no version is ever lost."""
        self._db.insert_once("wordings", wording, "name, version")

    def wordings(self) -> list[Wording]:
        return self._db.records(Wording, "SELECT * FROM wordings ORDER BY name, version")

    def loans(self) -> list[Loan]:
        return self._db.records(Loan, "SELECT * FROM loans ORDER BY generation, key")

    # selections

    def put_selection(
        self,
        generation: int,
        population: Sequence[str],
        elites: Sequence[str],
        archive: Sequence[str],
        data: Mapping[str, Any],
    ) -> Selection:
        """How the generation is recorded to have ended: the first word stands, whatever is said later."""
        selection = Selection(generation, tuple(population), tuple(elites), tuple(archive), dict(data))
        self._db.insert_once("selections", selection, "generation")
        stored = self.selection(generation)
        assert stored is not None
        return stored

    def selection(self, generation: int) -> Selection | None:
        return _first(self._db.records(Selection, "SELECT * FROM selections WHERE generation = ?", (generation,)))

    def selections(self) -> list[Selection]:
        return self._db.records(Selection, "SELECT * FROM selections ORDER BY generation")

    # the log

    def add_event(self, kind: EventKind, data: Mapping[str, Any] | None = None) -> int:
        """Number of the event just written."""
        if kind not in get_args(EventKind):
            raise LedgerError(f"unknown event kind {kind!r}; one of {', '.join(get_args(EventKind))}")
        values = (self._clock(), kind, to_json(dict(data or {})))
        return self._db.run("INSERT INTO events (at, kind, data) VALUES (?, ?, ?)", values).lastrowid or 0

    def events(self, after: int = 0) -> list[Event]:
        """Events with a number above `after`, oldest first."""
        return self._db.records(Event, "SELECT * FROM events WHERE number > ? ORDER BY number", (after,))

    def finished(self) -> bool:
        """Whether what was asked for is recorded. Trainings for a report may come after, and lose a job or two."""
        marks = ("started", "resumed", "stopped", "finished")
        return next((e.kind for e in reversed(self.events()) if e.kind in marks), "") == "finished"

    def put_opening(self, candidates: Iterable[str], reason: str) -> int:
        """Note that sealed test predictions are about to be scored; answers how many openings there are now."""
        values = (self._clock(), to_json(list(candidates)), reason)
        self._db.run("INSERT INTO openings (at, candidates, reason) VALUES (?, ?, ?)", values)
        return len(self.openings())

    def openings(self) -> list[Opening]:
        return self._db.records(Opening, "SELECT * FROM openings ORDER BY number")

    def totals(self) -> dict[str, Any]:
        """What was done and spent so far; the keys are those of `memory.totals.totals`."""
        return totals(self._db)

    def check_file(self) -> list[str]:
        """What SQLite itself finds wrong with the file: damaged pages, rows that refer to nothing. Empty when sound."""
        damage = [row[0] for row in self._db.run("PRAGMA quick_check") if row[0] != "ok"]
        orphans = self._db.run("PRAGMA foreign_key_check").fetchall()
        return damage + [f"a row of {row['table']} refers to a missing row of {row['parent']}" for row in orphans]

    def _first_tried(self, column: str, value: str, before: int | None) -> str | None:
        query = f"""SELECT id FROM candidates WHERE {column} = ? AND (? IS NULL OR generation < ?) AND {WAS_TRIED}
            {CANDIDATE_ORDER} LIMIT 1"""
        row = self._db.run(query, (value, before, before)).fetchone()
        return None if row is None else str(row["id"])

    def _refuse_done(self, key: str) -> None:
        known = self.evaluation(key)
        if known is not None and known.status == "done":
            raise LedgerError(f"evaluation {key} is done (by {known.candidate}) and never done again; read it instead")

    @staticmethod
    def _expect(status: str, evaluation: Evaluation) -> None:
        if evaluation.status != status:
            raise LedgerError(f"evaluation {evaluation.key}: expected status {status!r}, got {evaluation.status!r}")


def _first(found: list[Record]) -> Record | None:
    return found[0] if found else None
