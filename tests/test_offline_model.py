"""The offline model as the agents use it: real prompts in, replies in form out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from agents.offline import EDIT_KINDS, OfflineChatModel
from agents.offline.model import reply_to
from agents.offline.prompts import fenced
from agents.prompts import intents, render
from tests.briefs import brief

PROGRAM = (Path(__file__).parent.parent / "tasks/mnist1d/program.py").read_text()


def architect(segment: str = "body", intent: str = "tune", **other: str) -> list[BaseMessage]:
    values = {
        "program": f"### program.py\n\n```python\n{PROGRAM.rstrip()}\n```",
        "scope": f"Segment to change: `{segment}`",
        "intent": intent,
        "intent_text": intents()[intent],
        **other,
    }
    if lessons := values.pop("lessons", None):
        values["thought"] = render("lessons", lessons=lessons)
    return [SystemMessage("You are plain."), HumanMessage(brief("architect", **values))]


def ask(messages: list[BaseMessage], seed: int = 0, temperature: float = 0.3) -> AIMessage:
    reply = OfflineChatModel().invoke(messages, seed=seed, temperature=temperature, max_tokens=2000)
    assert isinstance(reply, AIMessage)
    return reply


def blocks(reply: AIMessage) -> dict[str, str]:
    return dict(re.findall(r"^```python segment=(\S+)\n(.*?)\n```$", reply.text, re.MULTILINE | re.DOTALL))


def test_the_same_question_has_the_same_answer_and_another_seed_another() -> None:
    replies = [ask(architect(), seed=seed).text for seed in (1, 1, 2, 3, 4)]
    assert replies[0] == replies[1]
    assert len(set(replies)) >= 3


@pytest.mark.parametrize("intent", sorted(intents()))
@pytest.mark.parametrize("segment", ["stem", "body", "head", "optimiser"])
def test_architect_rewrites_only_the_named_segment_for_every_intent(segment: str, intent: str) -> None:
    reply = ask(architect(segment, intent), seed=5)
    assert list(blocks(reply)) == [segment]
    assert reply.usage_metadata is not None
    assert reply.usage_metadata["output_tokens"] == len(reply.text) // 4
    assert reply.response_metadata == {"model_name": "offline", "finish_reason": "stop"}


def test_a_repair_is_another_edit_than_those_before() -> None:
    messages = architect()
    given: set[str] = set()
    for _ in range(6):
        reply = ask(messages)
        text = blocks(reply)["body"]
        assert text not in given
        given.add(text)
        complaint = render("repair", failure="shape", message="mat1 and mat2", advice="Mend it.")
        messages = [*messages, reply, HumanMessage(complaint)]


async def test_the_asynchronous_call_answers_alike() -> None:
    reply = await OfflineChatModel().ainvoke(architect(), seed=3, temperature=0.3)
    assert reply.text == ask(architect(), seed=3).text


def test_there_are_at_least_fifteen_kinds_of_edit_and_every_intent_has_some() -> None:
    assert len(EDIT_KINDS) >= 15
    published = set(intents()) - {"free"}  # which every kind serves
    assert all(sum(intent in kind.intents for kind in EDIT_KINDS.values()) >= 5 for intent in published)


def test_the_program_is_read_back_exactly() -> None:
    prompt = str(architect()[1].content)
    assert fenced(prompt)["program.py"] == PROGRAM.rstrip()


_PIECES = st.sampled_from(
    [
        "# EVOLVE-BLOCK-START body\n",
        "# EVOLVE-BLOCK-END\n",
        "class Body(nn.Module):\n",
        "    x = nn.Conv1d(1, 0, 3, stride=0)\n",
        "    y = nn.Conv1d(**{}, *[])\n",
        "    self.z = nn.Conv1d('a', None, kernel_size=(3,), padding='same')\n",
        "    return nn.Linear(8 // 0, 10 ** 9)\n",
        "    nn.Sequential(nn.Conv2d(-1, -5, 0), nn.GroupNorm(0, 0), nn.Dropout(p=x))\n",
        "    opt = torch.optim.SGD([], lr=-1e308), None\n",
        "(" * 300 + "\n",
        "```\n",
        "\x00\r\x0c\u2028é",
        PROGRAM[300:1400],
    ]
)


@given(st.lists(_PIECES, max_size=12), st.integers(0, 99), st.floats(0, 2))
@settings(max_examples=150, deadline=None)
def test_any_program_text_gets_a_reply(pieces: list[str], seed: int, temperature: float) -> None:
    program = f"### program.py\n\n```python\n{''.join(pieces)}\n```"
    messages = architect(program=program)
    assert reply_to(messages, seed, temperature)


def test_a_prompt_without_anything_to_edit_gets_a_polite_reply_without_code() -> None:
    reply = ask(architect(program="### program.py\n\n```python\nx = 1\n```"))
    assert "no edit" in reply.text
    assert blocks(reply) == {}
    assert blocks(ask([HumanMessage("Hello?")])) == {}


def test_lessons_and_intents_move_the_choice() -> None:
    def share(kind: str, **given_prompt: str) -> int:
        return sum(kind in ask(architect(**given_prompt), seed=seed).text.split("\n")[0].lower() for seed in range(40))

    lesson = "- [L01-0] A kernel change in segment body: val_error {} (applies: always; effect: val_error {}, params same; 3 steps)"
    plain = share("kernel")
    assert share("kernel", lessons=lesson.format(-5, "down")) > plain > share("kernel", lessons=lesson.format(5, "up"))
    assert share("width", intent="shrink") + share("depthwise", intent="shrink") > 0
    assert share("residual", intent="enrich") > share("residual", intent="shrink")
