"""What is seen on standard error while a run works: a live line on a terminal, one line a generation elsewhere."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.cells import cell_len, set_cell_size

from commands.output import plain, talk
from memory.dominance import best, goals_of
from memory.ledger import Ledger
from memory.numbers import number
from memory.records import Candidate

BAR, CLOCK = 12, 7  # cells of the bar and of the time that has passed


class Watch:
    """Reads the ledger of a running run twice a second from a thread of its own; decides nothing."""

    def __init__(self, folder: Path, generations: int, quiet: bool) -> None:
        self._folder, self._generations, self._quiet = folder, generations, quiet
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._told = -1
        self._heard = 0  # number of the last event that was said

    def __enter__(self) -> Watch:
        if not self._quiet:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def _watch(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        console = Console(stderr=True)
        with Ledger.open(self._folder / "ledger.sqlite", read_only=True) as ledger:
            self._told = max((s.number for s in ledger.selections()), default=-1)
            self._heard = max((event.number for event in ledger.events()), default=0)
            if not console.is_terminal:
                while not self._stop.wait(0.5):
                    self._lines(ledger)
                self._lines(ledger)
                return
            columns = (
                TextColumn("{task.description}"),
                BarColumn(BAR),
                TextColumn("{task.fields[state]}"),
                TimeElapsedColumn(),
            )
            started = time.monotonic()
            with Progress(*columns, console=console, transient=False) as bar:
                work = bar.add_task("evolving", total=None, state="")
                while True:
                    over = self._stop.wait(0.5)
                    for said in self._news(ledger):
                        bar.console.print(plain(said), markup=False, highlight=False)
                    facts = _facts(ledger)
                    now = f"generation {facts['generation']}/{self._generations}"
                    now = now if facts["settled"] else "measuring the seed"
                    room = console.width - len(now) - BAR - CLOCK - 3
                    bar.update(
                        work,
                        description=now,
                        total=facts["planned"] + 1,
                        completed=facts["settled"],
                        state=_fitting(_line(facts, time.monotonic() - started), room),
                    )
                    if over:
                        return

    def _news(self, ledger: Ledger) -> list[str]:
        """What a human should know at once and has not been told."""
        events = [event for event in ledger.events() if event.number > self._heard]
        self._heard = max((event.number for event in events), default=self._heard)
        said = []
        for event in events:
            if event.kind == "adapted":
                said.append(
                    f"model {event.data['model']}: from now on with {event.data['settings']}, as its endpoint asks"
                )
            elif event.kind == "unanswered":
                said.append(f"question {event.data['key']} was refused and its child fails: {event.data['why']}")
            elif event.kind == "warning":
                said.append(f"warning: {event.data['why']}")
        return said

    def _lines(self, ledger: Ledger) -> None:
        for said in self._news(ledger):
            talk(said)
        for chosen in ledger.selections():
            if chosen.number > self._told:
                self._told = chosen.number
                facts = _facts(ledger)
                name = "seed measured" if chosen.number == 0 else f"generation {chosen.number}/{self._generations}"
                talk(f"{name}: {_line(facts, None)}")


def _facts(ledger: Ledger) -> dict[str, Any]:
    with ledger.snapshot():
        meta, totals = ledger.meta(), ledger.totals()
        children = ledger.candidates()
    measured = [c for c in children if c.status == "evaluated"]
    seed = next((c for c in measured if c.id == "seed"), None)
    return {
        "generation": max((c.generation for c in children), default=0),
        "planned": int(meta.get("planned", 0)),
        "settled": sum(c.status in ("evaluated", "failed") for c in children),
        "evaluated": totals["evaluated"],
        "failures": totals["failures"],
        "tokens": sum(totals["tokens"].values()),
        "cost_usd": totals["cost_usd"],
        "seed": seed,
        "best": best(measured, goals_of(meta), seed),
    }


def fates(failures: dict[str, int]) -> str:
    """How the children without a measure ended: `4 stopped early, 2 duplicates, 1 failed`. The first two broke nothing."""
    stopped, twins = failures.get("stopped", 0), failures.get("duplicate", 0)
    parts = [f"{stopped} stopped early"] if stopped else []
    parts += [f"{twins} duplicate{'s' if twins > 1 else ''}"] if twins else []
    unproven = failures.get("unproven", 0)
    parts += [f"{unproven} not proven"] if unproven else []
    return ", ".join([*parts, f"{sum(failures.values()) - stopped - twins - unproven} failed"])


def _line(facts: dict[str, Any], elapsed_s: float | None) -> str:
    parts = [f"{facts['evaluated']} measured, {fates(facts['failures'])}"]
    if facts["best"] and facts["seed"]:
        parts.append(f"best {_values(facts['best'])} (seed {_values(facts['seed'])})")
    parts.append(f"{facts['tokens']:,} tokens" + (f", {number(facts['cost_usd'], 3)} USD" if facts["cost_usd"] else ""))
    if elapsed_s and facts["settled"] > 1:
        left = elapsed_s * (facts["planned"] + 1 - facts["settled"]) / facts["settled"]
        parts.append(f"about {left:.0f} s left")
    return " | ".join(parts)


def _fitting(line: str, room: int) -> str:
    """As many of the line's first parts as the room holds."""
    while cell_len(line) > room and " | " in line:
        line = line.rpartition(" | ")[0]
    return line if cell_len(line) <= room else set_cell_size(line, max(0, room))


def _values(candidate: Candidate) -> str:
    return ", ".join(f"{name} {number(value)}" for name, value in (candidate.objectives or {}).items())
