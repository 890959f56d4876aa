"""How fast a model is asked: the requests and tokens that a minute may hold, and what its endpoint says by itself.

A question goes when the sixty seconds before it leave room for it. Calls of one model wait in the order in which they came, and
while they wait they hold no place among those that may be sent at once, so that another model's calls pass them.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

MINUTE_S = 60.0
LONGEST_HOLD_S = 60.0  # an endpoint may ask for hours; a question is tried before
_GLANCE_S = 1.0  # so often the head of a line looks whether its model has gone to rest
_CHARACTERS = 4  # of a token, about; corrected by what the endpoint counts
_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass
class Sent:
    """A request that went out: when, and how many tokens it is taken to cost."""

    at: float
    tokens: int


class Window:
    """What went to a model within the last minute. Pure: the moment is told, in seconds of any clock."""

    def __init__(self, requests: int, tokens: int, length_s: float = MINUTE_S) -> None:
        """At most so many requests and tokens within `length_s`; 0 means no limit."""
        self._requests, self._tokens, self._length_s = requests, tokens, length_s
        self._sent: deque[Sent] = deque()
        self._held_until = 0.0

    def wait_s(self, now: float, tokens: int) -> float:
        """Seconds until a question of so many tokens may go. One that is larger than the limit goes alone."""
        self._forget(now)
        at, count, total = max(now, self._held_until), len(self._sent), sum(one.tokens for one in self._sent)
        for one in self._sent:
            many = bool(self._requests) and count >= self._requests
            if not many and (not self._tokens or total + tokens <= self._tokens):
                break
            at, count, total = max(at, one.at + self._length_s), count - 1, total - one.tokens
        return at - now

    def take(self, now: float, tokens: int) -> Sent:
        """Count a question that goes now."""
        sent = Sent(now, tokens)
        if self._requests or self._tokens:
            self._sent.append(sent)
        return sent

    def hold(self, until: float) -> None:
        """Nothing goes before this moment."""
        self._held_until = max(self._held_until, until)

    def _forget(self, now: float) -> None:
        while self._sent and self._sent[0].at + self._length_s <= now:
            self._sent.popleft()


class Line:
    """The calls of one model, in the order in which they came. `slots` are the places of all models together."""

    def __init__(self, window: Window, slots: asyncio.Semaphore, clock: Callable[[], float] = time.monotonic) -> None:
        self._window, self._slots, self._clock = window, slots, clock
        self._first = asyncio.Lock()  # whoever holds it is at the head of the line
        self._news = asyncio.Event()  # a question turned out to be smaller than was thought

    async def place(self, tokens: int, given_up: Callable[[], bool]) -> Sent | None:
        """Wait for the turn and for a place, which the caller gives back with `leave`; None for a call that was given up meanwhile."""
        async with self._first:
            while not given_up():
                if (wait_s := self._window.wait_s(self._clock(), tokens)) > 0:
                    self._news.clear()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(min(wait_s, _GLANCE_S)):
                            await self._news.wait()
                    continue
                await self._slots.acquire()
                # what was free before the place was may be taken: the endpoint may have asked to wait
                if self._window.wait_s(now := self._clock(), tokens) <= 0:
                    return self._window.take(now, tokens)
                self._slots.release()
        return None

    async def place_at_once(self, tokens: int) -> Sent | None:
        """A place if nobody has to wait for it; None otherwise."""
        now = self._clock()
        if self._first.locked() or self._slots.locked() or self._window.wait_s(now, tokens) > 0:
            return None
        await self._slots.acquire()  # free, so nothing comes between
        return self._window.take(now, tokens)

    def leave(self, sent: Sent, tokens: int | None) -> None:
        """Give the place back; `tokens` is what the request cost, where that is known."""
        self._slots.release()
        if tokens is not None:
            sent.tokens = tokens
            self._news.set()

    def hold(self, wait_s: float) -> None:
        """No call of this model goes for so many seconds, as its endpoint asks."""
        self._window.hold(self._clock() + min(wait_s, LONGEST_HOLD_S))

    def heed(self, headers: Mapping[str, str]) -> None:
        """Wait for what the headers of an answer say: nothing remains of the requests or the tokens until they are reset."""
        for what in ("requests", "tokens"):
            reset_s = span_s(headers.get(f"x-ratelimit-reset-{what}", ""))
            if headers.get(f"x-ratelimit-remaining-{what}", "").strip() == "0" and reset_s is not None:
                self.hold(reset_s)


def estimate(messages: Sequence[Mapping[str, str]], max_tokens: int) -> int:
    """Tokens that a question and the longest reply to it may cost, before anybody has counted them."""
    return sum(len(m["content"]) for m in messages) // _CHARACTERS + max_tokens


def span_s(text: str) -> float | None:
    """Seconds in a span of time such as `7.66s`, `6m0s`, `120ms` or `12`; None in anything else."""
    text = text.strip()
    if re.fullmatch(r"\d+(?:\.\d+)?", text, re.ASCII):
        return float(text)
    parts = _SPAN.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNITS_S[unit] for number, unit in parts)
