"""Asking a model: the one place where calls are made, counted and stored.

A reply is in the ledger before anything is decided from it; a call whose key is there already is answered from it, so that
neither a crash nor a replay ever pays twice. A question that is refused is stored likewise: it fails its child, not the run.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from agents.breaker import Rota, Turn
from agents.endpoint import fault_of
from agents.exchange import Answer, Asked, Exchange, Messages, Times, usage_of
from agents.trouble import EndpointError
from agents.vain import Vain
from memory.ledger import Ledger
from memory.records import ModelCall
from memory.seeds import generator

if TYPE_CHECKING:
    from agents.settings import ModelChoice, Sampling

__all__ = ["Chat", "Messages", "ModelStopped", "Question", "ReplayDiverged"]


class ModelStopped(Exception):
    """A model answers nobody: the run stops with everything kept."""


class ReplayDiverged(Exception):
    """A replay asked something that the replayed run did not ask."""


@dataclass(frozen=True)
class Question:
    """What an agent asks. `seed` steers the offline model only; endpoints are sent temperature and token limit."""

    key: str
    candidate: str | None
    generation: int
    agent: Literal["architect", "breeder", "critic", "scribe"]
    persona: str | None
    model: str
    temperature: float
    seed: int
    messages: Messages = field(repr=False)


class Chat:
    """The models of one run."""

    def __init__(
        self,
        ledger: Ledger,
        models: Sequence[ModelChoice],
        sampling: Sampling,
        replay_from: Ledger | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = ledger
        self._choices = {m.name: m for m in reversed(models)} | {m.id: m for m in models}
        self._sampling = sampling
        self._replay = replay_from
        self._clock = clock  # seconds since the epoch
        self._run_seed = int(ledger.meta().get("seed", 0))
        self._rota = Rota(models, sampling, ledger.add_event)
        self._exchange = Exchange(ledger, models, sampling, self._rota, clock)
        self._asking: dict[str, asyncio.Lock] = {}
        self._vain = Vain(ledger, sampling.max_tokens)

    async def ask(self, question: Question) -> ModelCall:
        """The reply, from the ledger when this question was answered before, else from the model, or from another one of the run
        while that one is sick.

        A call with a `refusal` has no reply: the model refused this question, and answers others. Raises ModelStopped when it
        answers nobody, ReplayDiverged in a replay.
        """
        # several children may be waiting for one reply
        async with self._asking.setdefault(question.key, asyncio.Lock()):
            stored = self._ledger.call(question.key)
            if stored is None:
                stored = await self._call(question) if self._replay is None else self._replayed(question)
                self._ledger.put_call(stored)
            return stored

    def _replayed(self, question: Question) -> ModelCall:
        assert self._replay is not None
        found = self._replay.call(question.key)
        if found is None or found.messages != question.messages:
            why = "is not in it" if found is None else "was asked in other words"
            raise ReplayDiverged(
                f"replay left the stored run at {question.key}: this question {why}; "
                "the task, the prompts or the program's version have changed since"
            )
        return replace(found, failure=None)

    async def _call(self, question: Question) -> ModelCall:
        drawn = self._choices[question.model]
        times = Times(self._clock())
        sent = {"temperature": round(question.temperature, 3), "max_tokens": self._sampling.max_tokens}
        asked = Asked(question.key, question.messages, sent, question.seed)
        rng = generator(self._run_seed, "stand-in", question.key)
        turn, tried = self._rota.turn(drawn, rng), list[str]()
        while True:
            choice = turn.choice
            tried.append(choice.id)
            if fault := fault_of(choice):
                raise ModelStopped(fault)
            try:
                answer = await self._exchange.ask(turn, asked, times)
            except EndpointError as e:
                other = await self._instead(turn, e, tried, rng)
                if other is None:
                    self._ledger.add_event("unanswered", {"key": question.key, "model": choice.id, "why": str(e)})
                    return self._as_call(question, turn, drawn, sent, times, refusal=str(e))
                turn = other
                continue
            return self._record(question, turn, drawn, answer, times)

    async def _instead(self, turn: Turn, error: EndpointError, tried: Sequence[str], rng: random.Random) -> Turn | None:
        """Who answers in place of a model that did not; None where the question is to blame. Raises ModelStopped.

        `tried` are the models that did not, in turn; one may have become well again meanwhile, and is asked once more.
        """
        choice = turn.choice
        left = self._rota.over(turn) and len(tried) <= 1 + self._sampling.retries
        if left and (other := self._rota.another(tried, rng) or self._rota.another((choice.id,), rng)):
            return other
        if error.whose == "question" or (error.whose == "unknown" and await self._exchange.serves(choice)):
            return None
        self._rota.rest(choice, str(error))
        if other := self._rota.another(tried, rng):
            return other
        # no chain: it may hold the key
        raise ModelStopped(f"model '{choice.name}': {error}{_own(choice, error)}") from None

    def _as_call(
        self,
        question: Question,
        turn: Turn,
        drawn: ModelChoice,
        sent: dict[str, Any],
        times: Times,
        refusal: str = "",
    ) -> ModelCall:
        """The record of a call, as far as it is known without a reply."""
        choice = turn.choice
        return ModelCall(
            key=question.key,
            candidate=question.candidate,
            generation=question.generation,
            agent=question.agent,
            persona=question.persona,
            model=choice.name,
            offline=choice.offline,
            sampling=sent,
            messages=question.messages,
            reply="",
            finish="unanswered",
            tokens_in=0,
            tokens_out=0,
            cost_usd=0.0,
            latency_s=round(times.ended_at - times.begun_at, 4),
            refusal=refusal,
            asked_at=times.asked_at,
            begun_at=times.begun_at,
            stand_in="" if choice.id == drawn.id else choice.id,
        )

    def _record(self, question: Question, turn: Turn, drawn: ModelChoice, answer: Answer, times: Times) -> ModelCall:
        choice, message = turn.choice, answer.message
        counts = [usage_of(one) for one in answer.paid]
        tokens_in, tokens_out = sum(n for n, _ in counts), sum(n for _, n in counts)
        finish = str(message.response_metadata.get("finish_reason") or "stop")
        text = str(message.text)
        sent = {**answer.sent, **({"seed": question.seed} if choice.offline else {})}
        call = replace(
            self._as_call(question, turn, drawn, sent, times),
            model=str(message.response_metadata.get("model_name") or choice.name),
            reply=text,
            finish=finish,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            cost_usd=(tokens_in * choice.usd_per_million_in + tokens_out * choice.usd_per_million_out) / 1e6,
            refusal="a content filter of the endpoint withheld the answer"
            if finish == "content_filter" and not text
            else "",
        )
        self._vain.heard(choice, call)
        return call


def _own(choice: ModelChoice, error: EndpointError) -> str:
    """Which field that the user added to each request is named in the refusal, in whatever spelling."""
    text = error.refusal.plain if error.refusal else ""
    letters = re.sub("[^a-z]", "", text.lower())
    for name in choice.body:
        if re.search(rf"['\"`]{re.escape(name)}['\"`]", text) or (
            len(name) > 3 and name.lower().replace("_", "") in letters
        ):
            return f"; `{name}` comes from your models.body: leave it out there"
    return ""
