"""What the checks of a program's text tell its author."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from memory_world import META, child, close, record, seed

import genome
from agents.screening import read
from memory.ledger import Ledger
from tasks import load_task

TASK = load_task("mnist1d")


@pytest.mark.parametrize(
    ("fate", "told"),
    [
        ({"objectives": {"val_error": 4.25, "params": 1488.0}}, "val_error 4.25, params 1488"),
        (
            {"status": "failed", "failure": "nan", "message": "the loss\nis nan", "objectives": None},
            "it failed (nan): the loss is nan",
        ),
    ],
    ids=["measured", "failed"],
)
def test_who_repeats_a_program_is_told_what_came_of_it(tmp_path: Path, fate: dict[str, Any], told: str) -> None:
    text = genome.segments(TASK.files)["stem"]
    files = genome.replace(TASK.files, {"stem": text.replace("25", "24")})
    parent = seed(files=dict(TASK.files))
    with Ledger.create(tmp_path / "ledger.sqlite", META) as ledger:
        record(ledger, parent)
        close(ledger, 0, ("seed",), ("seed",))
        record(ledger, child(1, 0, files=files, fingerprint=genome.fingerprint(files), **fate), parent)
        later = child(2, 0, files=files, parents=("seed",))
        assert read(TASK, ledger, replace(later, generation=1), parent).failure is None  # not committed by then
        close(ledger, 1, ("seed",), ("seed",))
        found = read(TASK, ledger, later, parent)
    assert (found.failure, found.message) == (
        "duplicate",
        f"the same program was evaluated before as g01-00: {told}",
    )
