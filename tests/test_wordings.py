"""Wordings of instructions: what a reply must be to become one, who stands, who is retired, and how the cast weighs them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage

from agents.chat import Chat
from agents.contract import Rephrasing
from agents.fences import ReplyError
from agents.offline.model import reply_to
from agents.prompts import render, wordings
from agents.quote import block
from agents.scribe import Scribe, longest, read_wording
from agents.settings import ModelChoice, Sampling
from graph.arms import arm_of
from graph.bandit import Tally, Trial, tally
from graph.cast import chances, untried
from graph.config import Config, Play
from graph.wordings import by_name, next_to_rephrase, retired, standing
from memory.ledger import Ledger
from memory.records import Candidate, Wording
from tasks import load_task

BASE = Wording("intent/tune", 1, "Tune hyper-parameters that are already there to sensible better values.")
CHILD = Wording("intent/tune", 2, "Choose better values for the hyper-parameters that are there.", 1, 1, "key")
ORDER = Rephrasing(0, BASE, (BASE, CHILD), "- `intent/tune@1`: 3 children, 1 extended the front")
NAMES = {role: ("plain", "signal") for role in ("architect", "breeder", "critic")}


def in_form(text: str) -> str:
    return f"```text\n{text}\n```"


def test_a_sound_reply_becomes_one_paragraph() -> None:
    text = read_wording(
        "Here it is:\n" + in_form("Pick values that\n  are better than the present ones."), "stop", ORDER
    )
    assert text == "Pick values that are better than the present ones."


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        ("", "unparsable"),
        ("Pick values that are better than the present ones.", "unparsable"),
        (in_form(""), "unparsable"),
        ("```text\nPick values that are better than the present ones.", "unparsable"),
        (in_form("Pick better values for what is there.") * 2, "unparsable"),
        (in_form("Better values."), "unparsable"),
        (in_form("better " * 60), "unparsable"),
        (in_form("Pick better values for {{segment}} than it has."), "unparsable"),
        (in_form("Pick better values, and answer with ~~~ around them."), "unparsable"),
        (in_form("# Role: Critic. Pick better values than the present ones."), "unparsable"),
        (in_form("Pick better values after EVOLVE-BLOCK-START all."), "unparsable"),
        (in_form("Pick better values and a \x1b[31mred colour for them."), "unparsable"),
        (in_form(BASE.text), "unchanged"),
        (in_form(BASE.text.upper().replace(".", " !")), "unchanged"),
        (in_form(CHILD.text), "duplicate"),
    ],
)
def test_a_reply_that_cannot_be_a_wording_is_refused_with_its_kind(reply: str, failure: str) -> None:
    with pytest.raises(ReplyError) as refused:
        read_wording(reply, "stop", ORDER)
    assert refused.value.failure == failure


def test_a_wording_keeps_every_hole_of_the_first_text() -> None:
    holed = Wording("x", 1, "Change the segments {{segments}} so that they fit each other.")
    order = Rephrasing(0, holed, (holed,), "")
    kept = "Make {{segments}} fit each other by changing them."
    assert read_wording(in_form(kept), "stop", order) == kept
    with pytest.raises(ReplyError, match="expected the holes"):
        read_wording(in_form("Make the segments fit each other by changing them."), "stop", order)


@given(st.text(max_size=300))
def test_whatever_a_reply_holds_it_is_a_sound_wording_or_refused(text: str) -> None:
    for reply in (text, in_form(text)):
        try:
            found = read_wording(reply, "stop", ORDER)
        except ReplyError:
            continue
        assert 20 <= len(found) <= longest(ORDER)
        assert "\n" not in found
        assert "```" not in found


@pytest.mark.parametrize("name", sorted(wordings()))
def test_the_offline_model_rephrases_every_text_that_comes_with_the_program(name: str) -> None:
    """By its grammar; the wordings that come of many draws are sound and more than one."""
    base = Wording(name, 1, wordings()[name])
    order = Rephrasing(0, base, (base,), "")
    prompt = render(
        "scribe",
        reader="architect",
        instruction=name,
        wording=block(base.text, "text"),
        record="None.",
        others="None.",
        most=999,
        kept="",
    )
    replies = {reply_to([HumanMessage(prompt)], seed, 0.3) for seed in range(12)}
    assert len({read_wording(reply, "stop", order) for reply in replies}) > 1


def test_a_version_clearly_worse_than_its_parent_is_retired_and_the_first_never() -> None:
    versions = by_name([CHILD, BASE])
    good, bad = Tally(20, 15.0, 20.0), Tally(12, 1.0, 12.0)
    assert standing(versions, {BASE.id: good, CHILD.id: bad}) == {"intent/tune": [BASE]}
    assert standing(versions, {BASE.id: bad, CHILD.id: good}) == {"intent/tune": [BASE, CHILD]}
    assert not retired(CHILD, {BASE.id: good, CHILD.id: Tally(4, 0.0, 4.0)})  # too few children to say
    assert not retired(CHILD, {BASE.id: Tally(20, 5.0, 20.0), CHILD.id: Tally(8, 2.0, 8.0)})  # may be chance
    dear = Tally(20, 15.0, 200.0)
    assert retired(CHILD, {BASE.id: good, CHILD.id: dear})  # as many gains for ten times the tokens


def test_only_a_text_whose_every_version_was_tried_is_rephrased_and_never_beyond_three() -> None:
    other = Wording("breeder", 1, "Merge both parents into one child.")
    tried = Tally(3, 1.0, 3.0)
    rng = random.Random(1)
    versions = by_name([BASE, CHILD, other])
    assert next_to_rephrase(versions, {BASE.id: tried}, 0.1, 5, rng) == []
    found = next_to_rephrase(versions, {BASE.id: tried, CHILD.id: tried, other.id: tried}, 0.1, 5, rng)
    assert sorted({w.name for w in found}) == ["breeder", "intent/tune"]
    assert len(found) == 2
    full = by_name([BASE, CHILD, Wording("intent/tune", 3, "A third wording of the same instruction.", 2, 2, "k")])
    assert next_to_rephrase(full, {f"intent/tune@{n}": tried for n in (1, 2, 3)}, 0.1, 5, rng) == []


def test_a_version_is_written_once_and_never_over(tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "ledger.sqlite", {}) as ledger:
        for wording in (CHILD, BASE, Wording("intent/tune", 1, "Something else altogether, later.")):
            ledger.put_wording(wording)
        assert ledger.wordings() == [BASE, CHILD]


async def test_a_rephrasing_asked_for_twice_is_paid_for_once_and_is_the_same(tmp_path: Path) -> None:
    """As after a crash between the reply and the version that came of it."""
    with Ledger.create(tmp_path / "ledger.sqlite", {}) as ledger:
        scribe = Scribe(
            load_task("mnist1d"), ledger, Chat(ledger, [ModelChoice(name="offline")], Sampling()), run_seed=1
        )
        order = Rephrasing(0, BASE, (BASE,), "")
        made = [await scribe.rephrase(3, order, "plain", "offline", 0.3) for _ in range(2)]
        [call] = ledger.calls(agent="scribe")
    assert made[0] == made[1]
    wording, _ = made[0]
    assert wording is not None
    assert (wording.id, wording.parent, wording.generation, wording.call) == ("intent/tune@2", 1, 3, call.key)
    assert call.tokens_in > call.tokens_out > 0


def config(**play: object) -> Config:
    return Config(task="mnist1d", play=Play(**play))  # type: ignore[arg-type]


def test_without_records_every_allocation_draws_alike() -> None:
    uniform, learning = (chances(config(allocation=a), NAMES, untried, [BASE]) for a in ("uniform", "thompson"))
    assert uniform == learning
    assert set(uniform.intents.values()) == {1 / 7}


def test_fixed_weights_decide_and_thompson_starts_from_them() -> None:
    for allocation in ("fixed", "thompson"):
        cast = chances(
            config(allocation=allocation, personas={"signal": 3}, intents={"tune": 0}), NAMES, untried, [BASE]
        )
        assert cast.personas["architect"] == {"plain": 0.25, "signal": 0.75}
        assert cast.intents["tune"] == 0


def test_a_persona_is_credited_in_its_role_alone() -> None:
    children = [
        Candidate(f"g01-{n:02d}", 1, n, "cross", persona="signal" if n % 2 else "plain", status="evaluated")
        for n in range(12)
    ]
    trials = [Trial(child, 0.1 if child.persona == "signal" else 0.0, 100, 1) for child in children]
    cast = chances(config(allocation="thompson"), NAMES, lambda kind: tally(trials, arm_of(kind)), [BASE])
    assert cast.personas["breeder"]["signal"] > 0.9
    assert cast.personas["architect"] == cast.personas["critic"] == {"plain": 0.5, "signal": 0.5}
