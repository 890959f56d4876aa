"""The edge to SQLite: one connection that any thread may use, nested transactions, errors in one line with a cure."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from memory.connect import LedgerError
from memory.rows import Record, reader, to_row


class Database:
    """A connection with a lock around it, speaking in records. Every method raises LedgerError."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self.path = path
        self.raw = db
        self._mutex = threading.RLock()

    @contextmanager
    def held(self) -> Iterator[None]:
        """No other thread uses the connection meanwhile."""
        with self._mutex:
            yield

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Writes inside happen together or not at all; inner transactions join the outer one."""
        with self._begun("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that is read inside is of one moment, whatever another process writes meanwhile; inner ones join the outer one."""
        with self._begun("BEGIN"):
            self.run("SELECT 1 FROM meta LIMIT 1").fetchone()  # the first read fixes the moment
            yield

    @contextmanager
    def _begun(self, begin: str) -> Iterator[None]:
        with self._mutex:
            if self.raw.in_transaction:
                yield
                return
            self.run(begin)
            try:
                yield
                self.run("COMMIT")
            except BaseException:
                if self.raw.in_transaction:  # a full disk may have rolled it back already
                    self.run("ROLLBACK")
                raise

    def run(self, query: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        with self._mutex:
            try:
                return self.raw.execute(query, values)
            except sqlite3.Error as error:
                raise LedgerError(f"{self.path}: {_cure(error)}") from error

    def records(self, kind: type[Record], query: str, values: tuple[Any, ...] = ()) -> list[Record]:
        """All that the query finds, at once."""
        with self._mutex:
            cursor = self.run(query, values)
            rows = cursor.fetchall()
        return list(map(reader(kind, [name for name, *_ in cursor.description]), rows))

    def each(self, kind: type[Record], query: str, keys: Iterable[Any]) -> Iterator[Record]:
        """One record at a time: what the query finds for each key in turn, where it finds one."""
        read = None
        for key in keys:
            with self._mutex:
                row = self.run(query, (key,)).fetchone()
            if row is not None:
                read = read or reader(kind, row.keys())
                yield read(row)

    def upsert(self, table: str, record: Any, key: str) -> None:
        """Write a record over the one with the same key (a column, or several with commas between)."""
        row = to_row(record)
        changes = ", ".join(f'"{name}" = excluded."{name}"' for name in row if name not in key.split(", "))
        self.run(f"INSERT INTO {table} {columns(row)} ON CONFLICT ({key}) DO UPDATE SET {changes}", tuple(row.values()))

    def insert_once(self, table: str, record: Any, key: str) -> None:
        """Write a record unless there is one with its key."""
        row = to_row(record)
        self.run(f"INSERT INTO {table} {columns(row)} ON CONFLICT ({key}) DO NOTHING", tuple(row.values()))

    def first_word(self, table: str, record: Record, key: str) -> Record:
        """What is now stored under the record's key, a column: the record itself unless there was one before."""
        self.insert_once(table, record, key)
        value = getattr(record, key)
        (stored,) = self.records(type(record), f"SELECT * FROM {table} WHERE {key} = ?", (value,))
        return stored

    def close(self) -> None:
        with self._mutex:
            self.raw.close()


class Tables:
    """What the parts of the ledger share: a database, and transactions on it."""

    _db: Database
    path: Path

    def transaction(self) -> AbstractContextManager[None]:
        """Writes inside happen together or not at all. Nothing may be awaited inside; transactions may nest."""
        return self._db.transaction()

    def snapshot(self) -> AbstractContextManager[None]:
        """Everything read inside is of one moment, also beside a writer. Not to be held for long: the log cannot shrink meanwhile."""
        return self._db.snapshot()


def first(found: list[Record]) -> Record | None:
    """The first of the records that were found; None when there is none."""
    return found[0] if found else None


def where(conditions: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
    """A WHERE clause and its values for the conditions that are not None; no clause if none is left."""
    given = {name: value for name, value in conditions.items() if value is not None}
    clause = " AND ".join(f"{name} = ?" for name in given)
    return (f"WHERE {clause}" if clause else ""), tuple(given.values())


def columns(row: Mapping[str, Any]) -> str:
    """The columns and place-holders of an INSERT."""
    names = ", ".join(f'"{name}"' for name in row)
    return f"({names}) VALUES ({', '.join('?' * len(row))})"


def _cure(error: sqlite3.Error) -> str:
    text = str(error)
    if "readonly" in text:
        return "opened read-only, or the file is not writable; only the run's own process writes"
    if "full" in text:
        return "the disk is full; free some space, then 'evolve resume' goes on from here"
    if "locked" in text:
        return "another process holds the ledger; wait for it or stop it"
    if "FOREIGN KEY" in text:
        return "a row refers to a candidate that is not in the ledger; put_candidate comes first"
    return text
