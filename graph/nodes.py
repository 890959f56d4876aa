"""The nodes of a run: each reads ids, asks the services, writes the ledger, returns ids. No policy is here.

All of them may run twice, after a stop anywhere: what a node has written under its number it does not decide again. So a run
that goes on does not depend on LangGraph's checkpoint: `seed` begins where the ledger stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from langgraph.runtime import Runtime

from agents.audit import CURE
from agents.contract import Rephrasing
from agents.together import all_of
from graph import confirm as rule
from graph import views
from graph.bandit import Tally
from graph.cast import cast_for, critic_voice
from graph.child import CLOSED
from graph.commit import commit as take_in
from graph.orders import child_of
from graph.pareto import costs
from graph.state import Rooms, RunState
from graph.wordings import by_name, next_to_rephrase, standing
from memory.numbers import bare
from memory.records import Ask, Audit, Candidate, Commit, EventKind
from tasks import Task

Here = Runtime[Rooms]


class SeedFailed(Exception):
    """The task's own program does not run here: nothing can be compared with it."""


async def seed(state: RunState, runtime: Here) -> dict[str, Any]:
    """Evaluate the task's own program first: every later number is compared with it. A run that goes on begins where its ledger stands."""
    rooms = runtime.context
    ledger = rooms.ledger
    if last := ledger.last_selection():
        return {"number": last.number, "children": []}
    it = Candidate("seed", 0, 0, "seed", files=dict(rooms.task.files))
    screening = await rooms.trainer.screen_seed(it)
    it = replace(it, fingerprint=screening.fingerprint, behaviour=screening.behaviour, size=screening.size)
    _refuse(rooms, screening.failure, screening.message)
    ledger.put_candidate(it)
    outcome = await rooms.trainer.train(it)
    _refuse(rooms, outcome.failure, outcome.message)
    it = replace(it, status="evaluated", objectives=outcome.objectives)
    await rooms.trainer.train_again(it, rooms.config.search.reruns)
    it = sound(rooms.task, it, await rooms.trainer.audit(it))
    _refuse(rooms, it.failure, it.message)
    with ledger.transaction():
        ledger.put_candidate(it)
        ledger.put_commit(Commit(0, ("seed",)))
        ledger.count((e.key for e in ledger.trainings("seed")), 0)
        kept, chosen = rooms.strategy.tell({}, views.after(rooms, 0, {}))
        ledger.put_selection(replace(chosen, number=0, state=kept))
        ledger.add_event("settled", {"candidate": "seed", "failure": None})
        ledger.add_event("selected", {"generation": 0, **chosen.data})
    return {"number": 0, "children": []}


def _refuse(rooms: Rooms, failure: str | None, message: str) -> None:
    if failure:
        cure = f"; {CURE}" if failure == "unproven" else ""
        raise SeedFailed(f"the seed program of task '{rooms.task.name}' failed ({failure}): {message.strip()}{cure}")


async def ask(state: RunState, runtime: Here) -> dict[str, Any]:
    """Ask the strategy what to make, and draw who makes it."""
    rooms, number = runtime.context, state["number"] + 1
    ledger = rooms.ledger
    asked = ledger.ask(number)
    if asked is None:
        with ledger.transaction():
            view = views.before(rooms, number)
            # with a barrier after every ask the strategy orders all of them at once
            want = rooms.config.search.initial if number == 1 else rooms.config.search.population
            kept, orders = rooms.strategy.ask(rooms.closed(number - 1).state, view, want, rooms.draw("plan", number))
            cast = cast_for(rooms, number)
            children = [child_of(rooms, cast, number, place, order, view) for place, order in enumerate(orders)]
            asked = ledger.put_ask(Ask(number, tuple(c.id for c in children), kept), children)
            ledger.add_event("planned", {"generation": number, "children": len(children)})
    return {"number": number, "children": list(asked.children)}


async def make(state: RunState, runtime: Here) -> dict[str, Any]:
    """Bring the children to their ends; those that have come to one already are left alone."""
    rooms = runtime.context
    ends = rooms.ledger.outcomes(state["children"])
    await rooms.pool.finish([id for id in state["children"] if ends[id].status not in CLOSED], rooms)
    return {}


async def commit(state: RunState, runtime: Here) -> dict[str, Any]:
    """Take the children into what later ones may know, in the order of the plan."""
    take_in(runtime.context.ledger, state["number"], state["children"])
    return {}


async def confirm(state: RunState, runtime: Here) -> dict[str, Any]:
    """Look at every program that would be an elite before anything is learnt from it.

    Whoever leads is trained again, at the end all that would be kept, and what then still would is audited. After either others
    may lead, so it goes on until nobody new does. The findings are written together at the end: a run that is stopped before starts
    again from the scores that it started from here, or it would look at others.
    """
    rooms, number = runtime.context, state["number"]
    ledger = rooms.ledger
    asked = ledger.ask(number)
    if ledger.selection(number) is not None or asked is None:
        return {}
    last, least = rooms.closed(number - 1), 1 + rooms.config.search.reruns
    end = views.is_last(rooms, number)
    ids = {*last.population, *last.archive, *state["children"], *views.new(rooms, number)}
    before = ledger.outcomes(ids, number, code=True)
    now, events, keys = dict(before), list[tuple[EventKind, dict[str, Any]]](), set[str]()
    held, lost = set(last.archive), set[str]()

    def standing_of(id: str) -> rule.Standing:
        one = now[id]
        n = least if id in lost else one.n
        return rule.Standing(id, one.committed or 0, one.index, costs(one, rooms.task.objectives), n, id in held)

    while True:
        _, chosen = rooms.strategy.tell(asked.state, views.after(rooms, number, now))
        wanted = rule.wanted(map(standing_of, chosen.archive), least, everyone=end)
        again = [now[id] for id in wanted.again]
        found = await all_of(_scores(rooms, one, wanted.again[one.id], keys) for one in again)
        for one, scores in zip(again, found, strict=True):
            lost |= {one.id} if len(scores) == one.n else set()
            now[one.id] = ledger.scored(one, scores)
            events.append(("confirmed", {"candidate": one.id, "scores": scores}))
        for id in wanted.audit:
            audit = await rooms.trainer.audit(now[id])
            now[id] = sound(rooms.task, now[id], audit)
            held.add(id)
            events.append(("audited", {"candidate": id, "fault": audit.fault, "unproven": audit.unproven}))
        if not wanted:
            break
    with ledger.transaction():
        for one in now.values():
            if one != before[one.id]:
                ledger.put_candidate(one)
            if one.failure != before[one.id].failure:
                events.append(("settled", {"candidate": one.id, "failure": one.failure}))
        ledger.count(sorted(keys), number)
        for kind, data in events:
            ledger.add_event(kind, data)
    return {}


async def _scores(rooms: Rooms, one: Candidate, times: int, keys: set[str]) -> tuple[float | None, ...]:
    """The first objective of every training of this program, `times` more than now; their keys go to `keys`."""
    metric = rooms.task.objectives[0].name
    first = await rooms.trainer.train(one)  # known: it is read
    found = [first, *await rooms.trainer.train_again(one, max(0, one.n - 1) + times)]
    runs = [e for e in found if e.failure != "lost"]
    keys |= {e.key for e in runs}
    return tuple(e.objectives[metric] if e.objectives else None for e in runs)


def sound(task: Task, one: Candidate, audit: Audit) -> Candidate:
    """The candidate as its audit leaves it: struck, not proven, or with the objectives that were measured out of its reach."""
    if audit.fault:
        return replace(one, status="failed", failure="audit", message=audit.fault, objectives=None)
    assert one.objectives is not None
    objectives = {name: audit.measured.get(name, value) for name, value in one.objectives.items()}
    one = replace(one, objectives=objectives, message=audit.note or one.message)
    if audit.unproven and not task.allow_unproven:
        return replace(one, status="failed", failure="unproven", message=audit.unproven)
    return one


async def select(state: RunState, runtime: Here) -> dict[str, Any]:
    """Tell the strategy what came of the children: who lives on, and whom the archive holds."""
    rooms, number = runtime.context, state["number"]
    asked = rooms.ledger.ask(number)
    # before the selection: a run that goes on after it takes the index to be complete
    rooms.index.add(rooms.ledger.evidence(commit=number), rooms.ledger.meta()["run"])
    if rooms.ledger.selection(number) is None and asked is not None:
        kept, chosen = rooms.strategy.tell(asked.state, views.after(rooms, number, {}))
        with rooms.ledger.transaction():
            rooms.ledger.put_selection(replace(chosen, number=number, state=kept))
            rooms.ledger.add_event("selected", {"generation": number, **chosen.data})
    return {"children": []}


def onward(state: RunState, runtime: Here) -> str:
    """On to the next children, through the Critic when lessons are wanted, or to the end."""
    search, number = runtime.context.config.search, state["number"]
    if number == 0:
        return "ask"
    if views.is_last(runtime.context, number):
        return "report"
    return "reflect" if search.eot and search.eot_form == "evidence" else after_reflect(state, runtime)


def after_reflect(state: RunState, runtime: Here) -> str:
    """On to the next children, through the Scribe when instructions may be rephrased."""
    return "rephrase" if runtime.context.config.play.prompts else "ask"


async def reflect(state: RunState, runtime: Here) -> dict[str, Any]:
    """The Critic reads what was measured and writes lessons for the next proposals."""
    rooms, number = runtime.context, state["number"]
    if rooms.ledger.reflection(number) is None:
        said = critic_voice(rooms, number, "reflect")
        focus = rooms.closed(number).population
        lessons = await rooms.critic.reflect(number, focus, said.persona, said.model, said.temperature)
        rooms.ledger.add_event("reflected", {"generation": number, "lessons": [x.id for x in lessons]})
    rooms.critic.share(number)
    return {}


async def rephrase(state: RunState, runtime: Here) -> dict[str, Any]:
    """The Scribe offers new wordings of instructions; what is fit joins the versions that the next children are given."""
    rooms, number = runtime.context, state["number"]
    play = rooms.config.play
    # those of this commit are made below, or were before a stop
    versions = by_name([w for w in rooms.ledger.wordings() if w.generation < number])
    tallies = rooms.tallies(number)("prompt")
    chosen = next_to_rephrase(versions, tallies, play.floor, play.prompts, rooms.draw("rephrase", number))
    for place, wording in enumerate(chosen):
        every = versions[wording.name]
        record = "\n".join(_served(w.id, tallies) for w in standing({wording.name: every}, tallies)[wording.name])
        said = critic_voice(rooms, number, f"rephrase-{place}")
        wish = Rephrasing(place, wording, tuple(every), record)
        made, why = await rooms.scribe.rephrase(number, wish, said.persona, said.model, said.temperature)
        if made:
            rooms.ledger.put_wording(made)
        rooms.ledger.add_event("rephrased", {"from": wording.id, "to": made.id if made else None, "refused": why})
    return {}


def _served(wording: str, tallies: Mapping[str, Tally]) -> str:
    t = tallies.get(wording, Tally())
    rate = t.gain_per_1000_tokens
    gain = "" if rate is None else f", {bare(rate, 4)} hypervolume for 1,000 tokens"
    return f"- `{wording}`: {t.trials} children, {t.gained} extended the front{gain}"


async def report(state: RunState, runtime: Here) -> dict[str, Any]:
    """Note that everything asked for is recorded."""
    runtime.context.critic.share(state["number"], everything=True)
    runtime.context.ledger.add_event("finished", {"generation": state["number"]})
    return {}
