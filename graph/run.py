"""One run from its first second to its last: open the rooms, drive the state machine, leave everything kept."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import time
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from agents.endpoint import address_of
from graph.cast import check_cast, check_endpoints
from graph.checkpoint import ahead
from graph.config import Config, ConfigError
from graph.content import Held, hold, named, refuse_other, task_of, unknown, write_config
from graph.soundness import check_text
from graph.state import Rooms
from graph.workshop import Workshop, workshop
from memory.fresh import facts_of
from memory.ledger import Ledger, LedgerError
from memory.pareto import best, front, goals_of
from memory.runs import find_id, handle, identity
from memory.shared import open_shared, placed
from tasks import Task, load_task

Started = Callable[[Path, Ledger], Any]


class RunError(Exception):
    """The run cannot start or go on; one line for the user."""


class Interrupted(Exception):
    """Ctrl-C: everything finished is kept."""


def create(config: Config, folder: Path, replay_of: Path | None = None) -> tuple[str, ...]:
    """A new run's folder with its complete settings and an empty ledger; what may be a mistake in the task's data, a line each.

    A replay takes every reply, loan and swap of personas from the run `replay_of`, also when it is resumed; its task must still be
    what that run was made with. Raises RunError, ConfigError, ContentError, TaskError, PersonaError.
    """
    source = _meta_of(replay_of) if replay_of else {}
    task = task_of(source, config, replay_of) if replay_of else load_task(config.task).with_data(config.data)
    check_cast(config)
    if not replay_of:
        check_endpoints(config)
    data = {key: task.data_options[key] for key in config.data}  # paths made absolute, numbers as numbers
    memory = config.memory.model_copy(update={"shared": placed(config.memory.shared)})
    fidelity = config.fidelity or task.default_fidelity
    changed = {"task": named(config.task, task), "memory": memory, "fidelity": fidelity, "data": data}
    config = config.model_copy(update=changed)
    if fidelity not in task.fidelities:
        raise ConfigError(f"task '{task.name}' has no fidelity '{fidelity}'; it has: {', '.join(task.fidelities)}")
    # a task that is not sound, data and a shared memory that cannot be had are told before anything of the run is written
    for _ in check_text(task):
        pass
    prepared = task.prepare()
    content = task.content(prepared, fidelity)
    if replay_of:
        refuse_other(source, content, task, replay_of)
    if memory.shared and not replay_of:
        try:
            open_shared(memory.shared, memory.embedder).close()
        except LedgerError as e:
            raise ConfigError(f"memory.shared: {e}") from e
    config.dump().encode()  # a path that is no text is told before anything is written
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
    write_config(config, folder)
    meta = {**_meta(config, task, folder), "content": content}
    if replay_of:
        meta |= {"replay_of": str(replay_of.absolute()), "replay_of_id": identity(source)}
    with Ledger.create(folder / "ledger.sqlite", meta) as ledger:
        if replay_of and "content" not in source:
            ledger.add_event("warning", {"about": "content", "why": unknown(replay_of, task)})
    return prepared.doubts


def _meta_of(folder: Path) -> dict[str, Any]:
    with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
        return ledger.meta()


def _meta(config: Config, task: Task, folder: Path) -> dict[str, Any]:
    return {
        "id": secrets.token_hex(8),
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
    }


def read_config(folder: Path) -> Config:
    """The settings that the run was started with."""
    path = folder / "config.toml"
    try:
        return Config.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as e:
        raise RunError(f"run '{folder.name}' has no readable config.toml ({e}); was it made by 'evolve run'?") from e


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
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    from graph.app import build

    async with AsyncExitStack() as stack:
        ledger = stack.enter_context(Ledger.open(folder / "ledger.sqlite"))
        held = await asyncio.to_thread(hold, ledger, config, folder, place)
        if ledger.finished():
            return summary(ledger, config, folder)
        rooms, shop = await stack.enter_async_context(_rooms(config, folder, ledger, held))
        saver = await stack.enter_async_context(AsyncSqliteSaver.from_conn_string(str(folder / "checkpoints.sqlite")))
        await saver.conn.execute("PRAGMA journal_mode=WAL")
        await saver.conn.execute("PRAGMA synchronous=NORMAL")
        machine = build(saver)
        thread: dict[str, Any] = {
            "configurable": {"thread_id": identity(ledger.meta())},
            # seven supersteps a generation and six a child; the limit names our budget if a loop never ends
            "recursion_limit": 20 + 9 * config.search.generations,
        }
        before = await machine.aget_state(thread)
        if ahead(before, ledger, config):
            await saver.adelete_thread(identity(ledger.meta()))
            before = await machine.aget_state(thread)
        begun = any(event.kind == "started" for event in ledger.events())
        started = time.monotonic()
        trains = {"slots": shop.slots, "device": shop.place.device, "why": shop.place.why}
        asked = {m.id: address_of(m) for m in config.models if not m.offline}
        ledger.add_event("resumed" if begun else "started", {"pid": os.getpid(), **trains, "models": asked})
        if on_start:
            on_start(folder, ledger)
        try:
            await machine.ainvoke(
                None if before.values else {"generation": 0, "children": []}, thread, context=rooms, durability="sync"
            )
        except BaseException as e:
            ledger.add_event("stopped", {"why": type(e).__name__})
            raise
        finally:
            spent = ledger.meta().get("wall_s", 0.0) + time.monotonic() - started
            ledger.set_meta("wall_s", round(spent, 3))
        return summary(ledger, config, folder)


def keep_to_ourselves() -> None:
    """Switch off what would send prompts to a third party because of a variable in the environment."""
    for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2"):
        os.environ[name] = "false"


@asynccontextmanager
async def _rooms(config: Config, folder: Path, ledger: Ledger, held: Held) -> AsyncIterator[tuple[Rooms, Workshop]]:
    """Everything a run needs, closed in the reverse order whatever happens."""
    from agents.authors import Architect, Breeder
    from agents.chat import Chat
    from agents.critic import Critic
    from agents.scribe import Scribe
    from agents.trainer import Trainer
    from graph.strategies import make_strategy
    from memory.index import Index

    task, data = held.task, held.data
    fidelity = task.fidelities[config.fidelity]
    async with AsyncExitStack() as stack:
        ledger.set_meta("data", data.note)
        ledger.set_meta("facts", asdict(facts_of(task, data)))
        replayed = _replayed(ledger.meta(), folder)
        source = Ledger.open(replayed / "ledger.sqlite", read_only=True) if replayed else None
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


def _replayed(meta: dict[str, Any], folder: Path) -> Path | None:
    """The run that this one replays, where it was or wherever it is now in the runs folder; None for a run that is no replay."""
    if not meta.get("replay_of"):
        return None
    place, id = Path(meta["replay_of"]), meta.get("replay_of_id")
    if (place / "ledger.sqlite").is_file() and id in (None, identity(_meta_of(place))):
        return place
    if id and (found := find_id(id)):
        return found
    raise RunError(
        f"the run that '{handle(folder)}' replays is not at {place} any more; put it back, or among your runs"
    )


def summary(ledger: Ledger, config: Config, folder: Path) -> dict[str, Any]:
    """What a run ends with, as one object: best, front, spending."""
    meta, totals = ledger.meta(), ledger.totals()
    goals = goals_of(meta)
    evaluated = ledger.candidates(status="evaluated")
    seed = next((c for c in evaluated if c.id == "seed"), None)
    leader = best(evaluated, goals, seed)
    wall_s = float(meta.get("wall_s", 0.0))
    busy_s = sum(e.wall_s for e in ledger.evaluations(status="done"))
    slots = next((e.data["slots"] for e in reversed(ledger.events()) if "slots" in e.data), 1)
    return {
        "run": handle(folder),
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
