"""A Trainer with a ledger and real sandboxes, and the seed of a small mnist1d measured, for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from world import tiny_task

import genome
from agents.settings import Racing
from agents.trainer import Trainer
from memory.ledger import Ledger
from memory.records import Candidate, Commit
from sandbox import open_sandbox
from sandbox.nursery import Nursery
from tasks import Task, load_task


class TrainerBench:
    """What `trainer_bench` opens."""

    def __init__(self, task: Task, ledger: Ledger, trainer: Trainer, folder: Path) -> None:
        self.task, self.ledger, self.trainer, self.folder = task, ledger, trainer, folder
        self.seed = Candidate("seed", 0, 0, "seed", files=dict(task.files))

    async def settle(self, child: Candidate) -> Candidate:
        """Train and write what came of it, as the node does; then take it in, as a commit does."""
        self.ledger.put_candidate(child)
        outcome = await self.trainer.train(child)
        status = "failed" if outcome.failure else "evaluated"
        done = replace(
            child, status=status, failure=outcome.failure, message=outcome.message, objectives=outcome.objectives
        )  # type: ignore[arg-type]
        self.ledger.put_candidate(done)
        self.ledger.put_commit(Commit(child.generation, (child.id,)))
        return done

    def child(self, name: str, segment: str, old: str, new: str, generation: int = 1) -> Candidate:
        """The seed with one piece of text in one segment replaced."""
        text = genome.segments(self.seed.files)[segment]
        assert old in text
        return self.program(name, genome.replace(self.seed.files, {segment: text.replace(old, new)}), generation)

    def program(self, name: str, files: dict[str, str], generation: int = 1) -> Candidate:
        """A child with these files, as if it had passed its screening."""
        return Candidate(
            name, generation, 0, "mutate", ("seed",), "head", files=files, behaviour=f"behaviour of {name}"
        )


@asynccontextmanager
async def trainer_bench(
    folder: Path,
    backend: str = "jail",
    cache: Path | None = None,
    objectives: str = "",
    steps: int = 20,
    racing: Racing | None = None,
) -> AsyncIterator[TrainerBench]:
    """A bench whose seed is measured. `objectives` is text for task.toml."""
    place = tiny_task(folder, steps)
    toml = place / "task.toml"
    toml.write_text(toml.read_text().replace("[noise]", f"{objectives}\n[noise]"))
    task = load_task(place)
    data = task.prepare(cache)
    nursery = Nursery()
    sandbox, audit_room = (
        open_sandbox(backend, slots=1, data_dir=shown, run="test", nursery=nursery)
        for shown in (data.public, data.inputs)
    )
    try:
        await sandbox.start()
        told = [{"name": o.name, "unit": o.unit, "goal": o.goal, "reference": o.reference} for o in task.objectives]
        with Ledger.create(folder / "ledger.sqlite", {"run": "test", "seed": 1, "objectives": told}) as ledger:
            fidelity = task.fidelities["quick"]
            trainer = Trainer(task, fidelity, data, ledger, sandbox, folder / "candidates", 1, 1, audit_room, racing)
            bench = TrainerBench(task, ledger, trainer, folder)
            found = await trainer.screen_seed(bench.seed)
            bench.seed = await bench.settle(
                replace(bench.seed, fingerprint=found.fingerprint, behaviour=found.behaviour)
            )
            yield bench
    finally:
        await sandbox.close()
        await audit_room.close()
        await nursery.close()
