"""Who speaks: personas, models, intents and temperatures of the next children, and the swap of personas in a running run."""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass
from typing import Any

from agents.personas import ANY, ROLES, PersonaError, load_persona, personas_for
from graph.config import Config
from graph.state import Rooms


@dataclass(frozen=True)
class Voice:
    """One draw of who answers a question."""

    persona: str
    model: str
    temperature: float


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
    cast = {role: getattr(rooms.config.personas, role) for role in ROLES}
    for swap in known:
        if swap["generation"] <= generation:
            cast |= {role: tuple(names) for role, names in swap["asked"].items()}
    everybody = {role: tuple(p.name for p in personas_for(role)) for role in ROLES}
    return {role: everybody[role] if not names or ANY in names else names for role, names in cast.items()}


def _asked(rooms: Rooms) -> dict[str, list[str]]:
    path = rooms.folder / "control.toml"
    try:
        said = tomllib.loads(path.read_text()).get("personas", {})
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


def voice(config: Config, names: tuple[str, ...], rng: random.Random) -> Voice:
    """A persona drawn uniformly, a model by weight, a temperature uniformly from the range in force."""
    persona = load_persona(rng.choice(names))
    model = rng.choices([m.name for m in config.models], [m.weight for m in config.models])[0]
    low, high = config.sampling.temperature or persona.temperature
    return Voice(persona.name, model, round(rng.uniform(low, high), 3))


def check_cast(config: Config) -> None:
    """Raises PersonaError when a persona of the configuration is unknown, broken or not fit for its role."""
    asked: dict[str, Any] = config.personas.model_dump()
    for role, names in asked.items():
        if not names or ANY in names:
            personas_for(role)  # every persona that may be drawn must be sound
        for name in set(names) - {ANY}:
            persona = load_persona(name)
            if role not in persona.roles:
                raise PersonaError(f"persona '{name}' may speak for {', '.join(persona.roles)}, not for the {role}")
