"""What a strategy is shown: the measured programs as of a commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from graph.state import Rooms
from graph.strategies.contract import View
from memory.records import Candidate, Selection

NOTHING = Selection((), ())


def before(rooms: Rooms, number: int) -> View:
    """What children may know that are ordered with this number: all up to the commit before."""
    return _view(rooms, number - 1, rooms.closed(number - 1), (), lambda one: one)


def after(rooms: Rooms, number: int, found: Mapping[str, Candidate]) -> View:
    """What a strategy is told of this commit; `found` holds what is known by now of programs, instead of what the ledger says."""
    last = rooms.closed(number - 1) if number else NOTHING
    commit = rooms.ledger.commit(number)
    assert commit is not None
    return _view(rooms, number, last, commit.children, lambda one: found.get(one.id, one))


def _view(
    rooms: Rooms,
    number: int,
    last: Selection,
    new: tuple[str, ...],
    now: Callable[[Candidate], Candidate],
) -> View:
    def programs(ids: tuple[str, ...]) -> tuple[Candidate, ...]:
        found = (now(rooms.ledger.known(id, number)) for id in ids)
        return tuple(one for one in found if one.status == "evaluated")

    seed = now(rooms.ledger.known("seed", number))
    return View(number, seed, programs(last.population), programs(last.archive), programs(new))
