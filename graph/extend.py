"""More is asked of a run that has ended, or is bound otherwise from now on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graph.config import Config, ConfigError
from graph.content import write_config
from graph.resolve import rebound
from graph.run import read_config
from memory.elites import elites, seed_of, values_of
from memory.goal import misnamed, reached
from memory.ledger import Ledger
from memory.runs import handle
from memory.timeline import worked_s


def extend(folder: Path, flags: Mapping[str, Any]) -> None:
    """Write the bounds that `flags` name, by dotted settings, into the run's configuration; each must leave something to do.

    Raises ConfigError, RunError, and LedgerError while another process drives the run.
    """
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        config = rebound(read_config(folder), flags)
        _leaves_something(config, ledger, flags, handle(folder))
        write_config(config, folder)
        with ledger.transaction():
            ledger.set_meta("planned", config.search.children)
            ledger.add_event("extended", {key: value for key, value in flags.items() if value is not None})


def _leaves_something(config: Config, ledger: Ledger, flags: Mapping[str, Any], name: str) -> None:
    spent, budget = ledger.totals(), config.budget
    made = spent["children"]
    done = {
        "search.generations": (config.search.children or made + 1, made, "children were made"),
        "budget.evaluations": (budget.evaluations, ledger.trained(), "trainings were done"),
        "budget.hours": (budget.hours, worked_s(ledger.events()) / 3600, "hours have passed"),
        "budget.tokens": (budget.tokens, sum(spent["tokens"].values()), "tokens were spent"),
        "budget.usd": (budget.usd, spent["cost_usd"], "USD were spent"),
    }
    objectives = [item["name"] for item in ledger.meta()["objectives"]]
    if budget.until and (why := misnamed("budget.until", budget.until, objectives)):
        raise ConfigError(why)
    if budget.until and reached(budget.until, elites(ledger), values_of(seed_of(ledger))):
        raise ConfigError(f"run '{name}' has an elite with {budget.until} already; ask for more with --until")
    for key, (most, used, what) in done.items():
        if flags.get(key) is not None and most and most <= used:
            raise ConfigError(f"{key} = {flags[key]} leaves run '{name}' nothing to do: {used:g} {what}; give more")
