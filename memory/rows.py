"""Records to table rows and back: the one edge where they turn into text."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any, TypeVar

from memory.records import (
    Ask,
    Attempt,
    Audit,
    Candidate,
    Commit,
    Evaluation,
    Event,
    Evidence,
    Lesson,
    Loan,
    ModelCall,
    Opening,
    Reflection,
    Selection,
    Wording,
)

Record = TypeVar(
    "Record",
    Ask,
    Attempt,
    Audit,
    Candidate,
    Commit,
    Evaluation,
    Event,
    Evidence,
    Lesson,
    Loan,
    ModelCall,
    Opening,
    Reflection,
    Selection,
    Wording,
)

JSON_FIELDS: dict[type, frozenset[str]] = {
    Ask: frozenset({"children", "state"}),
    Attempt: frozenset(),
    Audit: frozenset({"measured"}),
    Candidate: frozenset({"parents", "segments", "lessons", "pair", "context", "anatomy", "files", "objectives"}),
    Commit: frozenset({"children", "findings"}),
    Evaluation: frozenset({"objectives", "curve"}),
    Event: frozenset({"data"}),
    Evidence: frozenset(),
    Lesson: frozenset({"evidence", "effect", "measured", "present", "absent", "supersedes", "record"}),
    Loan: frozenset({"lessons", "steps"}),
    ModelCall: frozenset({"sampling", "messages"}),
    Opening: frozenset({"candidates"}),
    Reflection: frozenset({"lessons", "shown", "verdicts"}),
    Selection: frozenset({"population", "archive", "data", "state"}),
    Wording: frozenset(),
}
TUPLE_FIELDS = frozenset(
    {
        "absent",
        "anatomy",
        "archive",
        "candidates",
        "children",
        "context",
        "curve",
        "evidence",
        "findings",
        "lessons",
        "pair",
        "parents",
        "population",
        "present",
        "segments",
        "shown",
        "steps",
        "supersedes",
        "verdicts",
    }
)
BOOL_FIELDS = frozenset({"closing", "late", "offline"})
# not written with the record: filled from other rows when it is read, or told by a commit alone
READ_ONLY: dict[type, frozenset[str]] = {
    Candidate: frozenset({"audited", "committed", "scores"}),
    Evaluation: frozenset({"counted"}),
    Evidence: frozenset({"delta", "failure", "message"}),
}


def to_row(record: Any) -> dict[str, Any]:
    """Column values of a record, in the order of its fields."""
    as_json, derived = JSON_FIELDS[type(record)], READ_ONLY.get(type(record), ())
    row = {}
    for field in fields(record):
        if field.name in derived:
            continue
        value = getattr(record, field.name)
        if field.name in as_json:
            value = None if value is None else to_json(value)
        elif isinstance(value, str):
            value = storable(value)
        row[field.name] = value
    return row


def reader(kind: type[Record], columns: Sequence[str]) -> Callable[[Sequence[Any]], Record]:
    """What makes the records that `to_row` was given of rows with these columns; a field that no column names keeps its default."""
    made: Any = kind  # for the checker a class of ours has no hash
    plan = _plan(made, tuple(columns))

    def read(row: Sequence[Any]) -> Record:
        return kind(**{name: row[n] if decode is None else decode(row[n]) for name, n, decode in plan})

    return read


@lru_cache(maxsize=256)  # a run asks the same few dozen queries, some of them many times a child
def _plan(kind: Any, columns: tuple[str, ...]) -> list[tuple[str, int, Callable[[Any], Any] | None]]:
    """Field, place of its column, and what decodes it."""
    as_json = JSON_FIELDS[kind]
    at = {name: number for number, name in enumerate(columns)}
    return [(f.name, at[f.name], _decoder(f.name, f.name in as_json)) for f in fields(kind) if f.name in at]


def _decoder(name: str, as_json: bool) -> Callable[[Any], Any] | None:
    """From what a column holds to what a field holds; None where that is the same."""
    if as_json:
        # `evidence` and the like are tuples in the records; JSON has lists only
        return _tuple if name in TUPLE_FIELDS else _value
    return bool if name in BOOL_FIELDS else None


def _value(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _tuple(text: str | None) -> Any:
    return None if text is None else () if text == "[]" else tuple(json.loads(text))


def to_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def storable(text: str) -> str:
    """The text with lone surrogates, which a model's JSON may hold and UTF-8 cannot, made into question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")
