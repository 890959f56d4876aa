"""Whether the settings name somebody who can speak, and a model that can be asked."""

from __future__ import annotations

from typing import Any

from agents.endpoint import first_fault
from agents.personas import ANY, PersonaError, load_persona, personas_for
from agents.prompts import intents
from graph.config import Config, ConfigError
from graph.swaps import personas_after


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
