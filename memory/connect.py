"""How a ledger's file is opened: one writer, any number of readers, never a file that is not a ledger."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from memory.migrations import Migration, applied, migrate

APPLICATION_ID = 0x45564F4C  # "EVOL", in the header of every ledger


class LedgerError(Exception):
    """A ledger cannot be opened, or was told something that contradicts it. One line."""


class WriterLock:
    """Held by the one process that writes a ledger; the kernel drops it when that process dies.

    A record lock on a file beside the ledger: on the ledger itself it would collide with SQLite's own, and unlike
    `flock` it is not inherited by forked children that outlive the run.
    """

    # a process that opens and closes the file of a lock which it holds would lose it: so it asks here first
    _held: ClassVar[set[Path]] = set()

    def __init__(self, ledger: Path) -> None:
        """Take the lock. Raises LedgerError if another writer holds it or the folder is not writable."""
        self._path = _lock_path(ledger)
        if self._path in self._held:
            raise LedgerError(f"{ledger} is open for writing already, in this process")
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except FileNotFoundError:
            raise LedgerError(f"no folder {ledger.parent}; is the run's name right?") from None
        except OSError as error:
            raise LedgerError(f"cannot write in {ledger.parent}: {error.strerror}") from error
        for last in (False, False, True):
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if last:
                    holder = _holder(self._file)
                    os.close(self._file)
                    raise LedgerError(f"{ledger} is being written by process {holder}; stop it or wait") from error
                time.sleep(0.05)  # a viewer may be asking who writes
        self._held.add(self._path)
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, str(os.getpid()).encode(), 0)
        except OSError as error:
            self.release()
            raise LedgerError(f"cannot write in {ledger.parent}: {error.strerror}") from error

    def release(self) -> None:
        if self._path in self._held:
            os.close(self._file)
            self._held.discard(self._path)

    @classmethod
    def writer(cls, ledger: Path) -> int | None:
        """The process that writes this ledger now; None if nobody does."""
        path = _lock_path(ledger)
        if path in cls._held:
            return os.getpid()
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
        except OSError:
            return _holder(file)
        finally:
            os.close(file)


def _lock_path(ledger: Path) -> Path:
    return ledger.resolve().with_name(ledger.name + ".lock")


def _holder(file: int) -> int:
    """The process id that the holder wrote; 0 in the instant before it did."""
    text = os.pread(file, 32, 0)
    return int(text) if text.isdigit() else 0


def connect(path: Path, read_only: bool = False, create: bool = False) -> sqlite3.Connection:
    """A connection with the settings every ledger has. Raises LedgerError."""
    if not create and not path.is_file():
        raise LedgerError(f"no ledger at {path}; start a run with 'evolve run', or check the name")
    uri = path.absolute().as_uri()
    try:
        db = _open(f"{uri}?mode={'ro' if read_only else 'rwc' if create else 'rw'}")
        try:
            return _prepare(db, path, read_only, create)
        except sqlite3.OperationalError:
            db.close()
            wal = path.with_name(path.name + "-wal")
            if not read_only or (wal.exists() and wal.stat().st_size):
                raise
            # no write access to the folder: SQLite cannot make its shared memory there, and nobody writes either
            return _prepare(_open(f"{uri}?immutable=1"), path, read_only, create)
    except sqlite3.DatabaseError as error:
        raise LedgerError(f"cannot open ledger {path}: {error}") from error


def check_schema(
    db: sqlite3.Connection, path: Path, migrations: Sequence[Migration], read_only: bool
) -> sqlite3.Connection:
    """A connection with up-to-date tables: migrated in place, or for a reader of an older file a copy in memory."""
    try:
        known = {step.__name__ for step in migrations}
        newer = [name for name in applied(db) if name not in known]
        if newer:
            db.close()
            raise LedgerError(f"{path} was written by a newer version ({newer[-1]}); update guided-evolution")
        missing = known - set(applied(db))
        # a reader does without an index, rather than copy a ledger of any size
        if not missing or (read_only and all(name.endswith("_indexes") for name in missing)):
            return db
        if read_only:
            copy = _open(":memory:")
            db.backup(copy)
            db.close()
            db = copy
        db.execute("BEGIN IMMEDIATE")
        migrate(db, migrations)
        db.execute("COMMIT")
        return db
    except sqlite3.Error as error:
        db.close()
        raise LedgerError(f"cannot bring ledger {path} up to date: {error}") from error


def _open(uri: str) -> sqlite3.Connection:
    db = sqlite3.connect(uri, uri=True, timeout=30.0, isolation_level=None, check_same_thread=False)
    db.row_factory = sqlite3.Row
    return db


def _prepare(db: sqlite3.Connection, path: Path, read_only: bool, create: bool) -> sqlite3.Connection:
    mark = db.execute("PRAGMA application_id").fetchone()[0]
    tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if create and (tables or mark not in (0, APPLICATION_ID)):
        db.close()
        raise LedgerError(f"there is a file at {path} already; go on with 'evolve resume', or choose another name")
    # an empty file is left when a process dies while it creates one
    if not create and (mark != APPLICATION_ID or not tables):
        db.close()
        raise LedgerError(f"{path} is not a ledger of guided-evolution")
    if not read_only:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")  # what is decided from survives a power cut
        db.execute("PRAGMA foreign_keys = ON")
        if create:
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    return db
