"""The offline Critic reads measured steps as the prompt shows them and claims what their numbers show, no more."""

from __future__ import annotations

import random

import pytest
from langchain_core.messages import HumanMessage

import genome
from agents.exhibits import describe_step
from agents.offline import EDIT_KINDS, OfflineChatModel
from agents.offline.architect import attempt
from agents.offline.traces import kinds_in_words, kinds_of, read_diff
from agents.prompts import render
from agents.replies import ReplyError, parse_lessons
from agents.words import describe_lessons
from memory.records import Evidence, Lesson
from memory.steps import Exhibit
from tests.offline_programs import PROGRAMS

PROGRAM = {"program.py": PROGRAMS["mnist1d"][0]}


def step(
    child: str, kind: str, segment: str, delta: dict[str, float] | None, failure: str = "", seed: int = 0
) -> Evidence:
    edit = attempt(PROGRAM, segment, kind, random.Random(seed))
    assert edit is not None
    diff = genome.diff(PROGRAM, genome.replace(PROGRAM, {segment: edit.text}))
    return Evidence(child, "seed", 1, "mutate", segment, "tune", "plain", diff, delta, failure or None, "does not fit")


def lessons_from(steps: list[Evidence], most: int = 3, standing: str = "None are cited here.") -> list[dict]:
    prompt = render(
        "critic",
        task="mnist1d",
        description="Classify.",
        objectives="- val_error (%), lower is better\n- params, lower is better",
        evidence="\n\n".join(describe_step(Exhibit(one, "win", 1.0, noise={"val_error": 2.0})) for one in steps),
        brief="None.",
        older="None.",
        standing=standing,
        became="None.",
        most=most,
        effect_example='val_error = "down", params = "same"',
    )
    return list(parse_lessons(OfflineChatModel().invoke([HumanMessage(prompt)], seed=1).text))


def test_a_clear_gain_becomes_a_lesson_with_its_evidence_and_its_signs() -> None:
    steps = [
        step("g01-00", "norm", "body", {"val_error": -8.0, "params": 50.0}),
        step("g01-01", "norm", "body", {"val_error": -6.0, "params": 50.0}, seed=1),
        step("g01-02", "depthwise", "body", {"val_error": 0.4, "params": -1200.0}),
    ]
    first, second = lessons_from(steps)
    by_segment = {tuple(lesson["evidence"]): lesson for lesson in (first, second)}
    assert by_segment[("g01-00", "g01-01")]["effect"] == {"val_error": "down", "params": "up"}
    assert by_segment[("g01-02",)]["effect"] == {"val_error": "same", "params": "down"}
    assert {first["segment"], second["segment"]} == {"body"}
    assert "-7" in by_segment[("g01-00", "g01-01")]["claim"]


def test_noise_and_contradiction_are_called_no_clear_effect() -> None:
    steps = [
        step("g01-00", "activation", "body", {"val_error": -1.5, "params": 0.0}),
        step("g01-01", "learning_rate", "optimiser", {"val_error": -9.0, "params": 0.0}),
        step("g01-02", "learning_rate", "optimiser", {"val_error": 9.5, "params": 0.0}),
    ]
    (lesson,) = lessons_from(steps)
    assert "no clear effect" in lesson["claim"]
    assert set(lesson["effect"].values()) == {"same"}


def test_failures_teach_and_the_count_is_kept() -> None:
    steps = [
        step("g01-00", "stride", "stem", None, "shape"),
        step("g01-01", "stride", "stem", {"val_error": -4.0, "params": 100.0}, seed=3),
        step("g01-02", "head_pool", "head", {"val_error": 5.0, "params": -700.0}),
    ]
    lessons = lessons_from(steps)
    failed = next(lesson for lesson in lessons if lesson["evidence"] == ["g01-00"])
    assert "failed (shape) in 1 of 2 steps" in failed["claim"]
    assert len(lessons_from(steps, most=1)) == 1


def test_where_layers_came_and_went_the_lesson_asks_for_code_without_the_one_and_with_the_other() -> None:
    diff = "--- a\n+++ b\n-        nn.Flatten(), nn.ReLU(),\n+        nn.AdaptiveAvgPool1d(1), nn.GELU(), nn.Linear(4, 2),\n nn.Linear(8, 4)\n"
    steps = [Evidence("g01-00", "seed", 1, "mutate", "head", "tune", "plain", diff, {"val_error": -8.0})]
    (lesson,) = lessons_from(steps)
    assert (lesson["present"], lesson["absent"]) == (["Flatten", "ReLU"], ["AdaptiveAvgPool1d", "GELU"])


def test_a_standing_lesson_is_not_repeated() -> None:
    steps = [step("g01-00", "norm", "body", {"val_error": -8.0, "params": 50.0})]
    (lesson,) = lessons_from(steps)
    record = Lesson("L01-0", 1, lesson["claim"], lesson["applies"], "body", ("g01-00",), lesson["effect"])
    with pytest.raises(ReplyError, match="lesson"):
        lessons_from(steps, standing=describe_lessons([record]))


@pytest.mark.parametrize("kind", EDIT_KINDS)
def test_most_edits_are_recognised_from_their_diff(kind: str) -> None:
    seen = []
    for name in PROGRAMS:
        files = {"program.py": PROGRAMS[name][0]}
        for segment in genome.segments(files):
            for seed in range(4):
                edit = attempt(files, segment, kind, random.Random(seed))
                if edit is not None:
                    child = genome.replace(files, {segment: edit.text})
                    seen.append((kinds_of(read_diff(genome.diff(files, child))) or [""])[0])
    assert seen.count(kind) >= 0.5 * len(seen)
    assert seen


@pytest.mark.parametrize("kind", EDIT_KINDS)
def test_a_lesson_of_the_critic_is_understood_by_the_architect(kind: str) -> None:
    assert kind in kinds_in_words(
        f"{kind.replace('_', ' ').capitalize()} change in segment body: val_error -3 on average"
    )
