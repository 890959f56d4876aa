"""What a strategy is shown: the measured programs as of a commit, each with what its score is worth."""

from __future__ import annotations

from dataclasses import replace

from graph.state import Rooms
from graph.strategies.contract import View
from memory.aim import aim_of
from memory.better import rival
from memory.dominance import goals_of
from memory.records import Candidate, Selection
from memory.yardstick import yardstick

NOTHING = Selection((), ())


def before(rooms: Rooms, number: int, late: bool, idle: bool) -> View:
    """What children may know that are ordered with this number: all up to the commit before."""
    view = _view(rooms, number - 1, rooms.closed(number - 1), ())
    return replace(view, made=rooms.ledger.made(), late=late, idle=idle)


def after(rooms: Rooms, number: int) -> View:
    """What a strategy is told of this commit."""
    last = rooms.closed(number - 1) if number else NOTHING
    return _view(rooms, number, last, new(rooms, number))


def new(rooms: Rooms, number: int) -> tuple[str, ...]:
    """The children of this commit; when no more will come everything that was measured: who displaced a program may have been lucky."""
    asked = rooms.ledger.ask(number)
    if asked is not None and asked.closing:
        return tuple(one.id for one in rooms.ledger.candidates(status="evaluated", code=False))
    commit = rooms.ledger.commit(number)
    return commit.children if commit else ()


def _view(rooms: Rooms, number: int, last: Selection, new: tuple[str, ...]) -> View:
    ids = {"seed", *last.population, *last.archive, *new}
    programs = rooms.ledger.outcomes(ids, number, code=True)
    parents = rooms.ledger.outcomes({id for one in ids for id in programs[one].parents}, number)
    # chance is measured by what was known before this commit, so that its own findings do not move what they are held against
    yard = yardstick(rooms.ledger, number - 1)
    meta = rooms.ledger.meta()
    goals, aim = goals_of(meta), aim_of(meta)

    def worth(id: str) -> Candidate:
        one = programs[id]
        value = yard.worth(one, rival((parents[p] for p in one.parents), goals), rooms.least)
        return one if value is None else replace(one, objectives={**(one.objectives or {}), yard.chance.metric: value})

    def measured(ids: tuple[str, ...]) -> tuple[Candidate, ...]:
        return tuple(worth(id) for id in ids if programs[id].status == "evaluated")

    view = View(number, worth("seed"), measured(last.population), measured(last.archive), measured(new), rooms.least)
    shown = {one.id: one.objectives or {} for one in (view.seed, *view.population, *view.archive, *view.new)}
    base = shown["seed"]
    return replace(
        view,
        shortfall={id: aim.shortfall(told, base) for id, told in shown.items() if not aim.meets(told, base)},
        weighed={id: aim.weighed(told) for id, told in shown.items()} if aim.weights else {},
    )
