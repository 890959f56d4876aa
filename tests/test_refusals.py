"""What a refusal asks for is found in it, in the words of many endpoints; what asks for nothing changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.refusals import Refusal, amended, has_no_room, room_left, wants_less
from agents.settings import Wire
from agents.wire import dressed, folded

SENT = {"temperature": 0.7, "max_tokens": 4096}


def openai(message: str, param: str | None = None, code: str | None = None) -> str:
    return json.dumps({"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}})


ASKS: list[tuple[str, int, str, dict[str, Any]]] = [
    (
        "the newer name of the limit",
        400,
        openai(
            "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.", "max_tokens"
        ),
        {"rename": {"max_tokens": "max_completion_tokens"}},
    ),
    (
        "the same, in a body within a body",
        400,
        openai("Provider returned error")[:-2]
        + ', "metadata": '
        + json.dumps(
            {"raw": openai("Unsupported parameter: 'max_tokens' is not supported with this model.", "max_tokens")}
        )
        + "}}",
        {"rename": {"max_tokens": "max_completion_tokens"}},
    ),
    (
        "one value alone",
        400,
        openai(
            "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported."
        ),
        {"leave_out": ("temperature",)},
    ),
    ("a parameter of old", 400, openai("`temperature` is deprecated for this model."), {"leave_out": ("temperature",)}),
    (
        "what a strict form does not know",
        422,
        json.dumps(
            {
                "detail": [
                    {"type": "extra_forbidden", "loc": ["body", "temperature"], "msg": "Extra inputs are not permitted"}
                ]
            }
        ),
        {"leave_out": ("temperature",)},
    ),
    (
        "the same as the text of a list",
        400,
        json.dumps(
            {
                "message": "[{'type': 'extra_forbidden', 'loc': ('body', 'max_tokens'), 'msg': 'Extra inputs are not permitted'}]"
            }
        ),
        {"rename": {"max_tokens": "max_completion_tokens"}},
    ),
    (
        "a name that is not found, in a list of one",
        400,
        json.dumps(
            [
                {
                    "error": {
                        "code": 400,
                        "message": 'Invalid JSON payload received. Unknown name "temperature": Cannot find field.',
                    }
                }
            ]
        ),
        {"leave_out": ("temperature",)},
    ),
    (
        "a smaller value",
        400,
        openai("temperature must be less than or equal to 0.5", "temperature"),
        {"at_most": {"temperature": 0.5}},
    ),
    (
        "a smaller limit",
        400,
        openai(
            "max_tokens is too large: 4096. This model supports at most 2048 completion tokens, whereas you provided 4096."
        ),
        {"at_most": {"max_tokens": 2048}},
    ),
    ("no system role", 400, json.dumps({"message": "System role not supported", "code": 400}), {"system": "user"}),
    (
        "no such role",
        400,
        openai("Unsupported value: 'messages[0].role' does not support 'system' with this model.", "messages[0].role"),
        {"system": "user"},
    ),
    (
        "roles in turn",
        500,
        openai("Conversation roles must alternate user/assistant/user/assistant/..."),
        {"system": "user"},
    ),
    (
        "a field that must be there",
        400,
        openai("parameter.enable_thinking must be set to false for non-streaming calls"),
        {"body": {"enable_thinking": False}},
    ),
    (
        "the same, in another language",
        400,
        openai("parameter.enable_thinking必须设置为false"),
        {"body": {"enable_thinking": False}},
    ),
    (
        "a stream",
        400,
        openai("This model only support stream mode, please enable the stream parameter"),
        {"stream": True},
    ),
    (
        "a stream, said otherwise",
        400,
        openai("enable thinking can not be support when `stream=False`."),
        {"stream": True},
    ),
    (
        "another path",
        404,
        openai("This model is only supported in v1/responses and not in v1/chat/completions.", "model"),
        {"responses": True},
    ),
]


@pytest.mark.parametrize(("status", "text", "found"), [ask[1:] for ask in ASKS], ids=[ask[0] for ask in ASKS])
def test_what_a_refusal_asks_for_is_found(status: int, text: str, found: dict[str, Any]) -> None:
    assert amended(Wire(), SENT, Refusal(status, text)) == Wire(**found)


ASKS_NOTHING = [
    (
        400,
        openai(
            "The response was filtered due to the prompt triggering the content management policy.",
            "prompt",
            "content_filter",
        ),
    ),
    (
        400,
        openai("This model's maximum context length is 4096 tokens. However, you requested 6021 tokens.", "max_tokens"),
    ),
    (404, openai("The model `nobody` does not exist.", "model")),
    (400, json.dumps({"error": "model requires more system memory (8.4 GiB) than is available"})),
    (429, openai("Rate limit exceeded: only 3 requests a minute; the parameter temperature is not supported here")),
    (401, openai("Invalid API key: max_tokens not permitted")),
    (502, "<html>Bad gateway</html>"),
    (400, ""),
]


@pytest.mark.parametrize(("status", "text"), ASKS_NOTHING)
def test_a_refusal_that_asks_for_no_setting_changes_none(status: int, text: str) -> None:
    assert amended(Wire(), SENT, Refusal(status, text)) is None


def test_neither_name_of_the_limit_is_taken_in_the_end() -> None:
    wire = Wire()
    seen = []
    while (better := amended(wire, dressed_names(wire), Refusal(422, strict(dressed_names(wire))))) is not None:
        wire = better
        seen.append(wire)
    assert dressed_names(wire) == {}
    assert len(seen) == len(set(map(str, seen)))


def dressed_names(wire: Wire) -> dict[str, Any]:
    body = dressed(SENT, wire)
    return {**{k: v for k, v in body.items() if k != "extra_body"}, **body.get("extra_body", {})}


def strict(sent: dict[str, Any]) -> str:
    """An endpoint that knows no parameter at all names the first."""
    name = next(iter(sent), "")
    return json.dumps(
        {"detail": [{"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted"}]}
    )


@given(st.text(max_size=400), st.sampled_from([None, 200, 400, 422, 500]))
def test_no_text_breaks_the_reading_of_a_refusal(text: str, status: int | None) -> None:
    refusal = Refusal(status, text)
    assert isinstance(refusal.said, str)
    amended(Wire(), SENT, refusal)
    wants_less(text)
    room_left(text, 4096)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["error", "message", "param", "loc", "raw", "detail"]), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_no_json_breaks_the_reading_of_a_refusal(body: Any) -> None:
    refusal = Refusal(400, json.dumps(body))
    assert isinstance(refusal.said, str)
    better = amended(Wire(), SENT, refusal)
    assert better is None or better != Wire()


def test_a_question_that_fills_the_context_alone_is_told_from_one_that_leaves_room() -> None:
    assert has_no_room('{"message": "exceeds the available context size", "n_prompt_tokens": 3031, "n_ctx": 1024}')
    assert has_no_room("max_tokens must be at least 1, got -186.")
    assert not has_no_room(
        "maximum context length is 4096 tokens. However, you requested 6021 tokens (1925 in the messages)"
    )


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (
            "maximum context length is 4096 tokens. However, you requested 6021 tokens (1925 in the messages, 4096 in the completion)",
            2155,
        ),
        (
            "'max_tokens' is too large: 4096. This model's maximum context length is 8,192 tokens and your request has 5000 input tokens",
            3176,
        ),
        (
            '{"message": "request (3031 tokens) exceeds the available context size (1024 tokens)", "n_prompt_tokens": 3031, "n_ctx": 1024}',
            None,
        ),
        ("prompt is too long: 211180 tokens > 200000 maximum", None),
    ],
)
def test_the_room_that_a_long_question_leaves_is_reckoned(text: str, left: int | None) -> None:
    assert wants_less(text)
    assert room_left(text, 4096) == left


def test_a_system_text_that_no_role_takes_stands_at_the_head_of_the_question() -> None:
    messages = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "why?"},
        {"role": "assistant", "content": "so"},
    ]
    assert folded(messages) == [{"role": "user", "content": "be brief\n\nwhy?"}, {"role": "assistant", "content": "so"}]
    assert messages[0]["role"] == "system"


def test_settings_put_each_parameter_where_the_client_sends_it() -> None:
    wire = Wire(
        leave_out=("temperature",),
        rename={"max_tokens": "n_predict"},
        at_most={"max_tokens": 100},
        body={"think": False},
    )
    assert dressed({"model": "m", "messages": [], **SENT}, wire) == {
        "model": "m",
        "messages": [],
        "extra_body": {"n_predict": 100, "think": False},
    }
