"""The client of an endpoint: `ChatOpenAI` with what is peculiar to the model put on the wire, and answers looked at as they come.

Heavy: langchain and openai are imported here, so this file is imported where a question is asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

import openai
from langchain_core.outputs import ChatResult
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from agents.endpoint import address_of, key_of
from agents.settings import ModelChoice, Wire
from agents.trouble import NoCompletion
from agents.wire import dressed

_BROKEN = ("error", "network_error", "insufficient_system_resource")  # finish reasons of a reply that broke off


class _Unread(NoCompletion, openai.OpenAIError):
    """As the client lets it through: any other exception it would take for a cut connection."""


class EndpointModel(ChatOpenAI):
    """A model of an OpenAI-compatible endpoint, spoken to as its settings say."""

    wire: Wire = Wire()

    def _get_request_payload(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        payload = super()._get_request_payload(*args, **kwargs)
        # the older name, which every server knows; those that know the newer one alone say so
        if "max_completion_tokens" in payload:
            payload["max_tokens"] = payload.pop("max_completion_tokens")
        return dressed(payload, self.wire)

    def _create_chat_result(self, response: Any, generation_info: dict[str, Any] | None = None) -> ChatResult:
        return super()._create_chat_result(_plain(response), generation_info)


def connect(choice: ModelChoice, wire: Wire, heed: Callable[[Mapping[str, str]], None]) -> EndpointModel:
    """A client for this model; retries are ours alone, since two layers would multiply. `heed` is told the headers of each answer."""

    async def look(response: Any) -> None:
        heed(response.headers)
        await _look(response)

    hooks = {"request": [_note], "response": [look]}
    return EndpointModel(
        wire=wire,
        model=choice.name,
        base_url=address_of(choice),
        api_key=SecretStr(key_of(choice)),
        max_retries=0,
        streaming=wire.stream,
        stream_usage=wire.stream,
        http_socket_options=(),  # as httpx has it, so that proxies in the environment are heeded
        use_responses_api=wire.responses,
        http_async_client=openai.DefaultAsyncHttpxClient(event_hooks=cast(Any, hooks)),
        http_client=openai.DefaultHttpxClient(),
    )


async def _note(request: Any) -> None:
    """What is sent is kept with the request, so that an answer can be held against it."""
    request.extensions["streams"] = b'"stream":true' in request.content.replace(b" ", b"")


async def _look(response: Any) -> None:
    """Raise NoCompletion for an answer of a good status that is none: an error inside it, no choices, or no JSON."""
    if response.status_code >= 300:
        return  # the client's own errors tell it
    kind = response.headers.get("content-type", "")
    if "event-stream" in kind:
        if response.request.extensions.get("streams"):
            return
        await response.aread()
        raise _Unread(response.status_code, f"text/event-stream, though no stream was asked for: {response.text[:200]}")
    await response.aread()
    text = response.text
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        raise _Unread(response.status_code, text) from None
    if (status := _fault(body, response.status_code)) is not None:
        raise _Unread(status, text)


def _fault(body: Any, status: int) -> int | None:
    """The status that an answer tells when it is no completion; None when it is one."""
    if not isinstance(body, dict):
        return status
    choices = body.get("choices", body.get("output"))
    first = choices[0] if isinstance(choices, list) and choices else None
    for place in (body, first):
        error = place.get("error") if isinstance(place, dict) else None
        if error:
            code = error.get("code", error.get("status")) if isinstance(error, dict) else None
            said = int(code) if isinstance(code, int | str) and str(code).isdecimal() and str(code).isascii() else 0
            return said if 400 <= said < 600 else 400 if isinstance(error, str) else 502
    if not isinstance(first, dict):
        return status
    if first.get("finish_reason") in _BROKEN:
        return 502
    return None if isinstance(first.get("message"), dict) or "output" in body else status


def _plain(response: Any) -> dict[str, Any]:
    """What we read of a completion, in the one form that every client understands; servers are free with the rest."""
    body = response if isinstance(response, dict) else response.model_dump(warnings=False)
    first = body["choices"][0]
    message, usage = first["message"], body.get("usage")
    counts = {
        name: int(value)
        for name, value in (usage.items() if isinstance(usage, dict) else ())
        if name in ("prompt_tokens", "completion_tokens", "total_tokens") and isinstance(value, int | float)
    }
    text = {"role": "assistant", "content": _text(message.get("content")), "refusal": message.get("refusal")}
    if not text["content"] and isinstance(message.get("refusal"), str):
        text["content"] = message["refusal"]
    finish = first.get("finish_reason")
    return {
        "model": body["model"] if isinstance(body.get("model"), str) else None,
        "choices": [{"index": 0, "finish_reason": finish if isinstance(finish, str) else None, "message": text}],
        "usage": counts or None,
    }


def _text(content: Any) -> str:
    """The text of a message, whose parts may be of several kinds; what was thought aloud is left out."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        return _text(content.get("text"))
    if isinstance(content, list):
        return "".join(
            _text(p) for p in content if not isinstance(p, dict) or p.get("type", "text") in ("text", "output_text")
        )
    return ""
