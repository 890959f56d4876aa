"""The nodes of a run: each reads ids, asks the services, writes the ledger, returns ids. No policy is here.

All of them may run twice, after a stop anywhere: what a node has written under its number it does not decide again. So a run
that goes on does not depend on LangGraph's checkpoint: `seed` begins where the ledger stands, and `confirm` has begun again what
was under way.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from math import ceil
from typing import Any

from langgraph.runtime import Runtime

import genome
from graph import confirm as rule
from graph import findings, views
from graph.cast import cast_for
from graph.child import CLOSED
from graph.commit import commit as take_in
from graph.findings import refuse_seed
from graph.orders import child_of, siblings_of
from graph.state import Rooms, RunState
from graph.think import conclude, think, thinks
from memory import names
from memory.aim import aim_of
from memory.dominance import costs
from memory.goal import meets
from memory.names import is_child
from memory.records import Ask, Candidate, Commit
from memory.seeds import training_seeds
from memory.yardstick import chance

Here = Runtime[Rooms]


async def seed(state: RunState, runtime: Here) -> dict[str, Any]:
    """Evaluate the task's own program first: every later number is compared with it. A run that goes on begins where its ledger stands."""
    rooms = runtime.context
    ledger = rooms.ledger
    if last := ledger.last_selection():
        _take_up(rooms)
        return {"number": last.number, "children": []}
    it = Candidate("seed", 0, 0, "seed", files=dict(rooms.task.files))
    screening = await rooms.trainer.screen_seed(it)
    it = replace(
        it,
        fingerprint=screening.fingerprint,
        behaviour=screening.behaviour,
        size=screening.size,
        anatomy=screening.anatomy,
    )
    refuse_seed(rooms, screening.failure, screening.message)
    ledger.put_candidate(it)
    outcome = await rooms.trainer.train(it)
    refuse_seed(rooms, outcome.failure, outcome.message)
    with ledger.transaction():
        ledger.put_candidate(replace(it, status="evaluated", objectives=outcome.objectives))
        ledger.put_commit(Commit(0, ("seed",)))
        ledger.put_surroundings("seed", genome.surroundings(it.files))
        ledger.count((e.key for e in ledger.trainings("seed")), 0)
        kept, chosen = rooms.strategy.tell({}, views.after(rooms, 0))
        ledger.put_selection(replace(chosen, number=0, state=kept))
        ledger.add_event("settled", {"candidate": "seed", "failure": None})
        ledger.add_event("selected", {"generation": 0, "children": 1, **chosen.data})
    return {"number": 0, "children": []}


def _take_up(rooms: Rooms) -> None:
    """Trainings that were done when the run stopped count, also where nobody would ask for them now."""
    seeds = training_seeds(rooms.config.seed, rooms.least)
    if rooms.config.search.ahead:  # else what was under way is begun again as it was
        for one in rooms.ledger.uncounted():
            if one.train_seed in seeds[1:]:
                findings.begin(rooms, names.again(one.candidate, seeds.index(one.train_seed)))


async def ask(state: RunState, runtime: Here) -> dict[str, Any]:
    """Ask the strategy what to make, as much as the course has room for, and draw who makes it."""
    rooms, number = runtime.context, state["number"] + 1
    ledger = rooms.ledger
    asked = ledger.ask(number)
    if asked is None:
        with ledger.transaction():
            next = rooms.course.ask(number)
            kept, children = rooms.closed(number - 1).state, list[Candidate]()
            idle = not (ledger.open_children() or rooms.pool.under_way())
            if next.want:
                view = views.before(rooms, number, next.late, idle)
                ideas = rooms.config.search.ideas
                kept, orders = rooms.strategy.ask(kept, view, ceil(next.want / ideas), rooms.draw("plan", number))
                cast = cast_for(rooms, number, next.thought)
                for order in orders:
                    first = child_of(rooms, cast, number, len(children), order, view, next.thought)
                    children += siblings_of(first, min(ideas, next.want - len(children)))
            # a strategy that orders nothing may wait for what is found of its programs
            closing = next.closing or (idle and not children)
            ids = tuple(c.id for c in children)
            asked = ledger.put_ask(Ask(number, ids, kept, next.thought, next.late, closing), children)
            if children:
                ledger.add_event("planned", {"generation": number, "children": len(children)})
    return {"number": number, "children": list(asked.children)}


async def make(state: RunState, runtime: Here) -> dict[str, Any]:
    """Bring children to their ends, until there is enough for a commit; those that have come to one already are left alone."""
    rooms, number = runtime.context, state["number"]
    if rooms.ledger.commit(number) is not None:
        return {"landed": []}
    open_ones = rooms.ledger.open_children()
    ends = rooms.ledger.outcomes(open_ones)
    for id in open_ones:
        rooms.pool.start(id, _ended if ends[id].status in CLOSED else _on_its_way(rooms, id))
    for name in rooms.course.order(number, ()):  # a replay knows what will be taken in
        findings.begin(rooms, name)
    landed = await rooms.pool.landed(rooms.course.enough(number))
    return {"landed": rooms.course.order(number, landed)}


async def _ended() -> None:
    """A child that had come to its end before a stop."""


def _on_its_way(rooms: Rooms, child: str) -> Callable[[], Coroutine[Any, Any, Any]]:
    return lambda: rooms.way.ainvoke({"candidate": child, "attempt": 0}, {"configurable": {}}, context=rooms)


async def commit(state: RunState, runtime: Here) -> dict[str, Any]:
    """Take what has landed into what later ones may know."""
    rooms, number = runtime.context, state["number"]
    made = rooms.ledger.commit(number)
    if made is not None:
        rooms.pool.forget([*made.children, *made.findings])  # after a stop they were begun again
    else:
        made = _taken_in(rooms, number, state["landed"])
    rooms.rhythm.follow([made])
    return {}


def _taken_in(rooms: Rooms, number: int, landed: Sequence[str]) -> Commit:
    found = rooms.pool.take(landed)
    made = Commit(number, tuple(filter(is_child, landed)), tuple(name for name in landed if not is_child(name)))
    thoughts = [found[name] for name in names.of_kind("thought", made.findings)]
    audits = {id: found[name] for name, (id,) in names.of_kind("audit", made.findings).items()}
    with rooms.ledger.transaction():
        for thought in thoughts:
            conclude(rooms, thought)
        take_in(rooms.ledger, rooms.task, rooms.config.seed, made, audits)
    if thoughts:
        rooms.critic.share(number)
    return made


async def select(state: RunState, runtime: Here) -> dict[str, Any]:
    """Tell the strategy what came of the children: who lives on, and whom the archive holds."""
    rooms, number = runtime.context, state["number"]
    asked, taken = rooms.ledger.ask(number), rooms.ledger.commit(number)
    # before the selection: a run that goes on after it takes the index to be complete
    rooms.index.add(rooms.ledger.evidence(commit=number), rooms.ledger.meta()["run"])
    if rooms.ledger.selection(number) is None and asked is not None and taken is not None:
        kept, chosen = rooms.strategy.tell(asked.state, views.after(rooms, number))
        with rooms.ledger.transaction():
            rooms.ledger.put_selection(replace(chosen, number=number, state=kept))
            told = {"generation": number, "children": len(taken.children), **chosen.data}
            rooms.ledger.add_event("selected", told)
    return {}


async def confirm(state: RunState, runtime: Here) -> dict[str, Any]:
    """Have what the selection keeps trained again and audited, beside the children that are made next."""
    rooms, number = runtime.context, state["number"]
    ledger, asked = rooms.ledger, rooms.ledger.ask(number)
    kept = ledger.outcomes(rooms.closed(number).archive, number, code=True)
    seed = ledger.known("seed")
    if number == 0 and rooms.least > 1:
        findings.begin(rooms, names.again("seed", rooms.least - 1))
    if seed.audited is None:  # against what its audit finds the others are held
        findings.begin(rooms, names.audit("seed"))
        return {}
    until, aim = rooms.config.budget.until, aim_of(ledger.meta())
    base = ledger.outcomes(("seed",), number)["seed"].objectives
    best = aim.best(kept.values(), base, chance(ledger, number).bound)
    everyone = rooms.strategy.confirms_all or (asked is not None and (asked.late or asked.closing))
    standing = [
        rule.Standing(
            one.id,
            one.committed or 0,
            one.index,
            costs(one.objectives or {}, aim.goals),
            one.n,
            one.audited is not None,
            bool(until) and meets(until, one.objectives or {}, base),
            best is not None and one.id == best.id,
        )
        for one in kept.values()
        if one.status == "evaluated"
    ]
    wanted = rule.wanted(standing, rooms.least, everyone)
    asked_for = {names.again(id, kept[id].n - 1 + times): times for id, times in wanted.again.items()}
    for name, trainings in [*asked_for.items(), *((names.audit(id), 0) for id in wanted.audit)]:
        if rooms.course.starts(name, trainings):
            findings.begin(rooms, name)
    return {}


def onward(state: RunState, runtime: Here) -> str:
    """To the end when nothing is under way and nothing will be, else on to the next children, through the Critic when it is due."""
    rooms, number = runtime.context, state["number"]
    if rooms.course.over(number):
        return "report"
    due = rooms.rhythm.under_way or (number and rooms.rhythm.begun == number)
    return "reflect" if due and thinks(rooms) and rooms.course.starts(names.thought(rooms.rhythm.begun)) else "ask"


async def reflect(state: RunState, runtime: Here) -> dict[str, Any]:
    """The Critic reads what was measured and writes lessons, the Scribe rephrases; with overlap beside the next children."""
    rooms, number = runtime.context, state["number"]
    begun, since = rooms.rhythm.begun, rooms.rhythm.since
    if rooms.rhythm.under_way:
        rooms.pool.start(names.thought(begun), lambda: think(rooms, begun, since))
    else:
        conclude(rooms, await think(rooms, begun, since))
        rooms.critic.share(number)
    return {}


async def report(state: RunState, runtime: Here) -> dict[str, Any]:
    """Note that everything asked for is recorded."""
    runtime.context.critic.share(state["number"], everything=True)
    runtime.context.ledger.add_event("finished", {"generation": state["number"]})
    return {}
