"""Where settings come from: flag over environment over file over default, unknown keys refused."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from graph.config import BOUNDS, Config, ConfigError

PREFIX = "EVOLVE_"
_PATHS = {"RUNS", "CACHE", "PERSONAS", "REQUIRE_DOCKER"}  # variables of ours that are not settings


def resolve(file: Path | None = None, flags: dict[str, Any] | None = None, env: dict[str, str] | None = None) -> Config:
    """The settings from all four sources. `flags` maps dotted names to values.

    Raises:
        ConfigError: a key is unknown (the nearest valid one is named), a value does not fit, a file cannot be read.
    """
    tree: dict[str, Any] = {}
    if file is not None:
        try:
            tree = tomllib.loads(file.read_text(encoding="utf-8-sig"))
        except OSError as e:
            raise ConfigError(f"cannot read the settings file '{file}': {e.strerror or e}") from e
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
            raise ConfigError(f"the settings file '{file}' is not valid TOML: {e}") from e
    for name, value in (os.environ if env is None else env).items():
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in _PATHS:
            _put(tree, name.removeprefix(PREFIX).lower().replace("__", "."), value, name)
    for key, value in (flags or {}).items():
        if value is not None:
            _put(tree, key, value, key)
    try:
        return Config.model_validate(tree)
    except ValidationError as e:
        raise ConfigError(_explain(e)) from e


def rebound(config: Config, flags: Mapping[str, Any]) -> Config:
    """The settings with these bounds in place of their own. Raises ConfigError."""
    tree = config.model_dump(mode="json", exclude_none=True)
    given = {key: value for key, value in flags.items() if value is not None}
    if given.keys() & BOUNDS and "search.generations" not in given:
        del tree["search"]["generations"]  # as where a run begins with a budget
    for key, value in given.items():
        _put(tree, key, value, key)
    try:
        return Config.model_validate(tree)
    except ValidationError as e:
        raise ConfigError(_explain(e)) from e


def _put(tree: dict[str, Any], dotted: str, value: Any, said: str) -> None:
    *path, last = dotted.split(".")
    here = tree
    for part in path:
        here = here.setdefault(part, {})
        if not isinstance(here, dict):
            raise ConfigError(f"'{said}' goes below '{part}', which is a value, not a section")
    if isinstance(value, str) and value.startswith(("[", "{")):  # lists and tables come as TOML values
        try:
            value = tomllib.loads(f"v = {value}")["v"]
        except tomllib.TOMLDecodeError as e:
            raise ConfigError(f"'{said}': expected a TOML value, came {value!r}: {e}") from e
    here[last] = value


def _explain(error: ValidationError) -> str:
    known = sorted(keys())
    lines = []
    for e in error.errors():
        where = ".".join(str(p) for p in e["loc"] if not isinstance(p, int))
        if e["type"] == "extra_forbidden":
            near = difflib.get_close_matches(where, known, 1, 0.5) or [
                k for k in known if k.endswith("." + where.split(".")[-1])
            ]
            lines.append(
                f"unknown setting '{where}'"
                + (f"; did you mean '{near[0]}'?" if near else f"; known: {', '.join(known)}")
            )
        elif e["type"] == "missing":
            lines.append(
                f"setting '{where}' is missing" + (": name a task, e.g. evolve run mnist1d" if where == "task" else "")
            )
        else:
            got = "" if e["type"] == "value_error" else f" (came: {e['input']!r})"
            lines.append(f"{where + ': ' if where else ''}{e['msg'].removeprefix('Value error, ')}{got}")
    return "; ".join(lines)


def keys(model: type[BaseModel] = Config, prefix: str = "") -> list[str]:
    """Every dotted name of a setting, in order."""
    out: list[str] = []
    for name, f in model.model_fields.items():
        if isinstance(f.annotation, type) and issubclass(f.annotation, BaseModel):
            out += keys(f.annotation, f"{prefix}{name}.")
        else:
            out.append(prefix + name)
    return out
