"""Which personas are in force: those of the settings, and every swap that was asked for while the run ran."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from agents.personas import ANY, ROLES, PersonaError, load_persona, personas_for
from graph.config import Config
from graph.state import Rooms


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
