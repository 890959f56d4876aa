"""One run from its first second to its last, from wherever it stands: everything finished is kept."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import AsyncExitStack, closing
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from agents.endpoint import address_of
from graph.config import Config
from graph.content import hold
from graph.create import RunError, create, read_config
from graph.state import Rooms
from graph.wiring import rooms, trainer_of
from memory.aim import aim_of
from memory.elites import elites, leader, seed_of, unmet
from memory.ledger import Ledger
from memory.runs import handle, identity
from memory.timeline import worked_s

__all__ = ["Interrupted", "RunError", "create", "go", "read_config", "summary"]

Started = Callable[[Path, Ledger], Any]


class Interrupted(Exception):
    """Ctrl-C: everything finished is kept."""


async def go(folder: Path, on_start: Started | None = None, place: str = "") -> dict[str, Any]:
    """Drive the run to its end from wherever it stands, and return its summary; `place` says where its task's folder is now.

    Raises Interrupted on SIGINT or SIGTERM, and whatever stops a run for good: ModelStopped, SandboxError, SeedFailed,
    ContentError, TaskError. In every case what was finished is in the ledger, and `go` again takes it from there.
    """
    work = asyncio.ensure_future(_drive(folder, on_start, place))
    loop = asyncio.get_running_loop()
    hit: list[int] = []

    def stop(number: int) -> None:
        hit.append(number)
        work.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    try:
        return await work
    except asyncio.CancelledError:
        if hit:
            raise Interrupted(signal.Signals(hit[0]).name) from None
        raise
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _drive(folder: Path, on_start: Started | None, place: str) -> dict[str, Any]:
    config = read_config(folder)
    if not config.tracing:
        keep_to_ourselves()
    async with AsyncExitStack() as stack:
        ledger = stack.enter_context(Ledger.open(folder / "ledger.sqlite"))
        held = await asyncio.to_thread(hold, ledger, config, folder, place)
        if ledger.finished():
            return summary(ledger, config, folder)
        machine = asyncio.create_task(
            asyncio.to_thread(import_module, "graph.app")
        )  # beside the first worker's own imports
        trainer, site = await stack.enter_async_context(trainer_of(config, folder, ledger, held))
        await machine
        opened = stack.enter_context(rooms(config, folder, ledger, held, trainer, site.slots))
        begun = ledger.last_event("started") is not None
        asked = {m.id: address_of(m) for m in config.models if not m.offline}
        ledger.add_event("resumed" if begun else "started", {"pid": os.getpid(), **asdict(site), "models": asked})
        if on_start:
            on_start(folder, ledger)
        try:
            await drive(opened)
        except BaseException as e:
            ledger.add_event("stopped", {"why": type(e).__name__})
            raise
        finally:
            ledger.set_meta("wall_s", round(worked_s(ledger.events()), 3))
        return summary(ledger, config, folder)


async def drive(opened: Rooms) -> None:
    """Take the state machine from where the ledger stands to its end."""
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    from graph.app import build

    place = opened.folder / "checkpoints.sqlite"
    remove_torn(place)
    async with AsyncSqliteSaver.from_conn_string(str(place)) as saver:
        await saver.conn.execute("PRAGMA journal_mode=WAL")
        await saver.conn.execute("PRAGMA synchronous=NORMAL")
        thread: dict[str, Any] = {
            "configurable": {"thread_id": identity(opened.ledger.meta())},
            "recursion_limit": 1 << 30,  # the run's own budget ends it
        }
        # always from the start, which is where the ledger stands: a checkpoint is derived, and never believed
        start = {"number": 0, "children": []}
        try:
            await build(saver).ainvoke(start, thread, context=opened, durability="async")
        finally:
            await opened.pool.close()


def remove_torn(checkpoints: Path) -> None:
    """Remove checkpoints that cannot be read any more: they are derived, and must not stop a run."""
    try:
        with closing(sqlite3.connect(checkpoints)) as db:
            sound = db.execute("PRAGMA quick_check").fetchone() == ("ok",)
    except sqlite3.DatabaseError:
        sound = False
    if not sound:
        for file in checkpoints.parent.glob(f"{checkpoints.name}*"):
            file.unlink()


def keep_to_ourselves() -> None:
    """Switch off what would send prompts to a third party because of a variable in the environment."""
    for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2"):
        os.environ[name] = "false"


def summary(ledger: Ledger, config: Config, folder: Path) -> dict[str, Any]:
    """What a run ends with, as one object: best, front, spending."""
    meta, totals = ledger.meta(), ledger.totals()
    found, seed = elites(ledger), seed_of(ledger)
    best, aim = leader(ledger, found), aim_of(meta)
    wall_s = float(meta.get("wall_s", 0.0))
    begun = ledger.last_event("started", "resumed")
    slots = begun.data.get("slots", 1) if begun else 1
    return {
        "run": handle(folder),
        "task": meta["task"],
        "data": meta.get("data", ""),
        "strategy": meta["strategy"],
        "seed": meta["seed"],
        "seed_candidate": {"id": "seed", "objectives": seed.objectives} if seed else None,
        "best": {"id": best.id, "objectives": best.objectives} if best else None,
        "required": aim.require,
        "chosen": aim.told(),
        "unmet": unmet(ledger, found),
        "front": [{"id": one.program.id, "objectives": one.program.objectives} for one in found],
        **totals,
        "wall_s": round(wall_s, 2),
        "busy_share": round(totals["train_wall_s"] / (wall_s * slots), 3) if wall_s else 0.0,
    }
