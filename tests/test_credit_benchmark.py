"""The simulation of lesson credit runs, and its strata hold what the pooled interval does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_simulation_compares_blocks_of_every_size_with_the_pooled_difference() -> None:
    script = Path(__file__).parents[1] / "benchmarks" / "credit.py"
    command = [sys.executable, script, "--repeats", "2", "--children", "250"]
    said = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in said.stdout.splitlines()[2:]]
    assert {row[3] for row in rows} >= {"pooled", "10", "20", "80"}
    assert {row[2] for row in rows} == {"by record", "drifting"}
    assert {row[0] for row in rows} == {"250"}
