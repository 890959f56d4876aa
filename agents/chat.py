"""Asking a model: the one place where calls are made, retried, counted and stored.

A reply is in the ledger before anything is decided from it; a call whose key is there already is answered from it, so that
neither a crash nor a replay ever pays twice. A question that is refused is stored likewise: it fails its child, not the run.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from agents.endpoint import address_of, fault_of
from agents.refusals import amended, room_left
from agents.settings import Wire
from agents.trouble import EndpointError, trouble
from agents.wire import as_sent
from memory.ledger import Ledger
from memory.records import ModelCall

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

    from agents.settings import ModelChoice, Sampling

Messages = list[dict[str, str]]
_PROBE: Messages = [{"role": "user", "content": "Reply with the one word: yes"}]
_MOST_AMENDED = 8  # settings that one call may find out; each is tried once
_IN_A_ROW = 4  # replies without an answer, before that is told


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


@dataclass(frozen=True)
class _Answer:
    """A reply as it came, with what was sent for it."""

    message: AIMessage
    sent: dict[str, Any]
    latency_s: float


class Chat:
    """The models of one run."""

    def __init__(
        self, ledger: Ledger, models: Sequence[ModelChoice], sampling: Sampling, replay_from: Ledger | None = None
    ) -> None:
        self._ledger = ledger
        self._choices = {m.name: m for m in reversed(models)} | {m.id: m for m in models}
        self._sampling = sampling
        self._replay = replay_from
        self._slots = asyncio.Semaphore(sampling.parallel)
        self._clients: dict[tuple[str, str], BaseChatModel] = {}
        self._found: dict[str, Any] = ledger.meta().get("wires", {})  # what was found by itself, by the model's id
        self._vain: Counter[str] = Counter()  # replies in a row that were cut off or empty, by the model's id
        self._told: set[tuple[str, str]] = set()  # of which models that was said, and how they ended

    async def ask(self, question: Question) -> ModelCall:
        """The reply, from the ledger when this question was answered before, else from the model.

        A call with a `refusal` has no reply: the model refused this question, and answers others. Raises ModelStopped when it
        answers nobody, ReplayDiverged in a replay.
        """
        stored = self._ledger.call(question.key)
        if stored is None:
            if self._replay is not None:
                stored = self._replayed(question)
            else:
                async with self._slots:
                    stored = await self._call(question)
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
        choice = self._choices[question.model]
        if fault := fault_of(choice):
            raise ModelStopped(fault)
        started = time.monotonic()
        sent = {"temperature": round(question.temperature, 3), "max_tokens": self._sampling.max_tokens}
        try:
            answer = await self._exchange(choice, question.messages, sent, question, self._sampling.retries)
        except EndpointError as e:
            if e.whose == "model" or (e.whose == "unknown" and not await self._answers(choice)):
                raise ModelStopped(
                    f"model '{choice.name}': {e}{_own(choice, e)}"
                ) from None  # no chain: it may hold the key
            self._ledger.add_event("unanswered", {"key": question.key, "model": choice.id, "why": str(e)})
            return self._as_call(question, choice, sent, time.monotonic() - started, refusal=str(e))
        return self._record(question, choice, answer)

    async def _answers(self, choice: ModelChoice) -> bool:
        """Whether the model answers a question that nobody could take offence at."""
        try:
            await self._exchange(choice, _PROBE, {"max_tokens": self._sampling.max_tokens}, None, retries=1)
        except EndpointError:
            return False
        return True

    async def _exchange(
        self, choice: ModelChoice, messages: Messages, sent: dict[str, Any], question: Question | None, retries: int
    ) -> _Answer:
        """One answer, after as many tries as it takes. What a refusal asks for is tried, and kept when it was answered.

        Raises EndpointError.
        """
        wire = before = self._wire(choice)
        attempt = amendments = 0
        while True:
            started = time.monotonic()
            try:
                message = await self._once(choice, wire, messages, sent, question)
            except EndpointError as e:
                if e.refusal is not None and amendments < _MOST_AMENDED:
                    amendments += 1
                    if (left := room_left(e.refusal.text, sent["max_tokens"])) is not None:
                        sent = {**sent, "max_tokens": left}  # of this question alone
                        continue
                    ours = wire.model_copy(update={"body": {}})  # what the user adds is the user's to take away
                    asked = {**as_sent(sent, ours), **({"stream_options": {}} if wire.stream else {})}
                    if (better := amended(wire, asked, e.refusal)) is not None:
                        wire = better
                        continue
                if not e.again or attempt >= retries:
                    raise
                wait_s = self._wait_s(e, attempt)
                if question is not None:
                    retried = {"key": question.key, "model": choice.id, "why": str(e), "wait_s": round(wait_s, 2)}
                    self._ledger.add_event("retried", retried)
                attempt += 1
                await asyncio.sleep(wait_s)
                continue
            if wire != before:
                self._keep(choice, wire)
            return _Answer(message, as_sent(sent, wire), time.monotonic() - started)

    async def _once(
        self, choice: ModelChoice, wire: Wire, messages: Messages, sent: dict[str, Any], question: Question | None
    ) -> AIMessage:
        spoken = [(m["role"].replace("assistant", "ai"), m["content"]) for m in messages]
        if choice.offline:
            return await self._client(choice, wire).ainvoke(spoken, **sent, seed=question.seed if question else 0)
        try:
            asked = self._client(choice, wire).ainvoke(spoken, **sent)
            return await asyncio.wait_for(asked, self._sampling.timeout_s)
        except Exception as e:  # whatever the client makes of what a stranger answered
            raise trouble(e, address_of(choice), choice.key_env, self._sampling.timeout_s) from None

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

                self._clients[key] = connect(choice, wire)
        return self._clients[key]

    def _as_call(
        self, question: Question, choice: ModelChoice, sent: dict[str, Any], latency_s: float, refusal: str = ""
    ) -> ModelCall:
        """The record of a call, as far as it is known without a reply."""
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
            latency_s=round(latency_s, 4),
            refusal=refusal,
        )

    def _record(self, question: Question, choice: ModelChoice, answer: _Answer) -> ModelCall:
        message = answer.message
        usage = message.usage_metadata or {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
        tokens_in, tokens_out = int(usage["input_tokens"] or 0), int(usage["output_tokens"] or 0)
        finish = str(message.response_metadata.get("finish_reason") or "stop")
        text = str(message.text)
        sent = {**answer.sent, **({"seed": question.seed} if choice.offline else {})}
        call = replace(
            self._as_call(question, choice, sent, answer.latency_s),
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
        self._tell_if_vain(choice, call)
        return call

    def _tell_if_vain(self, choice: ModelChoice, call: ModelCall) -> None:
        """Say once that reply after reply is cut off or empty: each fails its child, and all have one cause."""
        vain = call.finish == "length" or not call.reply.strip()
        self._vain[choice.id] = self._vain[choice.id] + 1 if vain else 0
        if self._vain[choice.id] >= _IN_A_ROW and (choice.id, call.finish) not in self._told:
            self._told.add((choice.id, call.finish))
            limit = self._sampling.max_tokens
            what = (
                f"cut off at the limit of {limit} tokens: raise sampling.max_tokens, or let the model think less"
                if call.finish == "length"
                else "empty: does the endpoint put the answer elsewhere, such as reasoning_content? See its settings for reasoning"
            )
            why = f"the last {_IN_A_ROW} replies of model '{choice.name}' were {what}"
            self._ledger.add_event("warning", {"about": choice.id, "why": why})


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
