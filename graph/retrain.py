"""The final candidates are trained again with fresh seeds, in the sandbox of the run and with its settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from agents.together import all_of
from graph.config import Config
from graph.run import RunError
from graph.workshop import workshop
from memory.final import retrained
from memory.ledger import Ledger
from memory.records import Candidate, Evaluation
from memory.report import finalists
from memory.runs import handle
from memory.seeds import fresh_seeds
from tasks import Data, Table, Task


async def retrain(
    ledger: Ledger,
    config: Config,
    task: Task,
    data: Data | Table,
    folder: Path,
    times: int,
    say: Callable[[Evaluation], None],
) -> None:
    """Train what the run's report is about `times` times; what is in the ledger already is not trained again. Nothing is raced or chosen.

    Raises RunError when the run has not finished, SandboxError when the sandbox fails for good; what is done is kept.
    """
    from agents.trainer import Trainer

    if isinstance(data, Table):
        raise RunError(
            f"task '{task.name}' is a table: nothing of it is trained, so nothing can be trained again; leave out --retrain"
        )
    if not ledger.finished():
        name = handle(folder)
        raise RunError(f"run '{name}' has not finished; go on with 'evolve resume {name}' first")
    chosen = finalists(ledger)
    seeds = fresh_seeds(config.seed, times)
    done = {(e.candidate, e.train_seed) for e in ledger.evaluations("done")}
    missing = [(seed, c) for seed in seeds for c in chosen if (c.id, seed) not in done]
    if not missing:
        return
    known = ledger.meta().get("retrain_seeds", [])
    ledger.set_meta("retrain_seeds", [*known, *(s for s in seeds if s not in known)])  # apart from the search's own
    fidelity = task.fidelities[config.fidelity]
    async with workshop(config.sandbox, data, folder.name, fidelity.memory_mb) as shop:
        trainers = {
            seed: Trainer(
                task,
                fidelity,
                data,
                ledger,
                shop.sandbox,
                retrained(folder, seed),
                shop.slots,
                seed,
                shop.audit_room,
            )
            for seed in seeds
        }
        free = asyncio.Semaphore(shop.slots)

        async def one(seed: int, candidate: Candidate) -> None:
            async with free:
                say(await trainers[seed].train(candidate))

        # the seed's first: by its work that of the others is judged
        for turn in (True, False):
            await all_of(one(seed, c) for seed, c in missing if (c.operator == "seed") is turn)
