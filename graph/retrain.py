"""The final candidates are trained again with fresh seeds, in the sandbox of the run and with its settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from graph.config import Config
from graph.run import RunError
from memory.final import fresh_seeds, retrained
from memory.ledger import Ledger
from memory.records import Candidate, Evaluation
from tasks import Data, Task


async def retrain(
    ledger: Ledger,
    config: Config,
    task: Task,
    data: Data,
    folder: Path,
    chosen: Sequence[Candidate],
    times: int,
    say: Callable[[Evaluation], None],
) -> None:
    """Train each candidate `times` times; what is in the ledger already is not trained again. Nothing is raced or chosen.

    Raises RunError when the run has not finished, SandboxError when the sandbox fails for good; what is done is kept.
    """
    from agents.trainer import Trainer
    from sandbox import Seats, choose_backend, find_place, open_sandbox
    from sandbox.slots import default_slots

    if not any(event.kind == "finished" for event in ledger.events()):
        raise RunError(f"run '{folder.name}' has not finished; go on with 'evolve resume {folder.name}' first")
    seeds = fresh_seeds(config.seed, times)
    done = {(e.candidate, e.train_seed) for e in ledger.evaluations("done")}
    missing = [(seed, c) for seed in seeds for c in chosen if (c.id, seed) not in done]
    if not missing:
        return
    known = ledger.meta().get("retrain_seeds", [])
    ledger.set_meta("retrain_seeds", [*known, *(s for s in seeds if s not in known)])  # apart from the search's own
    fidelity = task.fidelities[config.fidelity]
    backend = await asyncio.to_thread(choose_backend, config.sandbox.backend)
    place = await asyncio.to_thread(find_place, config.sandbox.device, backend)
    slots = config.sandbox.slots or default_slots(len(place.gpus), config.sandbox.per_gpu)
    async with AsyncExitStack() as stack:
        sandbox, audit_room = (
            open_sandbox(
                backend,
                slots=seats,
                data_dir=shown,
                run=folder.name,
                memory_mb=fidelity.memory_mb,
                seats=Seats(place.gpus, first, slots + 1),
            )
            for seats, shown, first in ((slots, data.public, 0), (1, data.inputs, slots))
        )
        stack.push_async_callback(audit_room.close)
        stack.push_async_callback(sandbox.close)
        await sandbox.start()
        trainers = {
            seed: Trainer(task, fidelity, data, ledger, sandbox, retrained(folder, seed), slots, seed, audit_room, None)
            for seed in seeds
        }
        free = asyncio.Semaphore(slots)

        async def one(seed: int, candidate: Candidate) -> None:
            async with free:
                say(await trainers[seed].train(candidate))

        work = [asyncio.ensure_future(one(seed, candidate)) for seed, candidate in missing]
        try:
            await asyncio.gather(*work)
        finally:
            for task_ in work:
                task_.cancel()
            await asyncio.gather(*work, return_exceptions=True)
