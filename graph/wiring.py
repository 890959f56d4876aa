"""Opens every service that a run needs, and closes them in the reverse order whatever happens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from agents.contract import ROLE_OF, Examiner
from graph.config import Config
from graph.content import Held
from graph.create import RunError, meta_of
from graph.pool import Pool
from graph.state import Rooms
from graph.workshop import Site, workshop
from memory.fresh import facts_of
from memory.ledger import Ledger
from memory.runs import find_id, handle, identity
from memory.shared import open_shared
from tasks import Table


@asynccontextmanager
async def trainer_of(config: Config, folder: Path, ledger: Ledger, held: Held) -> AsyncIterator[tuple[Examiner, Site]]:
    """Who measures and audits this run's candidates, by the shape of its task, and where."""
    if isinstance(held.data, Table):
        from agents.table import TableExaminer

        with closing(TableExaminer(held.task, held.data, ledger, config.seed)) as examiner:
            yield examiner, Site(1, "cpu")
        return
    from agents.trainer import Trainer

    fidelity = held.task.fidelities[config.fidelity]
    async with workshop(config.sandbox, held.data, folder.name, fidelity.memory_mb) as shop:
        yield (
            Trainer(
                held.task,
                fidelity,
                held.data,
                ledger,
                shop.sandbox,
                folder / "candidates",
                shop.slots,
                config.seed,
                shop.audit_room,
                config.racing,
            ),
            shop.site,
        )


@contextmanager
def rooms(config: Config, folder: Path, ledger: Ledger, held: Held, trainer: Examiner, slots: int) -> Iterator[Rooms]:
    """Everything that the nodes ask."""
    from agents.authors import ModelAuthor
    from agents.chat import Chat
    from agents.critic import Critic
    from agents.scribe import Scribe
    from agents.terms import terms
    from graph.app import child_graph
    from graph.arms import trial_book
    from graph.budget import Budget
    from graph.cast import put_wordings
    from graph.course import Course, Followed, Own
    from graph.pareto import objectives_of
    from graph.rhythm import Rhythm
    from graph.strategies import make_strategy
    from memory.index import Index

    # the worst corners are those of the run's aim
    task = replace(held.task, objectives=objectives_of(ledger.meta()))
    with ExitStack() as stack:
        ledger.set_meta("data", held.data.note)
        ledger.set_meta("facts", asdict(facts_of(task, held.data)))
        replayed = _replayed(ledger.meta(), folder)
        source = Ledger.open(replayed / "ledger.sqlite", read_only=True) if replayed else None
        if source:
            stack.callback(source.close)
            ledger.set_meta("persona_swaps", source.meta().get("persona_swaps", []))
        index = Index(folder / "memory", config.memory.embedder, ledger)
        stack.callback(index.close)
        chat = Chat(ledger, config.models, config.sampling, source)
        fidelity = None if task.is_table else task.fidelities[config.fidelity]
        told = terms(task, fidelity, config.racing, task.least(config.search.reruns))
        authors = dict.fromkeys(ROLE_OF, ModelAuthor(task, ledger, chat, config.seed, told))
        shared = (
            open_shared(config.memory.shared, config.memory.embedder, index.warn)
            if config.memory.shared and not source
            else None
        )
        if shared:
            stack.callback(shared.close)
        critic = Critic(task, ledger, index, chat, config.seed, config.memory, shared, source)
        scribe = Scribe(task, ledger, chat, config.seed)
        put_wordings(ledger)
        pool = Pool()
        course: Course = (
            Followed(source, config.search.ahead > 0)
            if source
            else Own(
                config.search, Budget(config, ledger, task.least(config.search.reruns), slots), ledger, pool, slots
            )
        )
        rhythm = Rhythm(config.search.population, config.search.ahead > 0)
        rhythm.follow(commit for commit in ledger.commits() if commit.number <= ledger.last_number())
        yield Rooms(
            config,
            folder,
            task,
            ledger,
            index,
            strategy=make_strategy(config.search, task),
            authors=authors,
            critic=critic,
            scribe=scribe,
            trainer=trainer,
            way=child_graph(),
            pool=pool,
            course=course,
            rhythm=rhythm,
            trials=trial_book(ledger),
        )


def _replayed(meta: dict[str, Any], folder: Path) -> Path | None:
    """The run that this one replays, where it was or wherever it is now in the runs folder; None for a run that is no replay."""
    if not meta.get("replay_of"):
        return None
    place, id = Path(meta["replay_of"]), meta.get("replay_of_id")
    if (place / "ledger.sqlite").is_file() and id in (None, identity(meta_of(place))):
        return place
    if id and (found := find_id(id)):
        return found
    raise RunError(
        f"the run that '{handle(folder)}' replays is not at {place} any more; put it back, or among your runs"
    )
