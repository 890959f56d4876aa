"""From a strategy's order to a child: who makes it, what of the program, in which words, and what its prompt will show."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import genome
from agents.contract import ROLE_OF
from agents.prompts import possible
from agents.scope import scope_of
from graph.bandit import draw, shares
from graph.cast import Cast, voice
from graph.company import company
from graph.pair import draw_pair
from graph.state import Rooms
from graph.strategies.contract import Order, View
from memory.records import Candidate, Scope


def siblings_of(first: Candidate, count: int) -> list[Candidate]:
    """The child and those that come of the same reply, `count` together: made alike, each another idea."""
    places = range(first.index + 1, first.index + count)
    return [
        first,
        *(
            replace(first, id=name_of(first.generation, place), index=place, asked_by=first.id, idea=idea)
            for idea, place in enumerate(places, start=1)
        ),
    ]


def name_of(number: int, place: int) -> str:
    """The id of the child at this place of an ask."""
    return f"g{number:02d}-{place:02d}"


def child_of(rooms: Rooms, cast: Cast, number: int, place: int, order: Order, view: View, thought: int) -> Candidate:
    """The child as it is written down before anybody is asked; it may cite lessons of reflections up to `thought`."""
    identity = name_of(number, place)
    rng = rooms.draw("voice", identity)
    drawn = voice(rooms.config, cast.personas[ROLE_OF[order.operator]], cast.models, rng)
    parents = [rooms.ledger.known(id) for id in order.parents]
    scope, segments, intent = _task_of(order, cast, genome.segments(parents[0].files), rooms.draw("scope", identity))
    wording = cast.wordings[f"intent/{intent}" if intent else "breeder"]
    child = Candidate(
        identity,
        number,
        place,
        order.operator,
        parents=order.parents,
        scope=scope,
        segment=segments[0] if len(segments) == 1 else None,
        segments=segments,
        intent=intent,
        persona=order.persona or drawn.persona,
        model=order.model or drawn.model,
        temperature=drawn.temperature if order.temperature is None else order.temperature,
        prompt=draw(wording, rooms.draw("wording", identity)),
        context=_context(rooms, order, parents, view),
    )
    if not order.thoughtful:
        return child
    if rooms.config.search.eot_form == "evidence":
        texts, most = scope_of(child, parents), rooms.config.memory.lessons
        lessons = rooms.critic.lend(number, thought, texts, rooms.draw("lessons", identity), most)
        return replace(child, lessons=tuple(lesson.id for lesson in lessons))
    if order.operator == "mutate":
        return replace(child, pair=draw_pair(view.seed, view.population, rooms.draw("pair", identity)))
    return child


def _context(rooms: Rooms, order: Order, parents: Sequence[Candidate], view: View) -> tuple[str, ...]:
    """The further programs that the child's author is shown."""
    if order.context is not None:
        return order.context
    known, most = (*view.archive, *view.population), rooms.config.search.programs
    return company(parents, known, rooms.task.objectives, most)


def _task_of(
    order: Order, cast: Cast, texts: Mapping[str, str], rng: random.Random
) -> tuple[Scope | None, tuple[str, ...], str | None]:
    """Scope, segments and intent of a mutation, drawn where the order leaves them open, and only what can be done there."""
    if order.operator != "mutate":
        return None, order.segments, None
    scope, segments = order.scope, order.segments
    if scope is None:
        scope = ("segment" if len(segments) == 1 else "refine") if segments else _scope(draw(cast.scopes, rng))
    if scope == "segment" and not segments:
        segments = (draw(cast.segments, rng),)
    if order.intent:
        return scope, segments, order.intent
    able = possible(text for name, text in texts.items() if not segments or name in segments)
    return scope, segments, draw(shares({name: cast.intents[name] for name in able}), rng)


def _scope(name: str) -> Scope:
    return "segment" if name == "segment" else "refine" if name == "refine" else "rewrite"
