"""How the agents' prompts fared in a run: valid at the first reply, after repair, better than the parent. From the ledger alone.

python benchmarks/validity.py RUN [RUN ...]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from memory.better import better  # noqa: E402
from memory.credit import wilson  # noqa: E402
from memory.dominance import goals_of  # noqa: E402
from memory.ledger import Ledger  # noqa: E402
from memory.runs import find_run  # noqa: E402
from memory.yardstick import chance  # noqa: E402

AGENTS = {"architect": "mutate", "breeder": "cross"}


def share(count: int, trials: int) -> str:
    """`7 of 9 (45 to 94 %)`, the interval after Wilson."""
    low, high = wilson(count, trials)
    return f"{count} of {trials} ({100 * low:.0f} to {100 * high:.0f} %)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="*", default=["latest"], metavar="RUN")
    names = parser.parse_args().runs
    print(
        "| run | agent | valid at first reply | valid after repair | measured | better than its parent | lower error than its parent |"
    )
    print("|---|---|---|---|---|---|---|")
    for name in names:
        with Ledger.open(find_run(name) / "ledger.sqlite", read_only=True) as ledger:
            goals, bound = goals_of(ledger.meta()), chance(ledger).bound
            by_id = {c.id: c for c in ledger.candidates()}
            first = next(iter(goals))
            for agent, operator in AGENTS.items():
                children = [c for c in by_id.values() if c.operator == operator]
                if not children:
                    continue
                fit = [c for c in children if c.behaviour and c.failure not in ("unchanged", "duplicate")]
                done = [c for c in children if c.objectives]
                gains = [c for c in done if better(c, [by_id[p] for p in c.parents], goals, bound)]
                lower = [c for c in done if (c.objectives or {})[first] < (by_id[c.parents[0]].objectives or {})[first]]
                at_once = sum(c.repairs == 0 for c in fit)
                row = [share(n, len(children)) for n in (at_once, len(fit), len(done), len(gains), len(lower))]
                print(f"| {name} | {agent} | {' | '.join(row)} |")
            critic = ledger.calls(agent="critic")
            usable = sum(c.failure is None for c in critic)
            print(f"| {name} | critic | {share(usable, len(critic))} | | {len(ledger.lessons())} lessons | | |")


if __name__ == "__main__":
    main()
