"""The nodes: each reads ids, asks the services, writes the ledger, returns ids. All of them may run twice after a crash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import Send

from agents.audit import CURE
from agents.contract import Order
from agents.together import all_of
from graph.arms import ROLE_OF, arm_of, trials_before
from graph.bandit import Tally, draw, tally
from graph.cast import Cast, cast_for, critic_voice, voice
from graph.pair import draw_pair
from graph.pareto import in_doubt
from graph.state import ChildState, Rooms, RunState
from graph.strategy import Step
from graph.wordings import by_name, next_to_rephrase, standing
from memory.numbers import bare
from memory.records import Audit, Candidate, EventKind, Lesson
from memory.steps import step_of
from tasks import Task

Here = Runtime[Rooms]


class SeedFailed(Exception):
    """The task's own program does not run here: nothing can be compared with it."""


async def seed(state: RunState, runtime: Here) -> dict[str, Any]:
    """Evaluate the task's own program first: every later number is compared with it."""
    rooms = runtime.context
    it = Candidate("seed", 0, 0, "seed", files=dict(rooms.task.files))
    screening = await rooms.trainer.screen_seed(it)
    it = replace(it, fingerprint=screening.fingerprint, behaviour=screening.behaviour, size=screening.size)
    failure, message = screening.failure, screening.message
    if not failure:
        rooms.ledger.put_candidate(it)
        outcome = await rooms.trainer.train(it)
        failure, message = outcome.failure, outcome.message
        it = replace(it, status="evaluated", objectives=outcome.objectives)
    if not failure:
        it = audited(rooms.task, it, await rooms.trainer.audit(it))
        failure, message = it.failure, it.message
    if failure:
        cure = f"; {CURE}" if failure == "unproven" else ""
        raise SeedFailed(f"the seed program of task '{rooms.task.name}' failed ({failure}): {message.strip()}{cure}")
    rooms.ledger.put_candidate(it)
    rooms.ledger.put_selection(0, ["seed"], ["seed"], ["seed"], {})
    return {"generation": 0, "children": []}


async def plan(state: RunState, runtime: Here) -> dict[str, Any]:
    """Ask the strategy what to make, and draw who makes it."""
    rooms = runtime.context
    generation = state["generation"] + 1
    last = rooms.closed(generation - 1)
    population = [rooms.ledger.known(i) for i in last.population]
    cast = cast_for(rooms, generation)
    steps = rooms.strategy.plan(generation, population, rooms.draw("plan", generation))
    children = [_child(rooms, cast, generation, n, step) for n, step in enumerate(steps)]
    for child in children:
        rooms.ledger.put_candidate(child)
    rooms.ledger.add_event("planned", {"generation": generation, "children": len(children)})
    return {"generation": generation, "children": [c.id for c in children]}


def _child(rooms: Rooms, cast: Cast, generation: int, number: int, step: Step) -> Candidate:
    identity = f"g{generation:02d}-{number:02d}"
    rng = rooms.draw("voice", identity)
    said = voice(rooms.config, cast.personas[ROLE_OF[step.operator]], cast.models, rng)
    intent = draw(cast.intents, rng) if step.operator == "mutate" else None
    wording = cast.wordings[f"intent/{intent}" if intent else "breeder"]
    lessons: list[Lesson] = []
    pair: tuple[str, ...] = ()
    if step.thoughtful and rooms.config.search.eot_form == "evidence":
        lessons = rooms.critic.lend(generation, step.segment, rooms.config.memory.lessons)
    elif step.thoughtful and step.operator == "mutate":
        elites = [rooms.ledger.known(i) for i in rooms.closed(generation - 1).elites]
        pair = draw_pair(rooms.ledger.known("seed"), elites, rooms.draw("pair", identity))
    return Candidate(
        identity,
        generation,
        number,
        step.operator,
        parents=step.parents,
        segment=step.segment,
        intent=intent,
        persona=said.persona,
        model=said.model,
        temperature=said.temperature,
        prompt=draw(wording, rooms.draw("wording", identity)),
        lessons=tuple(lesson.id for lesson in lessons),
        pair=pair,
    )


def fan_out(state: RunState) -> list[Send]:
    """One branch a child. What a branch carries is checkpointed, so it carries the id alone."""
    return [Send("child", {"candidate": i, "attempt": 0}) for i in state["children"]]


async def propose(state: ChildState, runtime: Here) -> dict[str, Any]:
    """The author's first answer becomes a program."""
    return await _write(state["candidate"], 0, runtime.context)


async def repair(state: ChildState, runtime: Here) -> dict[str, Any]:
    """The author sees the exact error and answers again."""
    return await _write(state["candidate"], state["attempt"] + 1, runtime.context)


async def _write(identity: str, attempt: int, rooms: Rooms) -> dict[str, Any]:
    child = rooms.ledger.known(identity)
    author = rooms.authors[child.operator]
    proposal = await author.propose(child, attempt)
    child = replace(
        child,
        files=proposal.files,
        rationale=proposal.rationale,
        repairs=attempt,
        status="failed" if proposal.failure else "proposed",
        failure=proposal.failure,
        message=proposal.message,
    )
    return _decide(rooms, child, attempt, author.key(child, attempt))


async def screen(state: ChildState, runtime: Here) -> dict[str, Any]:
    """The cheap checks, cheapest first."""
    rooms = runtime.context
    child = rooms.ledger.known(state["candidate"])
    found = await rooms.trainer.screen(child, rooms.ledger.known(child.parents[0]))
    child = replace(
        child,
        fingerprint=found.fingerprint,
        behaviour=found.behaviour,
        size=found.size,
        status="failed" if found.failure else "proposed",
        failure=found.failure,
        message=found.message,
    )
    return _decide(rooms, child, state["attempt"], rooms.authors[child.operator].key(child, state["attempt"]))


def _decide(rooms: Rooms, child: Candidate, attempt: int, call: str) -> dict[str, Any]:
    """Write what is known and say where the child goes: on, back to its author, or nowhere."""
    rooms.ledger.put_candidate(child)
    rooms.ledger.judge_call(call, child.failure)
    if not child.failure:
        return {"attempt": attempt, "verdict": "fit"}
    # a refused question would be refused again: a repair only adds to it
    again = child.failure != "unanswered" and attempt < rooms.config.search.repairs
    return {"attempt": attempt, "verdict": "mend" if again else "dead"}


def by_verdict(state: ChildState) -> str:
    """The verdict names the edge."""
    return state["verdict"]


async def train(state: ChildState, runtime: Here) -> dict[str, Any]:
    """The outcome at the run's fidelity."""
    rooms = runtime.context
    child = rooms.ledger.known(state["candidate"])
    outcome = await rooms.trainer.train(child)
    rooms.ledger.put_candidate(
        replace(
            child,
            status="failed" if outcome.failure else "evaluated",
            failure=outcome.failure,
            message=outcome.message or child.message,  # a hint of its check stands
            objectives=outcome.objectives,
        )
    )
    return {}


def audited(task: Task, one: Candidate, audit: Audit) -> Candidate:
    """The candidate as its audit leaves it: struck, not proven, or with the objectives that were measured out of its reach."""
    if audit.fault:
        return replace(one, status="failed", failure="audit", message=audit.fault, objectives=None)
    assert one.objectives is not None
    objectives = {name: audit.measured.get(name, value) for name, value in one.objectives.items()}
    one = replace(one, objectives=objectives, message=audit.note or one.message)
    if audit.unproven and not task.allow_unproven:
        return replace(one, status="failed", failure="unproven", message=audit.unproven)
    return one


async def audit(state: RunState, runtime: Here) -> dict[str, Any]:
    """Look at every child that would enter the archive before anything is learnt from it.

    What does not hold is struck; what may be chance is trained again, with those whom it would displace. After either others
    may enter, so it goes on until nobody new would. The findings are written together at the end: a run that is killed before
    starts again from the scores that it started from here, or it would look at others.
    """
    rooms = runtime.context
    last = rooms.closed(state["generation"] - 1)
    before = {i: rooms.ledger.known(i) for i in (*last.population, *last.archive, *state["children"])}
    now, events = dict(before), list[tuple[EventKind, dict[str, Any]]]()
    sound: set[str] = set(last.archive)
    while True:
        measured = [now[i] for i in state["children"] if now[i].status == "evaluated"]
        archive = [now[i] for i in last.archive]
        chosen = rooms.strategy.select([now[i] for i in last.population], measured, archive).archive
        newcomers = [child for child in measured if child.id in chosen]
        if unseen := [child for child in newcomers if child.id not in sound]:
            for child in unseen:
                found = await rooms.trainer.audit(child)
                events.append(("audited", {"candidate": child.id, "fault": found.fault, "unproven": found.unproven}))
                now[child.id] = audited(rooms.task, child, found)
                sound.add(child.id)
        elif changed := await _confirmed(rooms, newcomers, archive):
            for one, scores in changed:
                events.append(("confirmed", {"candidate": one.id, "scores": scores}))
                now[one.id] = one
        else:
            break
    with rooms.ledger.transaction():
        for one in now.values():
            if one != before[one.id]:
                rooms.ledger.put_candidate(one)
        for kind, data in events:
            rooms.ledger.add_event(kind, data)
    return {}


async def _confirmed(
    rooms: Rooms, newcomers: Sequence[Candidate], archive: Sequence[Candidate]
) -> list[tuple[Candidate, list[float]]]:
    """Train again whoever's place is in doubt: those whose score changed by it, now the mean, with the scores."""
    times, metric = rooms.config.search.reruns, rooms.task.objectives[0].name
    changed = []
    noise = rooms.task.noise.get(metric, 0.0)
    doubtful = in_doubt(newcomers, archive, rooms.task.objectives, noise) if times else []
    again = await all_of(rooms.trainer.train_again(one, times) for one in doubtful)
    for one, more in zip(doubtful, again, strict=True):
        runs = [await rooms.trainer.train(one), *more]
        scores = [e.objectives[metric] for e in runs if e.objectives]
        mean = sum(scores) / len(scores)
        if one.objectives and one.objectives[metric] != mean:
            changed.append((replace(one, objectives={**one.objectives, metric: mean}), scores))
    return changed


async def remember(state: RunState, runtime: Here) -> dict[str, Any]:
    """Write the measured steps of the generation to the ledger, then to the index, in the order of the plan.

    It runs once a generation, not once a child: of two children that turn out equal the first in the plan is the original
    and the other its duplicate, whichever finished first.
    """
    rooms = runtime.context
    seen: dict[str, str] = {}
    first: dict[str, str] = {}
    steps = []
    for child in map(rooms.ledger.known, state["children"]):
        code = child.fingerprint
        if code and (original := first.setdefault(code, child.id)) != child.id:
            rooms.ledger.credit(original, child.id)
        twin = seen.setdefault(code, child.id) if child.status == "evaluated" and code else child.id
        if twin != child.id:
            child = replace(
                child, status="failed", failure="duplicate", message=f"the same program as {twin}", objectives=None
            )
            rooms.ledger.put_candidate(child)
        steps.append(step_of(child, [rooms.ledger.known(p) for p in child.parents]))
        rooms.ledger.put_evidence(steps[-1])
    rooms.index.add(steps, rooms.ledger.meta()["run"])
    return {}


async def select(state: RunState, runtime: Here) -> dict[str, Any]:
    """Advance the generation: who survives, and the Pareto front of everything so far."""
    rooms = runtime.context
    generation = state["generation"]
    last = rooms.closed(generation - 1)
    known = rooms.ledger.known
    chosen = rooms.strategy.select(
        [known(i) for i in last.population], [known(i) for i in state["children"]], [known(i) for i in last.archive]
    )
    rooms.ledger.put_selection(
        generation, list(chosen.population), list(chosen.population), list(chosen.archive), chosen.data
    )
    rooms.ledger.add_event("selected", {"generation": generation, **chosen.data})
    return {"children": []}


def after_select(state: RunState, runtime: Here) -> str:
    """On to the next generation, through the Critic when lessons are wanted, or to the end."""
    search = runtime.context.config.search
    if state["generation"] >= search.generations:
        return "report"
    return "reflect" if search.eot and search.eot_form == "evidence" else after_reflect(state, runtime)


def after_reflect(state: RunState, runtime: Here) -> str:
    """On to the next generation, through the Scribe when instructions may be rephrased."""
    return "rephrase" if runtime.context.config.play.prompts else "plan"


async def reflect(state: RunState, runtime: Here) -> dict[str, Any]:
    """The Critic reads what was measured and writes lessons for the next proposals."""
    rooms = runtime.context
    generation = state["generation"]
    said = critic_voice(rooms, generation, "reflect")
    focus = rooms.closed(generation).population
    lessons = await rooms.critic.reflect(generation, focus, said.persona, said.model, said.temperature)
    rooms.ledger.add_event("reflected", {"generation": generation, "lessons": [x.id for x in lessons]})
    rooms.critic.share(generation)
    return {}


async def rephrase(state: RunState, runtime: Here) -> dict[str, Any]:
    """The Scribe offers new wordings of instructions; what is fit joins the versions that the next children are given."""
    rooms = runtime.context
    generation = state["generation"]
    play = rooms.config.play
    # those of this generation are made below, or were before a crash
    versions = by_name([w for w in rooms.ledger.wordings() if w.generation < generation])
    tallies = tally(trials_before(rooms.ledger, generation + 1), arm_of("prompt"))
    chosen = next_to_rephrase(versions, tallies, play.floor, play.prompts, rooms.draw("rephrase", generation))
    for number, wording in enumerate(chosen):
        every = versions[wording.name]
        record = "\n".join(_served(w.id, tallies) for w in standing({wording.name: every}, tallies)[wording.name])
        said = critic_voice(rooms, generation, f"rephrase-{number}")
        order = Order(number, wording, tuple(every), record)
        made, why = await rooms.scribe.rephrase(generation, order, said.persona, said.model, said.temperature)
        if made:
            rooms.ledger.put_wording(made)
        rooms.ledger.add_event("rephrased", {"from": wording.id, "to": made.id if made else None, "refused": why})
    return {}


def _served(wording: str, tallies: Mapping[str, Tally]) -> str:
    t = tallies.get(wording, Tally())
    rate = t.gain_per_1000_tokens
    gain = "" if rate is None else f", {bare(rate, 4)} hypervolume for 1,000 tokens"
    return f"- `{wording}`: {t.trials} children, {t.gained} gained{gain}"


async def report(state: RunState, runtime: Here) -> dict[str, Any]:
    """Note that everything asked for is recorded."""
    runtime.context.critic.share(state["generation"])
    runtime.context.ledger.add_event("finished", {"generation": state["generation"]})
    return {}
