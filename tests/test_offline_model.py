"""The offline model as the agents use it: real prompts in, replies in form out."""

from __future__ import annotations

from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from agents.offline import EDIT_KINDS, OfflineChatModel
from agents.offline.prompts import fenced
from agents.prompts import intents, render

PROGRAM = (Path(__file__).parent.parent / "tasks/mnist1d/program.py").read_text()
COMMON = {
    "task": "mnist1d",
    "description": "Classify.",
    "objectives": "- val_error (%), lower is better: parent 40; seed 40",
    "lessons": "None are cited here.",
}


def reply_form(segment: str) -> str:
    return render(
        "reply_form", segment=segment, allowed="Only it.", contract="build_model()", imports="`torch`"
    ).strip()


def architect(segment: str = "body", intent: str = "tune", **other: str) -> list[BaseMessage]:
    values = {
        **COMMON,
        "program": f"### program.py\n\n```python\n{PROGRAM.rstrip()}\n```",
        "tried": "Nothing yet.",
        "segment": segment,
        "intent": intent,
        "intent_text": intents()[intent],
        "reply_form": reply_form(segment),
        **other,
    }
    return [SystemMessage("You are plain."), HumanMessage(render("architect", **values))]


def ask(messages: list[BaseMessage], seed: int = 0, temperature: float = 0.3) -> AIMessage:
    reply = OfflineChatModel().invoke(messages, seed=seed, temperature=temperature, max_tokens=2000)
    assert isinstance(reply, AIMessage)
    return reply


def blocks(reply: AIMessage) -> dict[str, str]:
    return dict(__import__("re").findall(r"^```python segment=(\S+)\n(.*?)\n```$", reply.text, 24))


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
    assert all(sum(intent in kind.intents for kind in EDIT_KINDS.values()) >= 5 for intent in intents())


def test_the_program_is_read_back_exactly() -> None:
    prompt = str(architect()[1].content)
    assert fenced(prompt)["program.py"] == PROGRAM.rstrip()
