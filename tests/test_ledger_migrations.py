from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from memory.connect import APPLICATION_ID
from memory.ledger import Ledger, LedgerError
from memory.migrations import MIGRATIONS, applied, migrate
from tests.memory_world import child, record, seed, small_run

FIRST = Path(__file__).parent / "data" / "ledger_first_version.sql"


def add_remark(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE candidates ADD COLUMN remark TEXT")


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A ledger exactly as the first version left it on disk: a finished small run."""
    path = tmp_path / "first.sqlite"
    db = sqlite3.connect(path)
    db.executescript(FIRST.read_text())
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.close()
    return path


def test_a_ledger_of_the_first_version_keeps_all_it_held(first: Path, tmp_path: Path) -> None:
    with Ledger.open(first) as old, small_run(tmp_path / "today.sqlite") as today:
        for read in (
            "meta",
            "candidates",
            "calls",
            "evaluations",
            "evidence",
            "lessons",
            "selections",
            "events",
            "totals",
        ):
            assert getattr(old, read)() == getattr(today, read)(), read
        record(old, child(3, 0), seed())
    db = sqlite3.connect(first)
    assert applied(db) == [step.__name__ for step in MIGRATIONS]
    db.close()


def test_a_new_step_is_applied_once_and_named(first: Path) -> None:
    later = (*MIGRATIONS, add_remark)
    for _ in range(2):
        with Ledger.open(first, migrations=later) as ledger:
            assert ledger.candidate("g01-00") is not None
    db = sqlite3.connect(first)
    assert applied(db)[-1] == "add_remark"
    assert migrate(db, later) == []
    db.close()


def test_a_reader_understands_an_older_ledger_and_leaves_it_alone(first: Path) -> None:
    before = first.read_bytes()
    with Ledger.open(first, read_only=True, migrations=(*MIGRATIONS, add_remark)) as ledger:
        assert ledger.candidate("g01-00") is not None
    assert first.read_bytes() == before


def test_a_ledger_of_a_newer_version_is_refused(first: Path) -> None:
    Ledger.open(first, migrations=(*MIGRATIONS, add_remark)).close()
    for read_only in (True, False):
        with pytest.raises(LedgerError, match=r"newer version .add_remark.; update guided-evolution"):
            Ledger.open(first, read_only=read_only)


def test_a_step_that_fails_leaves_the_ledger_as_it_was(first: Path) -> None:
    def broken(db: sqlite3.Connection) -> None:
        add_remark(db)
        db.execute("SELECT * FROM nowhere")

    with pytest.raises(LedgerError, match="no such table: nowhere"):
        Ledger.open(first, migrations=(*MIGRATIONS, broken))
    db = sqlite3.connect(first)
    assert "remark" not in {row[1] for row in db.execute("PRAGMA table_info(candidates)")}
    db.close()
