"""Memory that several runs and tasks share: lessons that held, and the measured steps behind them.

A path is a folder: `shared.sqlite` is the truth, and the Chroma folder beside it is derived, made again when it is torn or
behind, and touched by one process at a time. An `http://` address is a Chroma
server, which holds both. What a run takes from here it writes into its own ledger at once, so nothing that it decides depends
on what is here later.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol

from memory.chroma import Entry
from memory.connect import LedgerError
from memory.describe import describe
from memory.index import entry_of
from memory.records import Evidence, Lesson
from memory.rows import to_json
from memory.steps import Exhibit
from memory.vectors import Vectors

LESSONS = "shared_lessons"
STEPS = "shared_steps"
_MOST = 10_000  # characters of one diff or message that is shared


class SharedMemory(Protocol):
    """Asked by the Critic, between generations. Every method may raise LedgerError; nothing is half written."""

    def lessons(self) -> list[Lesson]:
        """Every lesson that a run gave, in the order of its run and id; ids are RUN/ID, `record` says how it served there."""
        ...

    def steps(self, like: Sequence[Evidence], k: int, apart_from: str = "") -> list[Exhibit]:
        """The `k` measured steps nearest to any of these, nearest first, without those of one run; their ids are RUN/ID."""
        ...

    def give(self, run: str, lessons: Sequence[Lesson], steps: Sequence[Exhibit]) -> None:
        """Add what a run has learnt; what it gave before under the same ids is written over."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


def open_shared(where: str, embedder: str = "hash", warn: Callable[[str], Any] = lambda _: None) -> SharedMemory:
    """The shared memory at a folder's path (made when missing) or an http address. Raises LedgerError.

    `warn` gets a line when the folder's index was torn and is made again.
    """
    if where.startswith(("http://", "https://")):
        return ServerMemory(where, embedder)
    return FolderMemory(Path(where).expanduser(), embedder, warn)


def placed(where: str) -> str:
    """The same place, named so that it is found from any working folder."""
    return where if not where or where.startswith(("http://", "https://")) else str(Path(where).expanduser().absolute())


def run_key(meta: Mapping[str, Any]) -> str:
    """A name for a run that no other one has: its name at the start and four letters made from its identity."""
    told = meta.get("id") or "/".join(str(meta.get(key)) for key in ("run", "created", "seed", "task"))
    return f"{meta.get('run')}.{hashlib.sha256(told.encode()).hexdigest()[:4]}"


class FolderMemory:
    """A folder on this machine, shared by any number of processes."""

    def __init__(self, folder: Path, embedder: str = "hash", warn: Callable[[str], Any] = lambda _: None) -> None:
        """Make the folder and its tables. Raises LedgerError."""
        self._warn = warn
        self._folder = folder
        self._known: dict[str, str] = {}  # the records of steps that the index has
        self._index: Vectors | None = None
        self._embedder = embedder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                folder / "shared.sqlite", timeout=60.0, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise LedgerError(
                f"cannot use {folder} as shared memory: {error}; name a folder that may be written to"
            ) from error
        with self._trouble():
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute(
                """CREATE TABLE IF NOT EXISTS records (
                kind TEXT NOT NULL, run TEXT NOT NULL, id TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (kind, id))"""
            )

    def lessons(self) -> list[Lesson]:
        return [_lesson(text) for _, text in self._rows("lesson")]

    def steps(self, like: Sequence[Evidence], k: int, apart_from: str = "") -> list[Exhibit]:
        known = dict(self._rows("step"))
        new = [_entry(_exhibit(text)) for key, text in known.items() if self._known.get(key) != text]
        if self._index is None:
            self._index = Vectors(self._folder / f"index-{self._embedder}", self._embedder, self._warn)
            self._index.open(new)
        else:
            self._index.hold(new)
        self._known = known
        texts = [describe(step) for step in like]
        found = self._index.nearest(texts, k, lambda data: data["run"] != apart_from)
        return [replace(_exhibit(known[key]), nearness=near) for key, near in _best(found, k) if key in known]

    def give(self, run: str, lessons: Sequence[Lesson], steps: Sequence[Exhibit]) -> None:
        rows = [("lesson", run, one.id, to_json(asdict(one))) for one in lessons]
        rows += [("step", run, _step_key(run, one), to_json(_as_dict(one))) for one in steps]
        # the connection commits; it rolls back when a transaction is still open, which a full disk may have ended
        with self._trouble(), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(
                """INSERT INTO records (kind, run, id, record) VALUES (?, ?, ?, ?)
                ON CONFLICT (kind, id) DO UPDATE SET record = excluded.record""",
                rows,
            )

    def close(self) -> None:
        if self._index is not None:
            self._index.close()
        self._db.close()

    def _rows(self, kind: str) -> list[tuple[str, str]]:
        with self._trouble():
            query = "SELECT id, record FROM records WHERE kind = ? ORDER BY run, length(id), id"
            return [(str(id), str(text)) for id, text in self._db.execute(query, (kind,))]

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise LedgerError(f"the shared memory {self._folder} does not answer: {error}") from error


class ServerMemory:
    """A Chroma server, which keeps the records beside the vectors."""

    def __init__(self, url: str, embedder: str = "hash") -> None:
        """Ask the server. Raises LedgerError when it does not answer."""
        from memory.collection import Collection

        self._lessons = Collection(url, embedder, LESSONS)
        self._steps = Collection(url, embedder, STEPS)
        self._lessons.count()

    def lessons(self) -> list[Lesson]:
        found = [_lesson(str(data["record"])) for data in self._lessons.data().values()]
        return sorted(found, key=lambda one: (one.run, len(one.id), one.id))

    def steps(self, like: Sequence[Evidence], k: int, apart_from: str = "") -> list[Exhibit]:
        where = {"run": {"$ne": apart_from}} if apart_from else None
        found = _best([self._steps.nearest(describe(step), k, where) for step in like], k)
        data = self._steps.data([key for key, _ in found])
        return [replace(_exhibit(str(data[key]["record"])), nearness=near) for key, near in found]

    def give(self, run: str, lessons: Sequence[Lesson], steps: Sequence[Exhibit]) -> None:
        claims = [(one.id, one.claim, {"run": run, "record": to_json(asdict(one))}) for one in lessons]
        self._lessons.put(claims)
        there = self._steps.data([_step_key(run, one) for one in steps])  # an embedding may cost money
        records = {_step_key(run, one): to_json(_as_dict(one)) for one in steps}
        entries = [entry_of(_plain(one), run) for one in steps]
        new = [(key, text, {**data, "record": records[key]}) for key, text, data in entries]
        self._steps.put([one for one in new if there.get(one[0], {}).get("record") != records[one[0]]])

    def close(self) -> None:
        self._lessons.close()
        self._steps.close()


def _best(found: Sequence[Sequence[tuple[str, float]]], k: int) -> list[tuple[str, float]]:
    """The `k` keys that are nearest to any, with their similarity."""
    best: dict[str, float] = {}
    for key, distance in (pair for one in found for pair in one):
        best[key] = max(best.get(key, -1.0), 1.0 - distance)
    return sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))[:k]


def _entry(one: Exhibit) -> Entry:
    return entry_of(_plain(one), one.run)


def _plain(one: Exhibit) -> Evidence:
    """The step under the ids that it has in its own run, as the index wants them."""
    return replace(one.step, child=one.step.child.rpartition("/")[2], parent=one.step.parent.rpartition("/")[2])


def _step_key(run: str, one: Exhibit) -> str:
    step = _plain(one)
    return f"{run}/{step.child}/{step.parent}"


def _as_dict(one: Exhibit) -> dict[str, Any]:
    data = asdict(one)
    data["step"] |= {name: data["step"][name][:_MOST] for name in ("diff", "message")}
    return data


def _lesson(text: str) -> Lesson:
    return lesson_from(json.loads(text))


def _exhibit(text: str) -> Exhibit:
    return exhibit_from(json.loads(text))


def lesson_from(data: Mapping[str, Any]) -> Lesson:
    """The lesson that `asdict` made into this; fields that this version does not know are left out."""
    values: dict[str, Any] = {name: data[name] for name in Lesson.__dataclass_fields__ if name in data}
    return Lesson(**values | {name: tuple(value) for name, value in values.items() if isinstance(value, list)})


def exhibit_from(data: Mapping[str, Any]) -> Exhibit:
    """The exhibit that `asdict` made into this."""
    step = {name: data["step"][name] for name in Evidence.__dataclass_fields__ if name in data["step"]}
    values = {name: data[name] for name in Exhibit.__dataclass_fields__ if name in data}
    return Exhibit(**{**values, "step": Evidence(**step)})
