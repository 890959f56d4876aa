from __future__ import annotations

from pathlib import Path

import pytest

from memory.ledger import Ledger
from memory.runs import LEDGER, RunNotFoundError, find_run, run_names


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "runs"
    monkeypatch.setenv("EVOLVE_RUNS", str(folder))
    return folder


def make(runs: Path, name: str, created: str) -> Path:
    (runs / name).mkdir(parents=True)
    Ledger.create(runs / name / LEDGER, {"created": created}).close()
    return runs / name


def test_a_run_is_found_by_name_by_path_and_as_the_latest(runs: Path) -> None:
    old, new = make(runs, "zoo", "2026-01-01T00:00:00"), make(runs, "ant", "2026-02-01T00:00:00")
    (runs / "no-run").mkdir()
    assert run_names() == ["ant", "zoo"]
    assert find_run("zoo") == old
    assert find_run(str(old)) == old
    assert find_run("latest") == new


def test_an_unknown_run_names_the_nearest(runs: Path) -> None:
    make(runs, "mnist1d-17", "2026-01-01T00:00:00")
    make(runs, "other", "2026-01-01T00:00:00")
    with pytest.raises(RunNotFoundError, match=r"no run 'mnist1d-71' in .*; there is: mnist1d-17 and 1 more"):
        find_run("mnist1d-71")


def test_without_runs_the_way_to_make_one_is_named(runs: Path) -> None:
    with pytest.raises(RunNotFoundError, match="start one with 'evolve run'"):
        find_run("latest")


def test_a_run_with_a_broken_ledger_still_has_a_name(runs: Path) -> None:
    (runs / "broken").mkdir(parents=True)
    (runs / "broken" / LEDGER).write_bytes(b"no database")
    make(runs, "fine", "2026-01-01T00:00:00")
    assert run_names() == ["fine", "broken"]
