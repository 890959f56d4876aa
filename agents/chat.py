"""Asking a model: the one place where calls are made, retried, counted and stored.

A reply is in the ledger before anything is decided from it; a call whose key is there already is answered from it, so that
neither a crash nor a replay ever pays twice.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from memory.ledger import Ledger
from memory.records import ModelCall

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

    from agents.settings import ModelChoice, Sampling

Messages = list[dict[str, str]]
_OFFLINE = ("offline", "random")  # ours, no endpoint
_RETRIED_STATUS = (408, 409, 425, 429)


class ModelStopped(Exception):
    """A model failed for good: the run stops with everything kept."""


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
        self, ledger: Ledger, models: Sequence[ModelChoice], sampling: Sampling, replay_from: Ledger | None = None
    ) -> None:
        self._ledger = ledger
        self._choices = {m.name: m for m in models}
        self._sampling = sampling
        self._replay = replay_from
        self._slots = asyncio.Semaphore(sampling.parallel)
        self._models: dict[str, BaseChatModel] = {}

    async def ask(self, question: Question) -> ModelCall:
        """The reply, from the ledger when this question was answered before, else from the model.

        Raises ModelStopped when the endpoint refuses or stays out of reach, ReplayDiverged in a replay.
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
        from openai import OpenAIError

        choice = self._choices[question.model]
        offline = choice.name in _OFFLINE
        sent: dict[str, Any] = {"temperature": round(question.temperature, 3), "max_tokens": self._sampling.max_tokens}
        extra: dict[str, Any] = {"seed": question.seed} if offline else {}
        attempt = 0
        while True:
            started = time.monotonic()
            try:
                message = await asyncio.wait_for(
                    self._model(choice).ainvoke(
                        [(m["role"].replace("assistant", "ai"), m["content"]) for m in question.messages],
                        **sent,
                        **extra,
                    ),
                    self._sampling.timeout_s,
                )
                break
            except (OpenAIError, TimeoutError, ConnectionError, ValueError, TypeError, AttributeError, KeyError) as e:
                # the last four come from the client when an answer is not JSON, or JSON but no completion
                if offline:
                    raise
                wait = self._wait_before_retry(e, attempt)
                if wait is None:
                    raise ModelStopped(
                        f"model '{choice.name}' {_in_words(e)}"
                    ) from None  # no chain: it may hold the request's key
                self._ledger.add_event(
                    "retried",
                    {"key": question.key, "model": choice.name, "why": _in_words(e), "wait_s": round(wait, 2)},
                )
                attempt += 1
                await asyncio.sleep(wait)
        return self._record(question, choice, {**sent, **extra}, message, time.monotonic() - started)

    def _wait_before_retry(self, error: Exception, attempt: int) -> float | None:
        """Seconds until the next try, or None when trying again is useless."""
        status = getattr(error, "status_code", None)
        # a 2xx with a body that is no completion is a fault of the moment as much as a 5xx
        if attempt >= self._sampling.retries or (status and 300 <= status < 500 and status not in _RETRIED_STATUS):
            return None
        if type(error).__name__ == "OpenAIError":  # the client could not even be built, e.g. no key
            return None
        asked = getattr(getattr(error, "response", None), "headers", {}).get("retry-after", "")
        backoff = min(60.0, self._sampling.backoff_s * 2**attempt) * random.uniform(0.8, 1.2)
        return min(60.0, float(asked)) if asked.replace(".", "", 1).isdigit() else backoff

    def _model(self, choice: ModelChoice) -> BaseChatModel:
        if choice.name not in self._models:
            if choice.name in _OFFLINE:
                from agents.offline import OfflineChatModel

                self._models[choice.name] = OfflineChatModel(name=choice.name)
            else:
                from langchain_openai import ChatOpenAI

                # retries are ours alone: two layers would multiply
                self._models[choice.name] = ChatOpenAI(model=choice.name, base_url=choice.base_url, max_retries=0)
        return self._models[choice.name]

    def _record(
        self, question: Question, choice: ModelChoice, sent: dict[str, Any], message: AIMessage, latency_s: float
    ) -> ModelCall:
        usage = message.usage_metadata or {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
        tokens_in, tokens_out = usage["input_tokens"], usage["output_tokens"]
        return ModelCall(
            key=question.key,
            candidate=question.candidate,
            generation=question.generation,
            agent=question.agent,
            persona=question.persona,
            model=str(message.response_metadata.get("model_name") or choice.name),
            offline=choice.name in _OFFLINE,
            sampling=sent,
            messages=question.messages,
            reply=str(message.text),
            finish=str(message.response_metadata.get("finish_reason") or "stop"),
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            cost_usd=(tokens_in * choice.usd_per_million_in + tokens_out * choice.usd_per_million_out) / 1e6,
            latency_s=round(latency_s, 4),
        )


def _in_words(error: Exception) -> str:
    """What went wrong in one line without secrets: some servers repeat the key in their error text."""
    status = getattr(error, "status_code", None)
    kind = type(error).__name__
    if kind in ("APITimeoutError", "TimeoutError"):
        text = "did not answer in time"
    elif kind in ("APIConnectionError", "ConnectionError"):
        text = f"cannot be reached ({error.__cause__ or error})"
    elif status:
        text = f"answered {status}: {error}"
    elif isinstance(error, (ValueError, TypeError, AttributeError, KeyError)):
        text = "answered with something that is no chat completion"
    else:
        text = f"failed: {error}"
    text = " ".join(text.split())[:300]
    for name, value in os.environ.items():
        if len(value) >= 6 and any(word in name for word in ("KEY", "TOKEN", "SECRET", "PASSWORD")):
            text = text.replace(value, "[secret]")
    return text
