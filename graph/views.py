"""What a strategy is shown: the measured programs as of a commit, each with what its score is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from graph.state import Rooms
from graph.strategies.contract import View
from memory.better import rival
from memory.records import Candidate, Selection
from memory.yardstick import yardstick

NOTHING = Selection((), ())


def before(rooms: Rooms, number: int) -> View:
    """What children may know that are ordered with this number: all up to the commit before."""
    return _view(rooms, number - 1, rooms.closed(number - 1), (), {})


def after(rooms: Rooms, number: int, found: Mapping[str, Candidate]) -> View:
    """What a strategy is told of this commit; `found` holds what is known by now of programs, instead of what the ledger says."""
    last = rooms.closed(number - 1) if number else NOTHING
    return _view(rooms, number, last, new(rooms, number), found)


def new(rooms: Rooms, number: int) -> tuple[str, ...]:
    """The children of this commit; at the last one everything that was measured: who displaced a program may have been lucky."""
    if is_last(rooms, number):
        return tuple(one.id for one in rooms.ledger.candidates(status="evaluated", code=False))
    commit = rooms.ledger.commit(number)
    return commit.children if commit else ()


def is_last(rooms: Rooms, number: int) -> bool:
    """Whether nothing is made after this commit."""
    return number >= rooms.config.search.generations


def _view(rooms: Rooms, number: int, last: Selection, new: tuple[str, ...], found: Mapping[str, Candidate]) -> View:
    ids = {"seed", *last.population, *last.archive, *new}
    programs = {**rooms.ledger.outcomes(ids, number, code=True), **found}
    parents = rooms.ledger.outcomes({id for one in ids for id in programs[one].parents}, number)
    # chance is measured by what was known before this commit, so that its own findings do not move what they are held against
    yard, least = yardstick(rooms.ledger, number - 1), 1 + rooms.config.search.reruns
    goals = {o.name: o.goal for o in rooms.task.objectives}

    def worth(id: str) -> Candidate:
        one = programs[id]
        value = yard.worth(one, rival((parents[p] for p in one.parents), goals), least)
        return one if value is None else replace(one, objectives={**(one.objectives or {}), yard.chance.metric: value})

    def measured(ids: tuple[str, ...]) -> tuple[Candidate, ...]:
        return tuple(worth(id) for id in ids if programs[id].status == "evaluated")

    return View(number, worth("seed"), measured(last.population), measured(last.archive), measured(new))
