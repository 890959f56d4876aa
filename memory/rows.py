"""Records to table rows and back: the one edge where they turn into text."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import fields
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
    Candidate: frozenset({"parents", "lessons", "pair", "files", "objectives"}),
    Commit: frozenset({"children"}),
    Evaluation: frozenset({"objectives", "curve"}),
    Event: frozenset({"data"}),
    Evidence: frozenset(),
    Lesson: frozenset({"evidence", "effect", "measured", "supersedes", "record"}),
    Loan: frozenset({"lessons", "steps"}),
    ModelCall: frozenset({"sampling", "messages"}),
    Opening: frozenset({"candidates"}),
    Reflection: frozenset({"lessons", "shown", "verdicts"}),
    Selection: frozenset({"population", "archive", "data", "state"}),
    Wording: frozenset(),
}
TUPLE_FIELDS = frozenset(
    {
        "archive",
        "candidates",
        "children",
        "curve",
        "evidence",
        "lessons",
        "pair",
        "parents",
        "population",
        "shown",
        "steps",
        "supersedes",
        "verdicts",
    }
)
BOOL_FIELDS = frozenset({"offline"})
# not written with the record: filled from other rows when it is read, or told by a commit alone
READ_ONLY: dict[type, frozenset[str]] = {
    Candidate: frozenset({"committed", "scores"}),
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


def from_row(kind: type[Record], row: sqlite3.Row) -> Record:
    """The record that `to_row` was given; columns that the record does not know are left out."""
    as_json = JSON_FIELDS[kind]
    values: dict[str, Any] = {}
    present = set(row.keys())
    for field in fields(kind):
        if field.name not in present:
            continue
        value = row[field.name]
        if field.name in as_json and value is not None:
            value = json.loads(value)
            # `evidence` and the like are tuples in the records; JSON has lists only
            value = tuple(value) if field.name in TUPLE_FIELDS else value
        elif field.name in BOOL_FIELDS:
            value = bool(value)
        values[field.name] = value
    return kind(**values)


def to_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def storable(text: str) -> str:
    """The text with lone surrogates, which a model's JSON may hold and UTF-8 cannot, made into question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")
