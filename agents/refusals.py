"""What a refusal says: which setting of a model it asks for, or that this one question is too long.

Pure: the text of an answer in, settings out. A setting that is tried because of a refusal is kept only once it was answered.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agents.settings import Wire

_OF_THE_ACCOUNT = (401, 402, 403, 429)  # these name no parameter, whatever words stand in them
_FIRM = ("model", "messages", "input", "stream")  # no refusal takes these away
_TOKENS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_OBJECTS = re.compile(
    r"\b(?:un(?:supported|recogni[sz]ed|known|expected|processable)|not (?:supported|permitted|allowed|valid|available|recogni[sz]ed)|"
    r"(?:does|do|is|are)(?: not|n't) (?:support|allow|accept|recogni[sz]e|permit)\w*|invalid|extra|deprecated|forbidden|must|only|cannot|"
    r"can't|should|exceed\w*|range|too (?:large|high|big|many)|at most|less than|greater than|out of|maximum)\b",
    re.IGNORECASE,
)
_INSTEAD = re.compile(r"(?:use|try|replaced by|in favou?r of)[ '\"`]*(\w+)[ '\"`]*(?:instead)?", re.IGNORECASE)
_MUST_BE = re.compile(
    r"['\"`]?(?:parameters?\.)?([A-Za-z_]+)['\"`]? ?(?:(?:must|should|needs to|has to) (?:only )?be (?:set to )?|必须设置为)['\"`]?(true|false)",
    re.IGNORECASE,
)
_MOST = re.compile(
    r"(?:<=?|≤|at most|less than(?: or equal to)?|no more than|not exceed|up to|maximum (?:value )?(?:of|is)?|supports at most|"
    r"between \[?-?[\d.]+(?: and|,| to)|range\b[^\d\[(]{0,30}[\[(]?\s*-?[\d.]+\s*(?:,|to|and|-|\.\.))[\s:]*(\d+(?:\.\d+)?)"
    r"|> (\d+), which is the maximum",
    re.IGNORECASE,
)
_ONLY_DEFAULT = re.compile(r"only the default|default \(?\d|only supports? the default", re.IGNORECASE)
_STREAM = re.compile(
    r"(?:only|must|required?|enable|needs?|non-?)[^.]{0,60}\bstream(?:ing)?\b|\bstream(?:ing)? (?:is |mode is )?(?:required|only)"
    r"|\bstream\b[^.]{0,20}(?:must|should) be (?:set to )?true|text/event-stream|stream\W{0,3}=\W{0,3}false|非流式",
    re.IGNORECASE,
)
_SYSTEM = re.compile(
    r"\bsystem (?:role|message|prompt|instruction)s?\b|\brole[^.]{0,60}\bsystem\b|developer (?:instruction|role|message)"
    r"|does not support '?system|roles must alternate|only user\b[^.]{0,40}\broles? (?:is|are) supported",
    re.IGNORECASE,
)
_RESPONSES = re.compile(r"v1/responses|responses (?:api|endpoint)|not a chat model", re.IGNORECASE)
_CONTEXT = re.compile(
    r"context (?:length|window|size)|maximum (?:context|sequence|model) length|context_length_exceeded|prompt is too long|too many tokens"
    r"|exceed\w*[^.]{0,40}\bcontext|input (?:is too long|tokens? exceed)|token count[^.]{0,30}exceeds|model token limit"
    r"|max_tokens must be at least 1|reduce the length|\bn_ctx\b|max_model_len",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Refusal:
    """An answer that is no completion: its status, and the body as far as it is read."""

    status: int | None
    text: str

    @property
    def said(self) -> str:
        """What a person should read of it: the messages in a body of a usual form, else the body."""
        found = []
        for item in _mappings(self.text):
            found += [item[name] for name in ("message", "error", "raw") if isinstance(item.get(name), str)]
        return " / ".join(text for text in dict.fromkeys(found) if text.strip()[:1] not in ("", "{", "[")) or self.text

    @property
    def param(self) -> str:
        """The parameter that a structured refusal names; empty where it names none."""
        for item in _mappings(self.text):
            for found in (item.get("param"), _last(item.get("loc"))):
                if isinstance(found, str) and found:
                    return found
        return ""

    @property
    def plain(self) -> str:
        """The body as it is searched: without the escapes of a text inside a text."""
        text = self.text
        with contextlib.suppress(ValueError, RecursionError):
            text = json.dumps(json.loads(text), ensure_ascii=False)
        return text.replace('\\"', '"').replace("\\n", " ").replace("\\", "")


def amended(wire: Wire, sent: Mapping[str, Any], refusal: Refusal) -> Wire | None:
    """The settings that this refusal asks for; None where it asks for nothing that can be set, or for what is set already.

    `sent` are the parameters as they went out. The first rule that changes something holds.
    """
    if refusal.status in _OF_THE_ACCOUNT:
        return None
    text = refusal.plain
    for changed in _changes(wire, sent, refusal.param, text):
        if changed != wire:
            return changed
    return None


def _changes(wire: Wire, sent: Mapping[str, Any], param: str, text: str) -> Iterator[Wire]:
    if _RESPONSES.search(text) and not wire.responses:
        yield wire.model_copy(update={"responses": True})
    if wants_less(text):
        return  # of this question, not of the model
    if found := _MUST_BE.search(text):
        name, value = found[1], found[2].lower() == "true"
        if name not in _FIRM:
            yield wire.model_copy(update={"body": {**wire.body, name: value}})
    if wire.stream and param == "stream":
        yield wire.model_copy(update={"stream": False})
    named = _named(param, sent, text)
    if named is None:
        if _SYSTEM.search(text) or param.startswith("messages"):
            yield wire.model_copy(update={"system": "user"})
        if _STREAM.search(text):
            yield wire.model_copy(update={"stream": True})
        return
    ours = next((old for old, new in wire.rename.items() if new == named), named)
    if ours != named:  # neither name is taken
        yield _without(wire, ours)
    other = next((t for t in _INSTEAD.findall(text) if t in _TOKENS and t != named), "")
    if named in _TOKENS and (other or _is_unknown(text)):
        swap = other or next(t for t in _TOKENS[1::-1] if t != named)
        yield wire.model_copy(update={"rename": {**wire.rename, ours: swap}})
    if (most := _most(text, sent.get(named))) is not None:
        yield wire.model_copy(update={"at_most": {**wire.at_most, ours: most}})
    yield _without(wire, ours)


def _without(wire: Wire, name: str) -> Wire:
    """The settings with this parameter left out, whatever else was tried with it."""
    rest = {field: {k: v for k, v in getattr(wire, field).items() if k != name} for field in ("rename", "at_most")}
    return wire.model_copy(update={**rest, "leave_out": tuple(dict.fromkeys((*wire.leave_out, name)))})


def _named(param: str, sent: Mapping[str, Any], text: str) -> str | None:
    """Which of the sent parameters is refused."""
    known = [name for name in sent if name not in _FIRM]
    if param in known:
        return param
    if param in ("max_tokens", "max_completion_tokens"):
        return next((name for name in known if name in _TOKENS), None)
    if not _OBJECTS.search(text):
        return None
    found = [(at.start(), name) for name in known if (at := re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text))]
    return min(found)[1] if found else None


def _is_unknown(text: str) -> bool:
    return (
        re.search(r"extra|un(?:known|recogni[sz]ed|expected|supported)|not (?:permitted|allowed|supported)", text, re.I)
        is not None
    )


def _most(text: str, value: Any) -> float | None:
    """The largest value that is taken, where the refusal says one below what was sent."""
    if not isinstance(value, int | float) or _ONLY_DEFAULT.search(text):
        return None
    fitting = [float(a or b) for a, b in _MOST.findall(text) if 0 < float(a or b) < value]
    return max(fitting, default=None)


def wants_less(text: str) -> bool:
    """Whether a refusal says that the question, with the reply that it asks for, is too long for the model."""
    return _CONTEXT.search(text) is not None


def room_left(text: str, asked: int) -> int | None:
    """How many tokens the reply may have, where a refusal for length says the model's context and the question's part of it."""
    lengths = _lengths(text)
    if lengths is None:
        return None
    left = lengths[0] - lengths[1] - 16
    return left if 64 <= left < asked else None


def has_no_room(text: str) -> bool:
    """Whether a refusal for length says that the question alone fills the context: no shorter reply helps then."""
    lengths = _lengths(text)
    return (lengths is not None and lengths[1] >= lengths[0]) or "at least 1, got -" in text


def _lengths(text: str) -> tuple[int, int] | None:
    """The model's context and the question's length in tokens, where both are told."""
    plain = text.replace(",", "")
    whole = re.search(
        r"(?:context (?:length|window|size)|maximum length|max_model_len|n_ctx)\D{0,40}?(\d{3,})", plain, re.I
    )
    part = re.search(
        r"n_prompt_tokens\D{0,4}(\d+)|(\d+)\s*(?:tokens? )?(?:in|from|of) (?:the |your )?(?:messages|prompt|input)"
        r"|(\d+) (?:input|prompt) tokens|(?:prompt|request)(?: has| contains|:)? (\d+) (?:input |prompt )?tokens",
        plain,
        re.I,
    )
    if not whole or not part:
        return None
    return int(whole[1]), int(next(group for group in part.groups() if group))


def _mappings(text: str) -> Iterator[Mapping[str, Any]]:
    """Every object in a JSON text, the outer ones first; nothing where it is no JSON."""
    try:
        waiting = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    for item in waiting:  # grows as it is walked
        if isinstance(item, dict):
            yield item
            waiting += list(item.values())
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, str) and item.lstrip()[:1] in ("{", "["):
            with contextlib.suppress(ValueError, RecursionError):
                waiting.append(json.loads(item))


def _last(loc: Any) -> Any:
    return loc[-1] if isinstance(loc, list) and loc else None
