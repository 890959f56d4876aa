"""One run from its first second to its last: open the rooms, drive the state machine, leave everything kept."""

from __future__ import annotations

import asyncio
import os
import signal
import time
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from graph.cast import check_cast
from graph.config import Config, ConfigError
from graph.state import Rooms
from graph.workshop import Workshop, workshop
from memory.fresh import facts_of
from memory.ledger import Ledger, LedgerError
from memory.pareto import best, front, goals_of
from memory.shared import open_shared, placed
from tasks import Task, load_task

Started = Callable[[Path, Ledger], Any]


class RunError(Exception):
    """The run cannot start or go on; one line for the user."""


class Interrupted(Exception):
    """Ctrl-C: everything finished is kept."""


def create(config: Config, folder: Path, replay_of: Path | None = None) -> None:
    """A new run's folder with its complete settings and an empty ledger. Raises RunError, ConfigError, TaskError, PersonaError.

    A replay takes every reply, loan and swap of personas from the run `replay_of`, also when it is resumed.
    """
    task = load_task(config.task).with_data(config.data)
    check_cast(config)
    data = {key: task.data_options[key] for key in config.data}  # paths made absolute, numbers as numbers
    memory = config.memory.model_copy(update={"shared": placed(config.memory.shared)})
    config = config.model_copy(
        update={"memory": memory, "fidelity": config.fidelity or task.default_fidelity, "data": data}
    )
    if config.fidelity not in task.fidelities:
        raise ConfigError(
            f"task '{task.name}' has no fidelity '{config.fidelity}'; it has: {', '.join(task.fidelities)}"
        )
    # data and a shared memory that cannot be had are told before anything of the run is written
    task.prepare()
    if memory.shared and not replay_of:
        try:
            open_shared(memory.shared, memory.embedder).close()
        except LedgerError as e:
            raise ConfigError(f"memory.shared: {e}") from e
    settings = config.dump().encode()
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise RunError(
            f"run '{folder.name}' exists already; go on with 'evolve resume {folder.name}', or choose another --name"
        ) from None
    except OSError as e:
        raise RunError(
            f"cannot make the run's folder '{folder}': {e.strerror}; choose another place with EVOLVE_RUNS"
        ) from e
    (folder / "config.toml.tmp").write_bytes(settings)
    (folder / "config.toml.tmp").replace(folder / "config.toml")
    Ledger.create(folder / "ledger.sqlite", _meta(config, task, folder, replay_of)).close()


def _meta(config: Config, task: Task, folder: Path, replay_of: Path | None) -> dict[str, Any]:
    return {
        "run": folder.name,
        "task": task.name,
        "strategy": config.search.strategy,
        "seed": config.seed,
        "fidelity": config.fidelity,
        "version": version("guided-evolution"),
        "objectives": [
            {
                "name": o.name,
                "unit": o.unit,
                "goal": o.goal,
                "reference": o.reference,
                "noise": task.noise.get(o.name, 0.0),
            }
            for o in task.objectives
        ],
        "planned": config.search.children,
        "replay_of": str(replay_of.absolute()) if replay_of else None,
    }


def read_config(folder: Path) -> Config:
    """The settings that the run was started with."""
    path = folder / "config.toml"
    try:
        return Config.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as e:
        raise RunError(f"run '{folder.name}' has no readable config.toml ({e}); was it made by 'evolve run'?") from e


async def go(folder: Path, on_start: Started | None = None) -> dict[str, Any]:
    """Drive the run to its end from wherever it stands, and return its summary.

    Raises Interrupted on SIGINT or SIGTERM, and whatever stops a run for good: ModelStopped, SandboxError, SeedFailed,
    TaskError. In every case what was finished is in the ledger, and `go` again takes it from there.
    """
    work = asyncio.ensure_future(_drive(folder, on_start))
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


async def _drive(folder: Path, on_start: Started | None) -> dict[str, Any]:
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    from graph.app import build

    config = read_config(folder)
    async with AsyncExitStack() as stack:
        rooms, shop = await stack.enter_async_context(_rooms(config, folder))
        saver = await stack.enter_async_context(AsyncSqliteSaver.from_conn_string(str(folder / "checkpoints.sqlite")))
        await saver.conn.execute("PRAGMA journal_mode=WAL")
        await saver.conn.execute("PRAGMA synchronous=NORMAL")
        machine = build(saver)
        thread: dict[str, Any] = {
            "configurable": {"thread_id": folder.name},
            # seven supersteps a generation and six a child; the limit names our budget if a loop never ends
            "recursion_limit": 20 + 9 * config.search.generations,
        }
        before = await machine.aget_state(thread)
        begun = bool(before.values) or bool(before.next)
        if begun and not before.next:
            return summary(rooms.ledger, config, shop.slots)
        started = time.monotonic()
        trains = {"slots": shop.slots, "device": shop.place.device, "why": shop.place.why}
        rooms.ledger.add_event("resumed" if begun else "started", {"pid": os.getpid(), **trains})
        if on_start:
            on_start(folder, rooms.ledger)
        try:
            await machine.ainvoke(
                None if begun else {"generation": 0, "children": []}, thread, context=rooms, durability="sync"
            )
        except BaseException as e:
            rooms.ledger.add_event("stopped", {"why": type(e).__name__})
            raise
        finally:
            spent = rooms.ledger.meta().get("wall_s", 0.0) + time.monotonic() - started
            rooms.ledger.set_meta("wall_s", round(spent, 3))
        return summary(rooms.ledger, config, shop.slots)


@asynccontextmanager
async def _rooms(config: Config, folder: Path) -> AsyncIterator[tuple[Rooms, Workshop]]:
    """Everything a run needs, closed in the reverse order whatever happens."""
    from agents.authors import Architect, Breeder
    from agents.chat import Chat
    from agents.critic import Critic
    from agents.scribe import Scribe
    from agents.trainer import Trainer
    from graph.strategies import make_strategy
    from memory.index import Index

    task = load_task(config.task).with_data(config.data)
    fidelity = task.fidelities[config.fidelity]
    data = await asyncio.to_thread(task.prepare)
    async with AsyncExitStack() as stack:
        ledger = Ledger.open(folder / "ledger.sqlite")
        stack.callback(ledger.close)
        ledger.set_meta("data", data.note)
        ledger.set_meta("facts", asdict(facts_of(task, data)))
        replayed = ledger.meta().get("replay_of")
        source = Ledger.open(Path(replayed) / "ledger.sqlite", read_only=True) if replayed else None
        if source:
            stack.callback(source.close)
            ledger.set_meta("persona_swaps", source.meta().get("persona_swaps", []))
        index = Index(folder / "memory", config.memory.embedder)
        stack.callback(index.close)
        shop = await stack.enter_async_context(workshop(config.sandbox, data, folder.name, fidelity.memory_mb))
        chat = Chat(ledger, config.models, config.sampling, source)
        authors = {
            "mutate": Architect(task, ledger, chat, config.seed),
            "cross": Breeder(task, ledger, chat, config.seed),
        }
        shared = (
            open_shared(config.memory.shared, config.memory.embedder) if config.memory.shared and not source else None
        )
        if shared:
            stack.callback(shared.close)
        critic = Critic(task, ledger, index, chat, config.seed, config.memory, shared, source)
        trainer = Trainer(
            task,
            fidelity,
            data,
            ledger,
            shop.sandbox,
            folder / "candidates",
            shop.slots,
            config.seed,
            shop.audit_room,
            config.racing,
        )
        scribe = Scribe(ledger, chat, config.seed)
        strategy = make_strategy(config.search, task)
        yield Rooms(config, folder, task, ledger, index, strategy, authors, critic, scribe, trainer), shop


def summary(ledger: Ledger, config: Config, slots: int) -> dict[str, Any]:
    """What a run ends with, as one object: best, front, spending."""
    meta, totals = ledger.meta(), ledger.totals()
    goals = goals_of(meta)
    evaluated = ledger.candidates(status="evaluated")
    seed = next((c for c in evaluated if c.id == "seed"), None)
    leader = best(evaluated, goals, seed)
    wall_s = float(meta.get("wall_s", 0.0))
    busy_s = sum(e.wall_s for e in ledger.evaluations(status="done"))
    return {
        "run": meta["run"],
        "task": meta["task"],
        "data": meta.get("data", ""),
        "strategy": meta["strategy"],
        "seed": meta["seed"],
        "seed_candidate": {"id": "seed", "objectives": seed.objectives} if seed else None,
        "best": {"id": leader.id, "objectives": leader.objectives} if leader else None,
        "front": [{"id": c.id, "objectives": c.objectives} for c in front(evaluated, goals)],
        **totals,
        "wall_s": round(wall_s, 2),
        "busy_share": round(busy_s / (wall_s * slots), 3) if wall_s else 0.0,
    }
