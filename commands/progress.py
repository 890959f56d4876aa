"""What is seen on standard error while a run works: a live line on a terminal, one line a generation elsewhere."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from commands.following import Following
from commands.output import plain, talk
from commands.words import values
from memory.ledger import Ledger
from memory.numbers import number

if TYPE_CHECKING:
    from rich.console import Console

    from graph.config import Search
    from memory.records import Event

TICK_S = 0.5
BAR, CLOCK = 12, 7  # cells of the bar and of the time that has passed


class Watch:
    """Follows the ledger of a running run twice a second from a thread of its own; decides nothing."""

    def __init__(self, folder: Path, search: Search, quiet: bool) -> None:
        self._folder, self._search, self._quiet = folder, search, quiet
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

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

        console = Console(stderr=True)
        with Ledger.open(self._folder / "ledger.sqlite", read_only=True) as ledger:
            run = Following(ledger)
            if console.is_terminal:
                self._draw(run, console)
            else:
                self._tell(run)

    def _tell(self, run: Following) -> None:
        """A line for what a human should know, and one for each generation, or for as many children."""
        over, told, closed = False, -1, run.closed
        while not over:
            over = self._stop.wait(TICK_S)
            for event in run.news():
                if said := _said(event):
                    talk(said)
                if event.kind != "selected" or not event.data.get("children", 1):
                    continue
                closed += event.data["generation"] > 0
                due = run.settled // self._search.each if self._in_children else closed
                if due > told:
                    told = due
                    talk(f"{self._stage(run, closed) if closed else 'seed measured'}: {_line(run, None)}")

    @property
    def _in_children(self) -> bool:
        """Whether it is told in children how far the run is: generations overlap, or nobody knows how many there will be."""
        return bool(self._search.ahead or not self._search.generations)

    def _stage(self, run: Following, generation: int) -> str:
        if not self._in_children:
            return f"generation {generation}/{self._search.generations}"
        return f"{run.settled - 1}{f' of {run.planned}' if run.planned else ''} children"

    def _draw(self, run: Following, console: Console) -> None:
        """A line that is drawn over, below what a human should know."""
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(BAR),
            TextColumn("{task.fields[state]}"),
            TimeElapsedColumn(),
        )
        started = time.monotonic()
        with Progress(*columns, console=console, transient=False) as bar:
            work = bar.add_task("evolving", total=None, state="")
            over = False
            while not over:
                over = self._stop.wait(TICK_S)
                for event in run.news():
                    if said := _said(event):
                        bar.console.print(plain(said), markup=False, highlight=False)
                now = self._stage(run, run.generation) if run.settled else "measuring the seed"
                state = _fitting(_line(run, time.monotonic() - started), console.width - len(now) - BAR - CLOCK - 3)
                bar.update(
                    work,
                    description=now,
                    total=run.planned + 1 if run.planned else None,
                    completed=run.settled,
                    state=state,
                )


def _said(event: Event) -> str:
    """What a human should know at once; empty for most events."""
    if event.kind == "adapted":
        return f"model {event.data['model']}: from now on with {event.data['settings']}, as its endpoint asks"
    if event.kind == "rested":
        return f"model {event.data['model']} rests for {event.data['rest_s']:g} s, others answer for it: {event.data['why']}"
    if event.kind == "recovered":
        return f"model {event.data['model']} answers again"
    if event.kind == "unanswered":
        return f"question {event.data['key']} was refused and its child fails: {event.data['why']}"
    return f"warning: {event.data['why']}" if event.kind == "warning" else ""


def fates(failures: dict[str, int]) -> str:
    """How the children without a measure ended: `4 stopped early, 2 duplicates, 1 failed`. The first two broke nothing."""
    stopped, twins = failures.get("stopped", 0), failures.get("duplicate", 0)
    parts = [f"{stopped} stopped early"] if stopped else []
    parts += [f"{twins} duplicate{'s' if twins > 1 else ''}"] if twins else []
    unproven = failures.get("unproven", 0)
    parts += [f"{unproven} not proven"] if unproven else []
    return ", ".join([*parts, f"{sum(failures.values()) - stopped - twins - unproven} failed"])


def _line(run: Following, elapsed_s: float | None) -> str:
    parts = [f"{run.evaluated} measured, {fates(run.failures)}"]
    if run.seed:
        sure = "" if run.confirmed else ", not confirmed yet"
        best = f"best {values(run.best.objectives)}{sure}" if run.best else "nothing meets what is required yet"
        parts.append(f"{best} (seed {values(run.seed.objectives)})")
    parts.append(f"{run.tokens:,} tokens" + (f", {number(run.cost_usd, 3)} USD" if run.cost_usd else ""))
    if elapsed_s and run.settled > 1 and run.planned:
        left = elapsed_s * (run.planned + 1 - run.settled) / run.settled
        parts.append(f"about {left:.0f} s left")
    return " | ".join(parts)


def _fitting(line: str, room: int) -> str:
    """As many of the line's first parts as the room holds."""
    while cell_len(line) > room and " | " in line:
        line = line.rpartition(" | ")[0]
    return line if cell_len(line) <= room else set_cell_size(line, max(0, room))
