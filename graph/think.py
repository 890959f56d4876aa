"""What follows from what was measured: lessons of the Critic, other wordings by the Scribe. Models are asked beside the children."""

from __future__ import annotations

from collections.abc import Mapping

from agents.contract import Rephrasing, Thought
from graph.bandit import Tally
from graph.cast import critic_voice
from graph.course import thought_before
from graph.state import Rooms
from graph.wordings import by_name, next_to_rephrase, standing
from memory.numbers import bare


async def think(rooms: Rooms, number: int, since: int) -> Thought | None:
    """What the Critic answers to the steps of the commits after `since` up to this one, and the Scribe's new wordings, kept."""
    wishes = _wishes(rooms, number) if rooms.config.play.prompts else []
    thought = None
    if cites(rooms) and rooms.ledger.reflection(number) is None:
        said = critic_voice(rooms, number, "reflect")
        focus = rooms.closed(number).population
        thought = await rooms.critic.consider(number, since, focus, said.persona, said.model, said.temperature)
    for wish in wishes:
        await _rephrase(rooms, number, wish)
    return thought


def conclude(rooms: Rooms, thought: Thought | None) -> None:
    """Write the lessons down, once."""
    if thought is not None and rooms.ledger.reflection(thought.generation) is None:
        lessons = rooms.critic.conclude(thought)
        rooms.ledger.add_event("reflected", {"generation": thought.generation, "lessons": [x.id for x in lessons]})


def thinks(rooms: Rooms) -> bool:
    """Whether anything is asked after a commit."""
    return cites(rooms) or bool(rooms.config.play.prompts)


def cites(rooms: Rooms) -> bool:
    """Whether any author is ever given a lesson: else nobody has a use for one."""
    search = rooms.config.search
    return bool(search.eot) and search.eot_form == "evidence" and rooms.strategy.cites


def _wishes(rooms: Rooms, number: int) -> list[Rephrasing]:
    """What is to be rephrased after this commit, by how the wordings had served up to it."""
    play, known = rooms.config.play, thought_before(rooms.ledger, number + 1)
    versions = by_name([w for w in rooms.ledger.wordings() if w.generation <= known])
    tallies = rooms.tallies(number)("prompt")
    chosen = next_to_rephrase(versions, tallies, play.floor, play.prompts, rooms.draw("rephrase", number))
    found = []
    for place, wording in enumerate(chosen):
        every = versions[wording.name]
        record = "\n".join(_served(w.id, tallies) for w in standing({wording.name: every}, tallies)[wording.name])
        found.append(Rephrasing(place, wording, tuple(every), record))
    return found


async def _rephrase(rooms: Rooms, number: int, wish: Rephrasing) -> None:
    said = critic_voice(rooms, number, f"rephrase-{wish.number}")
    made, why = await rooms.scribe.rephrase(number, wish, said.persona, said.model, said.temperature)
    if made:
        rooms.ledger.put_wording(made)
    rooms.ledger.add_event("rephrased", {"from": wish.wording.id, "to": made.id if made else None, "refused": why})


def _served(wording: str, tallies: Mapping[str, Tally]) -> str:
    t = tallies.get(wording, Tally())
    rate = t.gain_per_1000_tokens
    gain = "" if rate is None else f", {bare(rate, 4)} hypervolume for 1,000 tokens"
    return f"- `{wording}`: {t.trials} children, {t.gained} extended the front{gain}"
