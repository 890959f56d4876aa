"""Who speaks, and of what: personas, models, scopes, segments, intents, wordings and temperatures of the next children."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import genome
from agents.personas import load_persona
from agents.prompts import intents
from agents.prompts import wordings as first_wordings
from graph.arms import Kind, Tallies
from graph.bandit import Tally, draw, shares, thompson
from graph.config import Config
from graph.state import Rooms
from graph.swaps import personas_after, personas_in_force
from graph.wordings import by_name, standing
from memory.ledger import Ledger
from memory.records import Wording


@dataclass(frozen=True)
class Voice:
    """One draw of who answers a question."""

    persona: str
    model: str
    temperature: float


@dataclass(frozen=True)
class Cast:
    """The chance of everything that is drawn for the next child; each table sums to 1."""

    personas: Mapping[str, Mapping[str, float]]  # by role
    scopes: Mapping[str, float]
    segments: Mapping[str, float]  # for an author who may change one
    intents: Mapping[str, float]
    models: Mapping[str, float]
    wordings: Mapping[str, Mapping[str, float]]  # by the name of the text, then by version


def put_wordings(ledger: Ledger) -> None:
    """Record the texts that came with the program."""
    for name, text in first_wordings().items():
        ledger.put_wording(Wording(name, 1, text))


def cast_for(rooms: Rooms, generation: int, thought: int) -> Cast:
    """The chances that hold for this ask, with the wordings of reflections up to `thought`. Records a swap of personas."""
    names = personas_in_force(rooms, generation)
    known = [w for w in rooms.ledger.wordings() if w.generation <= thought]
    learns = rooms.config.play.allocation == "thompson" or any(w.parent for w in known)
    tallies = rooms.tallies(generation - 1) if learns else untried
    return chances(rooms.config, names, tallies, known, list(genome.segments(rooms.task.files)))


def untried(kind: Kind) -> dict[str, Tally]:
    """The tallies where nothing is learnt from children."""
    return {}


def chances(
    config: Config,
    names: Mapping[str, Sequence[str]],
    tallies: Tallies,
    wordings: Sequence[Wording],
    segments: Sequence[str] = (),
) -> Cast:
    """The cast by the allocation that the settings name. `names` are the personas in force by role, `segments` those of the program.

    The Critic's children are lessons, with a record of their own: its personas are drawn by the user's weights alone.
    """
    play = config.play
    weighted = play.allocation != "uniform"

    def among(prior: Mapping[str, float], found: Mapping[str, Tally]) -> dict[str, float]:
        return thompson(prior, found, play.floor) if play.allocation == "thompson" else shares(prior)

    personas = {}
    by_persona = tallies("persona")
    for role, who in names.items():
        prior = {name: play.personas.get(name, 1.0) if weighted else 1.0 for name in who}
        prefix = f"{role}/"
        ours = {arm.removeprefix(prefix): t for arm, t in by_persona.items() if arm.startswith(prefix)}
        personas[role] = among(prior, ours)
    by_prompt = tallies("prompt")
    return Cast(
        personas=personas,
        # of a program of one segment all scopes are the same
        scopes=among(dict.fromkeys(config.search.scopes if len(segments) > 1 else ("segment",), 1.0), tallies("scope")),
        segments=among(dict.fromkeys(segments, 1.0), tallies("segment")) if segments else {},
        intents=among(
            {name: play.intents.get(name, 1.0) if weighted else 1.0 for name in sorted(intents())},
            tallies("intent"),
        ),
        models=among({m.id: m.weight for m in config.models}, tallies("model")),
        wordings={
            name: among({w.id: 1.0 for w in found}, by_prompt)
            for name, found in standing(by_name(wordings), by_prompt).items()
        },
    )


def voice(config: Config, personas: Mapping[str, float], models: Mapping[str, float], rng: random.Random) -> Voice:
    """A persona and a model by their chances, a temperature uniformly from the range in force."""
    persona = load_persona(draw(personas, rng))
    model = rng.choices(list(models), list(models.values()))[0]
    low, high = config.sampling.temperature or persona.temperature
    return Voice(persona.name, model, round(rng.uniform(low, high), 3))


def critic_voice(rooms: Rooms, generation: int, purpose: str) -> Voice:
    """Who reflects or rephrases after a generation: by the user's weights, since no child is theirs."""
    # a new swap waits for the next plan, as it does for the authors
    swaps = rooms.ledger.meta().get("persona_swaps", [])
    cast = chances(rooms.config, personas_after(rooms.config, swaps, generation), untried, [])
    return voice(rooms.config, cast.personas["critic"], cast.models, rooms.draw(purpose, generation))
