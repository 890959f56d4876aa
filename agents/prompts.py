"""Prompts are files with holes; this renders them strictly."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "prompts"
_HOLE = re.compile(r"\{\{(\w+)\}\}")


class PromptError(Exception):
    """A template has a hole without a value, or a value without a hole."""


@cache
def template(name: str) -> str:
    """The text of `prompts/NAME.md`."""
    return (FOLDER / f"{name}.md").read_text()


@cache
def intents() -> dict[str, str]:
    """Mutation intents by name (LLM Guided Evolution, Table 2), each with the sentence for the prompt."""
    return {k: v["text"] for k, v in tomllib.loads((FOLDER / "intents.toml").read_text()).items()}


def render(name: str, **values: object) -> str:
    """The template with every hole filled.

    Values go in as they are, once: braces in code are never read as holes, which broke two-stage formatting elsewhere.
    Raises PromptError for a hole without a value and for a value without a hole.
    """
    text = template(name)
    holes = set(_HOLE.findall(text))
    if holes != set(values):
        raise PromptError(
            f"prompt '{name}': no value for {sorted(holes - set(values))}, no hole for {sorted(set(values) - holes)}"
        )
    return _HOLE.sub(lambda m: str(values[m.group(1)]), text).strip() + "\n"
