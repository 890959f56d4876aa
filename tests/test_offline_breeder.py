"""The offline Breeder merges two parents into a child that is neither."""

from __future__ import annotations

import ast
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage

import genome
from agents.offline import OfflineChatModel, random_edit
from agents.offline.breeder import misfits
from agents.offline.model import reply_to
from agents.prompts import render, wordings
from agents.replies import parse_reply
from agents.words import fenced_files, fenced_segments
from tests.briefs import brief
from tests.offline_programs import PROGRAMS


def prompt(a: dict[str, str], b: dict[str, str]) -> HumanMessage:
    names = genome.changed_segments(a, b)
    theirs = genome.segments(b)
    return HumanMessage(
        brief(
            "breeder",
            instruction=wordings()["breeder"],
            program_a=fenced_files(a),
            program_b=fenced_segments({name: theirs[name] for name in names}),
            segments=", ".join(f"`{name}`" for name in names),
        )
    )


def child_of(a: dict[str, str], b: dict[str, str], seed: int) -> dict[str, str]:
    reply = OfflineChatModel().invoke([prompt(a, b)], seed=seed, temperature=0.1)
    mine = genome.segments(a)
    allowed = {name: mine[name] for name in genome.changed_segments(a, b)}
    return genome.replace(a, parse_reply(reply.text, allowed).changes)


def lineage(name: str, seed: int, length: int) -> dict[str, str]:
    rng, files = random.Random(seed), {"program.py": PROGRAMS[name][0]}
    for _ in range(length):
        files = random_edit(files, rng)
    return files


@pytest.mark.parametrize("name", ["mnist1d", "conv2d", "attention"])
def test_a_child_differs_from_both_parents(name: str) -> None:
    same = 0
    for seed in range(12):
        a, b = lineage(name, seed, 2), lineage(name, 100 + seed, 3)
        child = child_of(a, b, seed)
        ast.parse(child["program.py"])
        same += not genome.changed_segments(a, child) or not genome.changed_segments(b, child)
    assert same == 0


def test_parents_that_differ_in_one_number_are_blended() -> None:
    a = {"program.py": PROGRAMS["mnist1d"][0]}
    b = {"program.py": PROGRAMS["mnist1d"][0].replace("width = 25", "width = 45")}
    widths = {child_of(a, b, seed)["program.py"].split("width = ")[1].split("\n")[0] for seed in range(12)}
    assert any(25 < int(width) < 45 for width in widths if width.isdigit())


def test_a_merge_keeps_written_widths_in_step_where_it_can() -> None:
    a = {"program.py": PROGRAMS["literal"][0]}
    wide = a["program.py"].replace("25", "30").replace("125", "150")
    b = {"program.py": wide.replace("lr=0.1", "lr=0.2")}
    for seed in range(8):
        assert misfits(child_of(a, b, seed)) == 0


def test_a_repair_merges_otherwise() -> None:
    a, b = lineage("mnist1d", 1, 6), lineage("mnist1d", 2, 6)
    question = prompt(a, b)
    first = OfflineChatModel().invoke([question], seed=1)
    complaint = HumanMessage(render("repair", failure="shape", message="no fit", advice="Mend it."))
    second = OfflineChatModel().invoke([question, AIMessage(first.text), complaint], seed=1)
    assert second.text != first.text


@given(st.sampled_from(sorted(PROGRAMS)), st.integers(0, 1000), st.text(max_size=60))
@settings(max_examples=40, deadline=None)
def test_whatever_stands_in_the_prompt_there_is_a_reply(name: str, seed: int, noise: str) -> None:
    text = str(prompt(lineage(name, seed, 1), {"program.py": PROGRAMS[name][0]}).content)
    cut = random.Random(seed).randrange(len(text))
    for broken in (text[:cut], text[cut:], text[:cut] + noise + text[cut:]):
        assert reply_to([HumanMessage(broken)], seed, 0.5)
