"""Personas: the voices that agents speak in, one TOML file each, ours and the user's own.

After the Character Role Play prompts of LLM Guided Evolution (Morris et al. 2024, table 3); the voices are our own.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

ROLES = ("architect", "breeder", "critic")
KEYS = ("name", "title", "roles", "voice", "temperature")
ANY = "any"  # says "every persona that fits the role" where a name is asked for
BUILT_IN = Path(__file__).parent / "personas"
VOICE_LIMIT = 4000  # characters; a voice goes into every prompt and is paid for every time
FILE_LIMIT = 64_000  # bytes
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class PersonaError(Exception):
    """A persona is unknown or its file is broken; the message is one line for the user."""


@dataclass(frozen=True)
class Persona:
    """Who speaks: `voice` opens the system prompt, `temperature` is the range that a call draws from."""

    name: str
    title: str
    roles: tuple[str, ...]
    voice: str
    temperature: tuple[float, float]  # lowest, highest
    path: Path

    @property
    def own(self) -> bool:
        """True for a user's persona, false for one that comes with the program."""
        return self.path.parent != BUILT_IN


def user_folder() -> Path:
    """Where the user's own personas lie: EVOLVE_PERSONAS, or `~/.config/guided-evolution/personas`."""
    return Path(os.environ.get("EVOLVE_PERSONAS") or "~/.config/guided-evolution/personas").expanduser()


def persona_names() -> list[str]:
    """Names of all personas in alphabetical order; the files are not read."""
    return sorted(_files())


def load_persona(name_or_path: str | Path) -> Persona:
    """The persona of this name, or the one in this file (a path holds a `/` or ends in `.toml`).

    Raises:
        PersonaError: there is none, or its file is broken.
    """
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or "/" in text or text.endswith(".toml"):
        return _read(Path(name_or_path))
    file = next((one for folder in _folders() if os.path.isfile(one := folder / f"{text}.toml")), None)
    if file is None:
        files = _files()
        near = difflib.get_close_matches(text, files, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there is: {', '.join(sorted(files))}"
        raise PersonaError(f"no persona {text!r}; {hint}")
    persona = _read(file)
    if persona.name != text:
        raise PersonaError(f"{file}: the persona in it is {persona.name!r}; name the file {persona.name}.toml")
    return persona


def personas_for(role: str) -> list[Persona]:
    """Every persona that may speak as `role`, in alphabetical order.

    Raises:
        PersonaError: no such role, or a persona's file is broken.
    """
    if role not in ROLES:
        raise PersonaError(f"no role {role!r}; roles are: {', '.join(ROLES)}")
    return [persona for persona in map(load_persona, persona_names()) if role in persona.roles]


def _folders() -> tuple[Path, Path]:
    """Where personas lie; a user's file hides one of ours with the same name."""
    return user_folder(), BUILT_IN


def _files() -> dict[str, Path]:
    """Name -> file."""
    return {path.stem: path for folder in reversed(_folders()) for path in sorted(folder.glob("*.toml"))}


def _read(path: Path) -> Persona:
    try:
        about = path.stat()
    except OSError as e:
        raise PersonaError(f"{path}: cannot be read: {e.strerror or e}") from e
    return _read_as(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=256)  # each child speaks as one, and each draw looks at all
def _read_as(path: Path, mtime_ns: int, size: int) -> Persona:
    """The persona in a file that stands as it was at this time."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_LIMIT + 1)
        if len(data) > FILE_LIMIT:
            raise PersonaError(f"{path}: larger than {FILE_LIMIT // 1000} kB; a persona is a few sentences")
        text = data.decode("utf-8-sig")
        table = tomllib.loads(text)
    except OSError as e:
        raise PersonaError(f"{path}: cannot be read: {e.strerror or e}") from e
    except UnicodeDecodeError as e:
        raise PersonaError(f"{path}: not UTF-8 text (byte {e.start}); save it as UTF-8") from e
    except tomllib.TOMLDecodeError as e:
        raise PersonaError(f"{path}: not valid TOML: {e}") from e
    return _check(table, text, path)


def _check(table: dict[str, Any], text: str, path: Path) -> Persona:
    def fail(key: str, expected: str) -> PersonaError:
        found = re.search(rf"^\s*[\"']?{re.escape(key)}\b", text, re.M)
        line = f" line {text.count(chr(10), 0, found.start(0) + len(found[0])) + 1}:" if found else ""
        came = f", came {_short(table[key])}" if key in table else ", is missing"
        return PersonaError(f"{path}:{line} {key if key.isidentifier() else _short(key)}: expected {expected}{came}")

    for key in table:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1)
            raise fail(key, f"one of the keys {', '.join(KEYS)}" + (f" (did you mean {near[0]}?)" if near else ""))
    name, title, roles, voice = (table.get(key) for key in ("name", "title", "roles", "voice"))
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name == ANY:
        raise fail("name", f"up to 40 lower-case letters, digits and hyphens, but not '{ANY}'")
    if not isinstance(title, str) or not title.strip() or "\n" in title or len(title) > 80:
        raise fail("title", "one line of at most 80 characters")
    if not isinstance(roles, list) or not roles or [role for role in roles if role not in ROLES]:
        raise fail("roles", f"a list of at least one of {', '.join(ROLES)}")
    if not isinstance(voice, str) or not voice.strip() or len(voice) > VOICE_LIMIT:
        raise fail("voice", f"some sentences of at most {VOICE_LIMIT} characters")
    match table.get("temperature"):
        case [int() | float() as low, int() | float() as high] if type(low) is not bool and 0 <= low <= high <= 2:
            temperature = (float(low), float(high))
        case _:
            raise fail("temperature", "[lowest, highest] between 0 and 2, such as [0.05, 0.4]")
    return Persona(name, title.strip(), tuple(r for r in ROLES if r in roles), voice.strip(), temperature, path)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
