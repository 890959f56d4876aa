"""How a question is put on the wire for one model: the payload with what is peculiar to its endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.settings import Wire


def dressed(payload: Mapping[str, Any], wire: Wire) -> dict[str, Any]:
    """The payload as this endpoint takes it: fields that the client does not know are in `extra_body`."""
    body = dict(payload)
    for name in wire.leave_out:
        body.pop(name, None)
    for name, most in wire.at_most.items():
        if isinstance(body.get(name), int | float):
            body[name] = min(body[name], type(body[name])(most))
    extra: dict[str, Any] = dict(body.pop("extra_body", None) or {})
    for old, new in wire.rename.items():
        if old in body:
            extra[new] = body.pop(old)
    extra |= wire.body
    if wire.system == "user" and "messages" in body:
        body["messages"] = folded(body["messages"])
    return body | ({"extra_body": extra} if extra else {})


def as_sent(parameters: Mapping[str, Any], wire: Wire) -> dict[str, Any]:
    """The parameters as they stand in the body of the request."""
    body = dressed(parameters, wire)
    extra = body.pop("extra_body", {})
    return {**body, **extra}


def folded(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages without a system role: its text stands at the head of the first user's message."""
    said = [m["content"] for m in messages if m["role"] in ("system", "developer")]
    rest = [dict(m) for m in messages if m["role"] not in ("system", "developer")]
    if said and rest:
        rest[0]["content"] = "\n\n".join([*said, rest[0]["content"]])
    return rest or [{"role": "user", "content": "\n\n".join(said)}]
