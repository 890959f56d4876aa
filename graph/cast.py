"""Who speaks: personas, models, intents, wordings and temperatures of the next children, and the swap of personas in a running run."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.endpoint import first_fault
from agents.personas import ANY, ROLES, PersonaError, load_persona, personas_for
from agents.prompts import intents
from agents.prompts import wordings as first_wordings
from graph.arms import Kind, Tallies
from graph.bandit import Tally, draw, shares, thompson
from graph.config import Config, ConfigError
from graph.state import Rooms
from graph.wordings import by_name, standing
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
    intents: Mapping[str, float]
    models: Mapping[str, float]
    wordings: Mapping[str, Mapping[str, float]]  # by the name of the text, then by version


def cast_for(rooms: Rooms, generation: int) -> Cast:
    """The chances that hold for this generation. Records a swap of personas and the texts that came with the program."""
    names = personas_in_force(rooms, generation)
    for name, text in first_wordings().items():
        rooms.ledger.put_wording(Wording(name, 1, text))
    known = [w for w in rooms.ledger.wordings() if w.generation < generation]
    learns = rooms.config.play.allocation == "thompson" or any(w.parent for w in known)
    return chances(rooms.config, names, rooms.tallies(generation - 1) if learns else untried, known)


def untried(kind: Kind) -> dict[str, Tally]:
    """The tallies where nothing is learnt from children."""
    return {}


def chances(config: Config, names: Mapping[str, Sequence[str]], tallies: Tallies, wordings: Sequence[Wording]) -> Cast:
    """The cast by the allocation that the settings name. `names` are the personas in force by role.

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


def personas_in_force(rooms: Rooms, generation: int) -> dict[str, tuple[str, ...]]:
    """Persona names by role for this generation: the configuration's, then every swap up to now in order.

    Reads `control.toml`, which `evolve persona set` writes, and records a new swap in the ledger, so that a resumed or
    replayed run swaps in the same generation. A file that cannot be read is reported as an event and leaves the cast as it is.
    """
    known = list(rooms.ledger.meta().get("persona_swaps", []))
    asked = _asked(rooms)
    if asked and (not known or (known[-1]["asked"] != asked and known[-1]["generation"] < generation)):
        known.append({"generation": generation, "asked": asked})
        rooms.ledger.set_meta("persona_swaps", known)
        rooms.ledger.add_event("persona", known[-1])
    return personas_after(rooms.config, known, generation)


def personas_after(config: Config, swaps: Sequence[Mapping[str, Any]], generation: int) -> dict[str, tuple[str, ...]]:
    """Persona names by role in this generation, after the swaps that the ledger holds."""
    cast = {role: getattr(config.personas, role) for role in ROLES}
    for swap in swaps:
        if swap["generation"] <= generation:
            cast |= {role: tuple(names) for role, names in swap["asked"].items()}
    everybody = {role: tuple(p.name for p in personas_for(role)) for role in ROLES}
    return {role: everybody[role] if not names or ANY in names else names for role, names in cast.items()}


def _asked(rooms: Rooms) -> dict[str, list[str]]:
    path = rooms.folder / "control.toml"
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("personas", {})
        asked = {
            role: [names] if isinstance(names, str) else list(names) for role, names in said.items() if role in ROLES
        }
        for name in {name for names in asked.values() for name in names} - {ANY}:
            load_persona(name)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, PersonaError) as e:
        rooms.ledger.add_event("warning", {"about": "control.toml", "why": str(e)})
        return {}
    return asked


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


def check_endpoints(config: Config) -> None:
    """Raises ConfigError when one of the models cannot be asked at all: no address, no key, or a form that no request can have."""
    if fault := first_fault(config.models):
        raise ConfigError(fault)


def check_cast(config: Config) -> None:
    """Raises PersonaError when a persona of the settings is unknown, broken or not fit for its role, ConfigError when a weight
    is of nothing that could be drawn, or leaves nothing to draw."""
    asked: dict[str, Any] = config.personas.model_dump()
    for role, names in asked.items():
        if not names or ANY in names:
            personas_for(role)  # every persona that may be drawn must be sound
        for name in set(names) - {ANY}:
            persona = load_persona(name)
            if role not in persona.roles:
                raise PersonaError(f"persona '{name}' may speak for {', '.join(persona.roles)}, not for the {role}")
    for name in config.play.personas:
        load_persona(name)
    for name in set(config.play.intents) - set(intents()):
        raise ConfigError(f"play.intents: no intent '{name}'; there is: {', '.join(sorted(intents()))}")
    tables = {f"the {role}": list(names) for role, names in personas_after(config, [], 0).items()}
    for who, names in tables.items():
        if not any(config.play.personas.get(name, 1.0) for name in names):
            raise ConfigError(f"play.personas weights every persona of {who} with 0: none could be drawn")
    if not any(config.play.intents.get(name, 1.0) for name in intents()):
        raise ConfigError("play.intents weights every intent with 0: none could be drawn")
