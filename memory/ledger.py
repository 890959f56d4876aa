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
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Unpack, get_args

from memory.connect import LedgerError, WriterLock, check_schema, connect
from memory.database import Database, first
from memory.migrations import MIGRATIONS, Migration, migrate
from memory.reads import Reads, Which
from memory.records import Event, EventKind, ModelCall, Opening, Wording
from memory.rows import to_json
from memory.totals import totals

__all__ = ["Ledger", "LedgerError"]

Clock = Callable[[], float]


class Ledger(Reads):
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

    # model calls

    def put_call(self, call: ModelCall) -> ModelCall:
        """What is now stored under the call's key: the first one written, so that a reply is never paid for twice."""
        return self._db.first_word("calls", call, "key")

    def call(self, key: str) -> ModelCall | None:
        return first(self._db.records(ModelCall, "SELECT * FROM calls WHERE key = ?", (key,)))

    def calls(self, **which: Unpack[Which]) -> list[ModelCall]:
        """Calls in the order of `each_call`, all at once."""
        return list(self.each_call(**which))

    def tokens(self) -> dict[str, int]:
        """Tokens, in and out, of all calls about each candidate."""
        query = """SELECT candidate, sum(tokens_in + tokens_out) n FROM calls WHERE candidate IS NOT NULL
            GROUP BY candidate ORDER BY candidate"""
        return {row["candidate"]: row["n"] for row in self._db.run(query)}

    def judge_call(self, key: str, failure: str | None) -> None:
        """Note what became of a reply: None, or a failure kind."""
        if self._db.run("UPDATE calls SET failure = ? WHERE key = ?", (failure, key)).rowcount == 0:
            raise LedgerError(f"no model call {key!r} to judge; put_call comes first")

    # wordings of the instructions in prompts

    def put_wording(self, wording: Wording) -> None:
        """Write a version of an instruction; the first word stands, so that no version is ever lost."""
        self._db.insert_once("wordings", wording, "name, version")

    def wordings(self) -> list[Wording]:
        return self._db.records(Wording, "SELECT * FROM wordings ORDER BY name, version")

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
        last = self.last_event("started", "resumed", "stopped", "finished", "extended")
        return last is not None and last.kind == "finished"

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
