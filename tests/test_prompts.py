"""Prompts are rendered strictly: every hole gets its value, and no value is read as a hole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.prompts import FOLDER, PromptError, intents, render, template
from agents.quote import clean

HOLES = {"failure": "shape", "message": "m", "advice": "a"}


@given(st.text())
def test_code_with_braces_goes_in_as_it_is(text: str) -> None:
    code = clean(text) + "{{failure}} {x!r} {0} {{"
    assert code in render("repair", **{**HOLES, "message": code})


def test_a_hole_without_a_value_and_a_value_without_a_hole_are_errors() -> None:
    with pytest.raises(PromptError, match="no value for \\['advice'\\]"):
        render("repair", failure="shape", message="m")
    with pytest.raises(PromptError, match="no hole for \\['other'\\]"):
        render("repair", **HOLES, other="x")


def test_there_are_the_six_intents_of_the_paper_and_a_free_one_each_with_its_sentence() -> None:
    assert len(intents()) == 7
    assert "free" in intents()
    assert all(text.endswith(".") for text in intents().values())


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.md")), ids=lambda p: p.stem)
def test_no_template_holds_half_a_hole(path: object) -> None:
    text = template(path.stem)  # type: ignore[attr-defined]
    assert text.count("{{") == text.count("}}")
