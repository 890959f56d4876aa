"""What went wrong with a question to an endpoint: in words with address, cause and cure, and whether trying again is any use."""

from __future__ import annotations

import json
import os
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Literal

from agents.endpoint import proxy_on_the_way
from agents.refusals import Refusal, has_no_room, wants_less

_PASSING = (408, 409, 425, 429)  # of 4xx: worth another try
_SPENT = re.compile(r"insufficient_quota|exceeded your current quota|per-day", re.IGNORECASE)  # no wait of ours helps
_OF_MODELS = re.compile(r"model|deployment|endpoints found", re.IGNORECASE)
_NO_MODEL = re.compile(
    r"\bmodel\b[^.]{0,60}\bnot (?:exist|found)|invalid model|not a valid model|no models? loaded|such model",
    re.IGNORECASE,
)
_NO_KEY = re.compile(
    r"(?:api[ _]?key|token)[^.]{0,40}(?:not valid|invalid|incorrect)|invalid api[ _]?key", re.IGNORECASE
)
_MODERATED = re.compile(r"moderation|flagged|policy", re.IGNORECASE)
_SHOWN = 300  # characters of a body
_CURES = {
    401: "check {key}",
    402: "the account has no credit left",
    403: "check {key}, and that the account may use this model",
    404: "is the model's name right? A weight is written NAME,weight=3",
    413: "the question is too large for this endpoint",
    429: "wait, lower sampling.parallel, or set the requests_per_minute of the model",
}

Whose = Literal["question", "model", "unknown"]


class EndpointError(Exception):
    """A question that was not answered, in one line without secrets."""

    def __init__(
        self, words: str, whose: Whose, again: bool = False, refusal: Refusal | None = None, wait_s: float | None = None
    ) -> None:
        super().__init__(without_secrets(words))
        self.whose: Whose = (
            whose  # whether it lies at this question, at the model for every question, or cannot be said
        )
        self.again = again  # whether the next try may fare better
        self.refusal = refusal  # what came instead of a completion, where something came
        self.wait_s = wait_s  # how long the endpoint asks to wait

    @property
    def slow_down(self) -> bool:
        """Whether the endpoint only wants to be asked less often."""
        return self.refusal is not None and self.refusal.status == 429


class NoCompletion(Exception):
    """An answer with a good status that is no completion; it may tell a status of its own."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text[:_SHOWN])
        self.status, self.text = status, text


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what caused it, the nearest first."""
    seen: set[int] = set()
    here: BaseException | None = error
    while here is not None and id(here) not in seen:
        seen.add(id(here))
        yield here
        here = here.__cause__ or here.__context__


def trouble(error: BaseException, address: str, key_env: str, waited_s: float) -> EndpointError:
    """What a failed call means. The causes are told by their types, however deep the client has wrapped them."""
    errors = list(chain(error))
    for one in errors:
        if isinstance(one, UnicodeEncodeError):
            what = ascii(one.object[one.start : one.end][:4])
            return EndpointError(f"the question holds {what}, which UTF-8 cannot encode", "question")
    for one in errors:
        if isinstance(one, NoCompletion):
            return _answered(address, one.status, one.text, key_env, None)
        status, response = getattr(one, "status_code", None), getattr(one, "response", None)
        body = getattr(one, "body", None)
        if status is None and isinstance(body, dict):  # an error in the middle of a stream
            code = body.get("code")
            return _answered(
                address, code if isinstance(code, int) and code >= 400 else 502, json.dumps(body), key_env, None
            )
        if isinstance(status, int) and response is not None:
            return _answered(address, status, _body(response), key_env, response.headers.get("retry-after"))
    proxy = proxy_on_the_way(address)
    who = f"{address} (through the proxy in {proxy})" if proxy else address
    for one in errors:
        if found := _unreached(one):
            what, cure = found
            cure = f"see {proxy} and NO_PROXY" if proxy else cure
            return EndpointError(f"{who} cannot be reached: {what}{_then(cure)}", "model", again=True)
    if any(isinstance(one, TimeoutError) or "Timeout" in type(one).__name__ for one in errors):
        words = f"{who} gave no answer within {waited_s:g} s; raise sampling.timeout_s, or see that the server runs"
        return EndpointError(words, "unknown", again=True)
    if any("Connect" in type(one).__name__ or isinstance(one, ConnectionError) for one in errors):
        return EndpointError(f"{who} cannot be reached: {errors[-1]}", "model", again=True)
    if any("Protocol" in type(one).__name__ or "ReadError" in type(one).__name__ for one in errors):
        return EndpointError(f"{who} broke off its answer: {errors[-1]}", "unknown", again=True)
    last = errors[-1]
    return _no_completion(address, f"{type(last).__name__}: {last}")


def _answered(address: str, status: int, text: str, key_env: str, retry_after: str | None) -> EndpointError:
    refusal = Refusal(status, text)
    if 200 <= status < 300:
        return _no_completion(address, text, refusal)
    cure = _CURES.get(status, "").format(key=key_env)
    if (status == 404 and not _OF_MODELS.search(text)) or "unexpected endpoint" in text.lower():
        cure = "is the address right? It mostly ends in /v1"
    if wants_less(text):
        shorter = "" if has_no_room(text) else "lower sampling.max_tokens, or "
        cure = f"{shorter}give the model more context"
    if status == 400 and _NO_MODEL.search(refusal.said):
        cure = _CURES[404]
    if status == 400 and _NO_KEY.search(refusal.said):
        cure = _CURES[401].format(key=key_env)
    if status == 403 and _MODERATED.search(text):
        cure = ""
    too_large = "too large" in text.lower()  # one question over what a minute may hold: no wait helps it
    whose: Whose = "model" if status in (401, 402) or (status == 429 and not too_large) else "unknown"
    again = (status in _PASSING or status >= 500) and not (too_large or _SPENT.search(text))
    words = f"{address} answered {status}: {_start(refusal.said)}{_then(cure)}"
    return EndpointError(words, whose, again, refusal, _seconds(retry_after))


def _no_completion(address: str, text: str, refusal: Refusal | None = None) -> EndpointError:
    cure = "is the address right? It mostly ends in /v1" if text.lstrip()[:1] == "<" or "/v1" not in address else ""
    words = f"{address} answered with something that is no chat completion: {_start(text)}{_then(cure)}"
    return EndpointError(words, "unknown", again=True, refusal=refusal)


def _unreached(error: BaseException) -> tuple[str, str] | None:
    """Why nobody was reached, and the cure."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = getattr(error, "verify_message", "") or error
        return f"certificate verify failed ({why})", "name the issuer's certificate with SSL_CERT_FILE"
    if isinstance(error, ssl.SSLError):
        return (
            f"no TLS connection ({error.reason or error})",
            "does the address begin with the right one of http and https?",
        )
    if isinstance(error, socket.gaierror):
        return f"unknown host ({error.strerror})", "is the address right?"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused", "does the server run, on this port?"
    if type(error).__name__ == "ProxyError":
        return f"the proxy refuses ({error})", ""
    return None


def _body(response: object) -> str:
    try:
        return str(getattr(response, "text", ""))
    except Exception:  # a stream that was not read, or bytes that are no text
        return ""


def _start(text: str) -> str:
    flat = " ".join(text.split()) or "(an empty body)"
    return flat if len(flat) <= _SHOWN else flat[:_SHOWN] + " ..."


def _then(cure: str) -> str:
    return f"; {cure}" if cure else ""


def _seconds(retry_after: str | None) -> float | None:
    said = (retry_after or "").strip()
    return float(said) if said.replace(".", "", 1).isdecimal() and said.isascii() else None


def without_secrets(text: str) -> str:
    """One line in which no secret of the environment stands: some servers repeat the key in their error text."""
    text = " ".join(text.split())
    for name, value in os.environ.items():
        if len(value.strip()) >= 6 and any(word in name.upper() for word in ("KEY", "TOKEN", "SECRET", "PASSWORD")):
            text = text.replace(value.strip(), "[secret]")
    return text
