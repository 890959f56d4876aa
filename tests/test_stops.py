"""A run stopped after a write to its ledger, whichever, ends as one that was never stopped; `benchmarks/stops.py` takes every write."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.stops import SIZES, stopped, whole


@pytest.mark.parametrize("size", SIZES)
def test_a_run_stopped_after_any_write_ends_as_if_it_had_not_been(tmp_path: Path, size: int) -> None:
    undisturbed = tmp_path / f"whole-{size}"
    writes = whole(undisturbed, size)
    assert len(writes) > 20 * size
    for write in range(1, len(writes) + 1, 1 + len(writes) // 10):
        assert stopped(tmp_path / "stopped", undisturbed, write) == [], writes[write - 1]
