"""What is still to be found of a measured program, by name: `again/ID/N`, its first N further trainings, and `audit/ID`."""

from __future__ import annotations

from graph.commit import sound
from graph.state import Rooms
from memory.records import Audit, Candidate


class SeedFailed(Exception):
    """The task's own program does not run here: nothing can be compared with it."""


def again(one: Candidate, further: int) -> str:
    """The name of so many further trainings of this program."""
    return f"again/{one.id}/{further}"


def audit(one: Candidate) -> str:
    """The name of this program's audit."""
    return f"audit/{one.id}"


def begin(rooms: Rooms, name: str) -> None:
    """Have it found, beside whatever else is under way. Whoever asked for it before has begun it."""
    kind, id, *further = name.split("/")
    one = rooms.ledger.known(id)
    if kind == "again":
        rooms.pool.start(name, lambda: rooms.trainer.train_again(one, int(further[0])))
    else:
        rooms.pool.start(name, lambda: _audited(rooms, one))


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
