"""What endpoints answer by public reports, replayed over real HTTP: each ends as docs/models.md says.

`data/endpoints.json` holds a line for each answer: status and body, where it was reported (`form:` before those that were put together
in the form of such reports), and what is right:

- `leave-out`, `rename`, `limit`, `fold-system`, `stream`, `no-stream`, `responses`: found by itself, and the question is answered;
- `retry`: of the moment, answered in the end; `question`: of this question alone, which fails its child;
- `setting`: of a field that the user has added to each request; `stop`: of every question, with the cure in words.
"""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from endpoint import Body, Endpoint, Reply

from agents.chat import Chat, ModelStopped, Question
from agents.settings import ModelChoice, Sampling, Wire
from memory.ledger import Ledger

HERE = Path(__file__).parent
CASES: list[dict[str, Any]] = json.loads((HERE / "data" / "endpoints.json").read_text(encoding="utf-8"))
ANSWER = ("the answer", "stop")
LONG = "a question that is too long, or offends"
CURES = {
    "stop-key": "check OPENAI_API_KEY",
    "stop-address": "mostly ends in /v1",
    "stop-model": "is the model's name right?",
    "stop-billing": "no credit left",
    "stop-quota": "answered 429",
    "stop-account": "answered 400",
}
RESPONSE: Body = {
    "id": "r",
    "object": "response",
    "created_at": 1,
    "model": "m",
    "status": "completed",
    "output": [
        {
            "type": "message",
            "id": "m",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": ANSWER[0], "annotations": []}],
        }
    ],
    "usage": {
        "input_tokens": 9,
        "output_tokens": 3,
        "total_tokens": 12,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    },
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
}


def objects(case: dict[str, Any], body: Body, number: int) -> bool:
    """Whether the endpoint of this case has something against this request."""
    kind, *of = case["right"].split()
    tokens = max(body.get(name) or 0 for name in ("max_tokens", "max_completion_tokens", "max_output_tokens"))
    messages = body.get("messages", [])
    checks: dict[str, bool] = {
        "rename": of[:1] != [] and of[0] in body,
        "leave-out": of[:1] != [] and of[0] in body,
        "setting": True,
        "limit": kind == "limit" and tokens > int(of[1]),
        "fold-system": any(m["role"] in ("system", "developer") for m in messages),
        "stream": not body.get("stream"),
        "no-stream": bool(body.get("stream")),
        "responses": not body["path"].endswith("/responses"),
        "question-context": LONG in str(messages),
        "question-filter": LONG in str(messages),
        "retry": number <= 2,
    }
    return checks.get(kind, True)


def question(number: int, content: str) -> Question:
    messages = [{"role": "system", "content": "be brief"}, {"role": "user", "content": content}]
    return Question(f"g01-{number:02d}/architect/0", None, 1, "architect", None, "m", 0.5, 1, messages)


@pytest.mark.parametrize("case", CASES, ids=[f"{case['endpoint']}: {case['what']}" for case in CASES])
def test_an_answer_that_was_reported_ends_as_the_table_says(
    case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-0123456789")
    kind, *of = case["right"].split()
    asked: list[Body] = []
    objected: list[Body] = []

    def quirk(body: Body) -> Reply | None:
        asked.append(body)
        if objects(case, body, len(asked)):
            objected.append(body)
            return case["status"], case["body"]
        return (200, RESPONSE) if body["path"].endswith("/responses") else None

    own = {"setting": {"body": {of[0]: 1} if of else {}}, "no-stream": {"stream": True}}.get(kind, {})
    sampling = Sampling(retries=3, backoff_s=0.01, timeout_s=20, max_tokens=32000 if kind == "limit" else 4096)
    with (
        Endpoint(lambda body: ANSWER, quirk=quirk) as server,
        Ledger.create(tmp_path / "l.sqlite", {}) as ledger,
        asyncio.Runner() as loop,
    ):
        server.kind = case["headers"].get("content-type", server.kind)
        choice = ModelChoice.model_validate({"name": "m", "base_url": server.url, **own})
        chat = Chat(ledger, [choice], sampling)

        def ask(number: int, content: str) -> Any:
            return loop.run(chat.ask(question(number, content)))

        if kind == "setting" or kind.startswith("stop"):
            with pytest.raises(ModelStopped) as stopped:
                ask(0, LONG)
            assert (f"`{of[0]}` comes from your models.body" if kind == "setting" else CURES[kind]) in str(
                stopped.value
            )
            assert len(asked) <= 4
            return
        call = ask(0, LONG)
        if kind.startswith("question"):
            assert (call.reply, call.refusal == "") in (
                ("", False),
                (ANSWER[0], True),
            )  # the latter where room was left
            server.kind = "application/json"
            assert ask(1, "short").reply == ANSWER[0]
            return
        assert call.reply == ANSWER[0]
        found = Wire.model_validate(ledger.meta().get("wires", {}).get(choice.id, {}))
        now = len(asked)
        assert ask(1, "another").reply == ANSWER[0]
        assert len(asked) == now + 1  # what was found holds
        expected: dict[str, Any] = {
            "leave-out": lambda: of[0] in found.leave_out,
            "rename": lambda: of[0] not in asked[-1] and of[1] in asked[-1],
            "limit": lambda: float(of[1]) in found.at_most.values(),
            "fold-system": lambda: found.system == "user",
            "stream": lambda: asked[-1].get("stream") is True,
            "no-stream": lambda: not asked[-1].get("stream"),
            "responses": lambda: found.responses,
            "retry": lambda: found == Wire(),
        }
        assert expected[kind]()
        said = [event.data["settings"] for event in ledger.events() if event.kind == "adapted"]
        assert len(said) == (kind != "retry" and objected != [])
        # the one thing that endpoints refuse and is never sent
        assert (objected == []) == (case["right"] == "rename max_completion_tokens max_tokens")
        assert all(said)


def test_every_endpoint_of_the_document_is_replayed() -> None:
    text = (HERE.parent / "docs" / "models.md").read_text(encoding="utf-8")
    named = set(re.findall(r"replayed as `([\w-]+)`", text))
    assert named == {case["endpoint"] for case in CASES}
