"""What is still to be found of a measured program is begun here, by its name (see `memory.names`)."""

from __future__ import annotations

from functools import partial

from graph.commit import sound
from graph.state import Rooms
from memory.names import of_kind
from memory.records import Audit, Candidate


class SeedFailed(Exception):
    """The task's own program does not run here: nothing can be compared with it."""


def begin(rooms: Rooms, name: str) -> None:
    """Have it found, beside whatever else is under way. Whoever asked for it before has begun it."""
    for id, further in of_kind("again", [name]).values():
        rooms.pool.start(name, partial(rooms.trainer.train_again, rooms.ledger.known(id), int(further)))
    for (id,) in of_kind("audit", [name]).values():
        rooms.pool.start(name, partial(_audited, rooms, rooms.ledger.known(id)))


async def _audited(rooms: Rooms, one: Candidate) -> Audit:
    found = await rooms.trainer.audit(one)
    if one.operator == "seed":
        seed = sound(rooms.task, one, found)
        refuse_seed(rooms, seed.failure, seed.message)
    return found


def refuse_seed(rooms: Rooms, failure: str | None, message: str) -> None:
    """Raises SeedFailed where there is a failure."""
    from agents.audit import CURE

    if failure:
        cure = f"; {CURE}" if failure == "unproven" else ""
        raise SeedFailed(f"the seed program of task '{rooms.task.name}' failed ({failure}): {message.strip()}{cure}")
