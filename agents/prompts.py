"""Prompts are files with holes; this renders them strictly."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import genome
from agents.quote import clean

FOLDER = Path(__file__).parent / "prompts"
_HOLE = re.compile(r"\{\{(\w+)\}\}")


class PromptError(Exception):
    """A template has a hole without a value, or a value without a hole."""


@cache
def template(name: str) -> str:
    """The text of `prompts/NAME.md`."""
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


@cache
def _intents() -> dict[str, dict[str, str]]:
    return tomllib.loads((FOLDER / "intents.toml").read_text(encoding="utf-8"))


@cache
def intents() -> dict[str, str]:
    """Mutation intents by name (LLM Guided Evolution, Table 2, and `free`), each with the sentence for the prompt."""
    return {name: one["text"] for name, one in _intents().items()}


def possible(texts: Iterable[str]) -> list[str]:
    """The intents that can be carried out in one of these segments: nobody is asked for narrower layers where there are none."""
    held = {None}.union(*map(genome.traits, texts))
    return [name for name, one in _intents().items() if one.get("needs") in held]


@cache
def wordings() -> dict[str, str]:
    """The instructions that may be rephrased, by name, as they came with the program: `intent/tune`, `breeder`."""
    others = tomllib.loads((FOLDER / "instructions.toml").read_text(encoding="utf-8"))
    return {f"intent/{name}": text for name, text in intents().items()} | {k: v["text"] for k, v in others.items()}


def holes(text: str) -> set[str]:
    """Names of the holes in a text."""
    return set(_HOLE.findall(text))


def render(name: str, **values: object) -> str:
    """The template with every hole filled.

    Values go in once, without control characters: braces in code are never read as holes, which broke two-stage formatting
    elsewhere. What candidates and models wrote comes here in quotes (`agents.quote`).
    Raises PromptError for a hole without a value and for a value without a hole.
    """
    text = template(name)
    expected = holes(text)
    if expected != set(values):
        raise PromptError(
            f"prompt '{name}': no value for {sorted(expected - set(values))}, no hole for {sorted(set(values) - expected)}"
        )
    return _HOLE.sub(lambda m: clean(str(values[m.group(1)])), text).strip() + "\n"
