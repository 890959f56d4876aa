"""One question to one model: sent in its turn, tried again, and put as its endpoint wants it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.breaker import Rota, Turn
from agents.endpoint import address_of
from agents.hedge import Pulse, Raced, raced
from agents.pace import Line, Window, estimate
from agents.refusals import amended, room_left
from agents.settings import Wire
from agents.trouble import EndpointError, trouble
from agents.wire import as_sent
from memory.ledger import Ledger

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

    from agents.settings import ModelChoice, Sampling

Messages = list[dict[str, str]]
_PROBE: Messages = [{"role": "user", "content": "Reply with the one word: yes"}]
_MOST_AMENDED = 8  # settings that one call may find out; each is tried once


@dataclass
class Times:
    """When a call was asked for, and when its last request was sent and ended: seconds since the epoch; 0 for what was not."""

    asked_at: float
    begun_at: float = 0.0
    ended_at: float = 0.0


@dataclass(frozen=True)
class Asked:
    """What is sent, whoever answers. `seed` steers the offline model only; `key` names the question in the log."""

    key: str
    messages: Messages
    sent: dict[str, Any]
    seed: int


@dataclass(frozen=True)
class Answer:
    """A reply as it came, with what was sent for it, and all the replies that were paid for: one, or two of a hedged call."""

    message: AIMessage
    sent: dict[str, Any]
    paid: tuple[AIMessage, ...]


class Exchange:
    """The endpoints of one run: clients, what was found out about each, and how fast each is asked."""

    def __init__(
        self, ledger: Ledger, models: Sequence[ModelChoice], sampling: Sampling, rota: Rota, clock: Callable[[], float]
    ) -> None:
        self._ledger, self._sampling, self._rota, self._clock = ledger, sampling, rota, clock
        slots = asyncio.Semaphore(sampling.parallel)
        self._lines = {m.id: Line(Window(m.requests_per_minute, m.tokens_per_minute), slots) for m in models}
        self._pulses = {m.id: Pulse() for m in models}
        self._clients: dict[tuple[str, str], BaseChatModel] = {}
        self._found: dict[str, Any] = ledger.meta().get("wires", {})  # what was found by itself, by the model's id

    async def ask(self, turn: Turn, asked: Asked, times: Times) -> Answer:
        """One answer, after as many tries as it takes. What a refusal asks for is tried, and kept when it was answered.

        Raises EndpointError, at once when the model goes to rest meanwhile.
        """
        return await self._exchange(turn, asked, times, self._sampling.retries, probe=False)

    async def serves(self, choice: ModelChoice) -> bool:
        """Whether the model answers a question that nobody could take offence at."""
        probe = Asked("probe", _PROBE, {"max_tokens": self._sampling.max_tokens}, 0)
        try:
            await self._exchange(Turn(choice, 0), probe, Times(0.0), 1, probe=True)
        except EndpointError:
            return False
        return True

    async def _exchange(self, turn: Turn, asked: Asked, times: Times, retries: int, probe: bool) -> Answer:
        choice, sent = turn.choice, asked.sent
        wire = before = self._wire(choice)
        attempt = amendments = 0
        while True:
            try:
                came = await self._once(turn, wire, asked, sent, times, probe)
            except EndpointError as e:
                if e.refusal is not None and amendments < _MOST_AMENDED:
                    amendments += 1
                    if (left := room_left(e.refusal.text, sent["max_tokens"])) is not None:
                        sent = {**sent, "max_tokens": left}  # of this question alone
                        continue
                    ours = wire.model_copy(update={"body": {}})  # what the user adds is the user's to take away
                    params = {**as_sent(sent, ours), **({"stream_options": {}} if wire.stream else {})}
                    if (better := amended(wire, params, e.refusal)) is not None:
                        wire = better
                        continue
                if e.wait_s is not None:
                    self._lines[choice.id].hold(e.wait_s)
                if e.again and not e.slow_down and not probe:
                    self._rota.failed(turn, asked.key, str(e))
                if not e.again or attempt >= retries or (not probe and self._rota.over(turn)):
                    raise
                wait_s = self._wait_s(e, attempt)
                if not probe:
                    retried = {"key": asked.key, "model": choice.id, "why": str(e), "wait_s": round(wait_s, 2)}
                    self._ledger.add_event("retried", retried)
                attempt += 1
                await asyncio.sleep(wait_s)
                if not probe and self._rota.over(turn):
                    raise
                continue
            self._rota.answered(choice)
            if wire != before:
                self._keep(choice, wire)
            paid = tuple(message for message in came if message is not None)
            return Answer(came.won, as_sent(sent, wire), paid)

    async def _once(
        self, turn: Turn, wire: Wire, asked: Asked, sent: dict[str, Any], times: Times, probe: bool
    ) -> Raced[AIMessage]:
        """One try, in its turn; of two requests where the first is slow and that is wished for."""
        choice = turn.choice
        line, pulse = self._lines[choice.id], self._pulses[choice.id]
        tokens = estimate(asked.messages, sent["max_tokens"])
        place = await line.place(tokens, lambda: not probe and self._rota.over(turn))
        if place is None:
            raise EndpointError(f"model '{choice.name}' rests", "model")
        places = [place]
        came: Raced[AIMessage] = Raced(None, None)
        hedges = self._sampling.hedge and not choice.offline and not probe
        patience_s = pulse.patience_s() if hedges else None

        async def again() -> Any:
            if (second := await line.place_at_once(tokens)) is None:
                return None
            places.append(second)
            pulse.sent_again()
            return self._request(choice, wire, asked, sent)

        times.begun_at, started = self._clock(), time.monotonic()
        try:
            came = await raced(self._request(choice, wire, asked, sent), again, patience_s)
            pulse.answered(time.monotonic() - started)
            return came
        finally:
            times.ended_at = self._clock()
            for place, message in zip(places, came, strict=False):
                line.leave(place, _counted(message))
            if len(places) > 1:
                self._tell_hedged(choice, asked, patience_s or 0.0, came)

    async def _request(self, choice: ModelChoice, wire: Wire, asked: Asked, sent: dict[str, Any]) -> AIMessage:
        spoken = [(m["role"].replace("assistant", "ai"), m["content"]) for m in asked.messages]
        client = self._client(choice, wire)
        if choice.offline:
            return await client.ainvoke(spoken, **sent, seed=asked.seed)
        try:
            return await asyncio.wait_for(client.ainvoke(spoken, **sent), self._sampling.timeout_s)
        except Exception as e:  # whatever the client makes of what a stranger answered
            raise trouble(e, address_of(choice), choice.key_env, self._sampling.timeout_s) from None

    def _tell_hedged(self, choice: ModelChoice, asked: Asked, after_s: float, came: Raced[AIMessage]) -> None:
        """Say that a second request was sent, and what is not known of its price."""
        answered = [name for name in ("first", "second") if getattr(came, name) is not None]
        unknown = "" if len(answered) == 2 else "what the request cost that was given up"
        told = {"key": asked.key, "model": choice.id, "after_s": round(after_s, 3)}
        self._ledger.add_event("hedged", {**told, "answered": answered, "unknown": unknown})

    def _wait_s(self, error: EndpointError, attempt: int) -> float:
        """Seconds until the next try."""
        backoff = self._sampling.backoff_s * 2**attempt * random.uniform(0.8, 1.2)
        return min(60.0, backoff if error.wait_s is None else error.wait_s)

    def _wire(self, choice: ModelChoice) -> Wire:
        """The settings of the model, with what the run has found out."""
        found = self._found.get(choice.id)
        return choice.settings if found is None else Wire.model_validate(found)

    def _keep(self, choice: ModelChoice, wire: Wire) -> None:
        """Remember for the run what made the endpoint answer, and say it once."""
        found = wire.model_dump(mode="json", exclude_defaults=True)
        if self._found.get(choice.id) != found:
            self._found = {**self._found, choice.id: found}
            self._ledger.set_meta("wires", self._found)
            self._ledger.add_event("adapted", {"model": choice.id, "settings": wire.in_words()})

    def _client(self, choice: ModelChoice, wire: Wire) -> BaseChatModel:
        key = (choice.id, wire.model_dump_json())
        if key not in self._clients:
            if choice.offline:
                from agents.offline import OfflineChatModel

                self._clients[key] = OfflineChatModel(name=choice.name)
            else:
                from agents.client import connect

                self._clients[key] = connect(choice, wire, self._lines[choice.id].heed)
        return self._clients[key]


def usage_of(message: AIMessage) -> tuple[int, int]:
    """Tokens of question and reply, as the endpoint counted them; 0 where it did not."""
    usage = message.usage_metadata or {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    return int(usage["input_tokens"] or 0), int(usage["output_tokens"] or 0)


def _counted(message: AIMessage | None) -> int | None:
    """What a reply cost, where that is known."""
    return (sum(usage_of(message)) or None) if message is not None else None
