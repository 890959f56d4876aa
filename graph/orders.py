"""From a strategy's order to a child: who makes it, in which words, and what its prompt will cite."""

from __future__ import annotations

from agents.contract import ROLE_OF
from graph.bandit import draw
from graph.cast import Cast, voice
from graph.pair import draw_pair
from graph.state import Rooms
from graph.strategies.contract import Order, View
from memory.records import Candidate, Lesson


def child_of(rooms: Rooms, cast: Cast, number: int, place: int, order: Order, view: View, thought: int) -> Candidate:
    """The child as it is written down before anybody is asked; it may cite lessons of reflections up to `thought`."""
    identity = f"g{number:02d}-{place:02d}"
    rng = rooms.draw("voice", identity)
    drawn = voice(rooms.config, cast.personas[ROLE_OF[order.operator]], cast.models, rng)
    intent = draw(cast.intents, rng) if order.operator == "mutate" else None
    wording = cast.wordings[f"intent/{intent}" if intent else "breeder"]
    segment = order.segments[0] if len(order.segments) == 1 else None
    lessons: list[Lesson] = []
    pair: tuple[str, ...] = ()
    if order.thoughtful and rooms.config.search.eot_form == "evidence":
        lessons = rooms.critic.lend(number, thought, segment, rooms.config.memory.lessons)
    elif order.thoughtful and order.operator == "mutate":
        pair = draw_pair(view.seed, view.population, rooms.draw("pair", identity))
    return Candidate(
        identity,
        number,
        place,
        order.operator,
        parents=order.parents,
        scope=order.scope if order.operator == "mutate" else None,
        segment=segment,
        segments=order.segments,
        intent=intent,
        persona=order.persona or drawn.persona,
        model=order.model or drawn.model,
        temperature=drawn.temperature if order.temperature is None else order.temperature,
        prompt=draw(wording, rooms.draw("wording", identity)),
        lessons=tuple(lesson.id for lesson in lessons),
        pair=pair,
    )
