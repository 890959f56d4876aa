"""A run stopped after a write to its ledger, whichever, ends as one that was never stopped; `benchmarks/stops.py` takes every write."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from world import ROOT, differences

from benchmarks import instant
from benchmarks.stops import SIZES, Stopped, stopped, stopped_in_overlap, watched, whole
from memory.ledger import Ledger
from memory.records import Commit
from memory.runs import run_names


@pytest.mark.parametrize("size", SIZES)
def test_a_run_stopped_after_any_write_ends_as_if_it_had_not_been(tmp_path: Path, size: int) -> None:
    undisturbed = tmp_path / f"whole-{size}"
    writes = whole(undisturbed, size)
    assert len(writes) > 20 * size
    for write in range(1, len(writes) + 1, 1 + len(writes) // 10):
        assert stopped(tmp_path / "stopped", undisturbed, write) == [], writes[write - 1]


def test_an_overlapped_run_stopped_after_any_write_is_consistent_pays_nothing_twice_and_its_replay_is_that_run(
    tmp_path: Path,
) -> None:
    writes = whole(tmp_path / "whole", None)
    for write in range(1, len(writes) + 1, 1 + len(writes) // 12):
        assert stopped_in_overlap(tmp_path / "stopped", write) == [], write


def snapshots(folder: Path, place: Path) -> list[Path]:
    """An undisturbed run in `folder`; a copy of its ledger as it was after every commit."""
    taken: list[Path] = []

    @contextmanager
    def copying(ledger: Ledger) -> Iterator[None]:
        put = ledger.put_commit

        def putting(commit: Commit) -> None:
            copy = place / f"after-{commit.number}.sqlite"
            with closing(sqlite3.connect(copy)) as db, closing(sqlite3.connect(ledger.path)) as now:
                now.backup(db)  # of what was committed before this transaction
            taken.append(copy)
            put(commit)

        ledger.put_commit = putting  # type: ignore[method-assign]
        yield

    instant.begin(instant.settings("mnist1d", **SIZES[1]), folder)
    asyncio.run(instant.go(folder, copying))
    return taken


def test_a_checkpoint_that_is_ahead_of_the_ledger_is_not_believed(tmp_path: Path) -> None:
    """The ledger is put back from a copy, as after a restored backup; the checkpoints know of the run's end."""
    whole_run, back = tmp_path / "whole", tmp_path / "back"
    for copy in snapshots(whole_run, tmp_path):
        shutil.rmtree(back, ignore_errors=True)
        shutil.copytree(whole_run, back)
        for name in ("ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"):
            (back / name).unlink(missing_ok=True)
        shutil.copy(copy, back / "ledger.sqlite")
        asyncio.run(instant.go(back))
        assert differences(back, whole_run) == [], copy.name


@pytest.mark.parametrize("left", [b"", b"no database", None], ids=["empty", "garbage", "torn"])
def test_checkpoints_that_cannot_be_read_stop_no_run(tmp_path: Path, left: bytes | None) -> None:
    undisturbed = tmp_path / "whole-1"
    writes = whole(undisturbed, 1)
    cut = tmp_path / "cut-1"
    instant.begin(instant.settings("mnist1d", **SIZES[1]), cut)
    with pytest.raises(Stopped):
        asyncio.run(instant.go(cut, lambda ledger: watched(ledger, len(writes) // 2, [])))
    place = cut / "checkpoints.sqlite"
    place.write_bytes(place.read_bytes()[:5000] if left is None else left)
    asyncio.run(instant.go(cut))
    assert differences(cut, undisturbed) == []


def test_a_run_s_folder_that_was_left_half_made_is_removed_and_its_name_is_free(tmp_path: Path) -> None:
    """Killed at any file of it: what is left has no run's name, is no run, and goes when the next one is made."""
    script = """
import os, sys
from pathlib import Path
from benchmarks import instant
import memory.files, graph.create
left = int(sys.argv[2])
def counted(event, *_):
    global left
    if event == "open" and ".new-" in str(_[0][0]):
        left -= 1
        if left < 0:
            os._exit(9)
sys.addaudithook(counted)
instant.begin(instant.settings("mnist1d", generations=1, initial=1, population=1), Path(sys.argv[1]))
"""
    place, codes = tmp_path / "runs" / "one", []
    for opened in range(8):
        done = subprocess.run(
            [sys.executable, "-c", script, str(place), str(opened)], cwd=ROOT, check=False, capture_output=True
        )
        codes.append(done.returncode)
        if done.returncode == 0:
            break
        assert not place.exists()
        assert run_names() == []
    assert codes[-1] == 0, codes
    assert len(codes) > 1
    assert [entry.name for entry in place.parent.iterdir()] == ["one"]
