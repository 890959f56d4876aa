"""A model whose answers come to nothing is told once, with what they have in common and a cure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from memory_world import call, child, seed

from agents.settings import ModelChoice
from agents.vain import Vain
from memory.ledger import Ledger
from memory.records import Attempt

GOOD, BAD = ModelChoice(name="good"), ModelChoice(name="bad", base_url="http://127.0.0.1:9/v1")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.create(tmp_path / "ledger.sqlite", {}) as made:
        made.put_candidate(seed())
        yield made


def answered(ledger: Ledger, vain: Vain, number: int, choice: ModelChoice, failure: str | None) -> None:
    one = child(1, number, model=choice.id)
    ledger.put_candidate(one)
    ledger.put_attempt(Attempt(one.id, 0, failure))
    vain.heard(choice, call(one.id, model=choice.name))


def warnings(ledger: Ledger) -> list[tuple[str, str]]:
    return [(event.data["about"], event.data["why"]) for event in ledger.events() if event.kind == "warning"]


def test_a_model_of_whose_answers_none_becomes_a_program_is_told_once(ledger: Ledger) -> None:
    vain = Vain(ledger, 4096)
    for number in range(30):
        answered(ledger, vain, 2 * number, BAD, "syntax" if number % 3 == 2 else "unparsable")
        answered(ledger, vain, 2 * number + 1, GOOD, None if number % 5 == 0 else "shape")
    ((about, why),) = warnings(ledger)
    assert about == BAD.id
    assert why.startswith(
        "none of the last 12 answers of model 'bad' became a program that can be trained; 8 of them were unparsable: "
    )
    assert "evolve transcript" in why


def test_another_kind_of_failure_is_told_as_well(ledger: Ledger) -> None:
    vain = Vain(ledger, 4096)
    for number in range(40):
        answered(ledger, vain, number, BAD, "unparsable" if number < 15 else "duplicate")
    assert [("unparsable" in why, "sampling.temperature" in why) for _, why in warnings(ledger)] == [
        (True, False),
        (False, True),
    ]


def test_what_the_sandbox_lost_says_nothing_of_a_model(ledger: Ledger) -> None:
    vain = Vain(ledger, 4096)
    for number in range(30):
        answered(ledger, vain, number, BAD, "lost")
    assert warnings(ledger) == []


def test_one_good_answer_among_twelve_is_enough(ledger: Ledger) -> None:
    vain = Vain(ledger, 4096)
    for number in range(60):
        answered(ledger, vain, number, BAD, None if number % 12 == 0 else "crash")
    assert warnings(ledger) == []
