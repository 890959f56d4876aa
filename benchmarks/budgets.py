"""Runs that end by what they may spend, and go on with more: by how much is a bound missed?

    python benchmarks/budgets.py

Whole runs of the real command with four slots, a model that answers after 0.2 s for a dollar and trainings of half a second. Each ends by
one bound, is taken up with a larger one, and ends by that; generations bound nothing. `verify` looks at each afterwards.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from world import evolve, problems, summary_of  # noqa: E402

from benchmarks import stub  # noqa: E402

SLOTS = 4
PRICES = "usd_per_million_in=500,usd_per_million_out=2500"  # a call has 1,000 and 200 tokens
ARMS = {"strict": 0, "overlap": 6}


class Case(NamedTuple):
    """A flag with its first bound and its second, and how the run's summary is read in the same unit."""

    flag: str
    first: float
    more: float


CASES = (
    Case("--max-evaluations", 40, 60),
    Case("--max-hours", 0.01, 0.016),
    Case("--max-tokens", 36_000, 60_000),
    Case("--max-usd", 30, 50),
)


def spent(flag: str, done: dict[str, Any]) -> float:
    """What a run has used of what the flag bounds."""
    return {
        "--max-evaluations": done["evaluations"],
        "--max-hours": done["wall_s"] / 3600,
        "--max-tokens": sum(done["tokens"].values()),
        "--max-usd": done["cost_usd"],
    }[flag]


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    place = Path(tempfile.mkdtemp(prefix="budgets-"))
    os.environ |= {"EVOLVE_RUNS": str(place), "OPENAI_API_KEY": "none"}
    task = stub.task(place, 0.5)
    print(
        "| bound | | at most | spent | taken up with | spent | children | said by verify |\n|---|---|---|---|---|---|---|---|"
    )
    with stub.model(0.2) as address:
        for case in CASES:
            for arm, ahead in ARMS.items():
                name = f"{case.flag[6:]}-{arm}"
                settings = {
                    "search.initial": 8,
                    "search.population": 8,
                    "search.overlap": ahead,
                    "sandbox.slots": SLOTS,
                }
                chosen = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
                model = ("--model", f"stub,base_url={address},{PRICES}", "--sandbox", "jail")
                order = ("run", str(task), "--name", name, *model, *chosen, case.flag, str(case.first), "--json")
                first = summary_of(evolve(*order))
                more = summary_of(evolve("resume", name, case.flag, str(case.more), "--json"))
                wrong = problems(name)
                print(
                    f"| `{case.flag}` | {arm} | {case.first:,} | {spent(case.flag, first):,.4g} | {case.more:,} "
                    f"| {spent(case.flag, more):,.4g} | {first['children']}, {more['children']} | {'; '.join(wrong) or 'nothing'} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
