"""The chat model: messages in, a reply in the asked form out; equal messages, seed and temperature, equal reply."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from agents.offline.architect import mutate, mutate_blindly
from agents.offline.breeder import cross
from agents.offline.critic import reflect
from agents.offline.prompts import Reading, read_prompt
from agents.offline.scribe import rephrase
from agents.offline.source import splice

_ANSWERED = re.compile(r"^```python segment=\S+\n(.*?)\n?^```", re.MULTILINE | re.DOTALL)
_IDEAS = re.compile(r"^Answer with (\d{1,2}) different ideas", re.MULTILINE)
_SORRY = "I found no edit that applies to this prompt, so I change nothing."


class OfflineChatModel(BaseChatModel):
    """Answers the Architect's, Breeder's and Critic's prompts by grammar-based edits; not a language model.

    `seed` and `temperature` come with the call, as `model.invoke(messages, seed=7, temperature=0.3)` or with `bind`.
    Other sampling settings are accepted and have no effect. Named `random`, it is blind in mutations: each kind of edit is as likely
    as the others, whatever intent, lessons and history say.
    """

    @property
    def _blind(self) -> bool:
        return self.name == "random"

    @property
    def _llm_type(self) -> str:
        return "offline"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        text = reply_to(messages, int(kwargs.get("seed") or 0), float(kwargs.get("temperature") or 0.0), self._blind)
        read, written = sum(len(m.text) for m in messages) // 4, len(text) // 4
        message = AIMessage(
            content=text,
            response_metadata={"model_name": self.name or "offline", "finish_reason": "stop"},
            usage_metadata={"input_tokens": read, "output_tokens": written, "total_tokens": read + written},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return self._generate(messages, stop, None, **kwargs)


def reply_to(messages: Sequence[BaseMessage], seed: int, temperature: float, blind: bool = False) -> str:
    """The reply's text. A conversation that was not accepted is answered with another edit than those given before."""
    talk = "\x00".join(f"{m.type}\x01{m.text}" for m in messages)
    rng = random.Random(hashlib.sha256(f"{seed}\x00{temperature:.4f}\x00{talk}".encode(errors="replace")).digest())
    prompt = next((m.text for m in messages if isinstance(m, HumanMessage) and "# Role:" in m.text), "")
    reading = read_prompt(prompt)
    ideas = _IDEAS.search(prompt)
    refused = [text for m in messages if isinstance(m, AIMessage) for text in _ANSWERED.findall(m.text)]
    if reading.role == "critic":
        return reflect(reading, rng)
    if reading.role == "scribe":
        return rephrase(reading, rng)
    if ideas:
        replies = list[str]()
        for _ in range(int(ideas[1])):
            replies.append(_answer(reading, rng, temperature, refused, blind))
            refused += _ANSWERED.findall(replies[-1])
        return "\n".join(f"### Idea {number}\n\n{reply}" for number, reply in enumerate(replies, start=1))
    return _answer(reading, rng, temperature, refused, blind)


def _answer(reading: Reading, rng: random.Random, temperature: float, refused: Sequence[str], blind: bool) -> str:
    """One change in the form of an author's reply, another one than those refused."""
    if reading.role == "architect":
        changed: dict[str, str] = {}
        said: list[str] = []
        # of the segments that may change one, drawn alike from those in which something can be edited; two of a whole program
        for name in rng.sample(reading.scope, len(reading.scope)) if len(reading.scope) > 1 else reading.scope:
            one = replace(reading, scope=(name,), files=splice(reading.files, changed))
            edit = mutate_blindly(one, rng, refused) if blind else mutate(one, rng, temperature, refused)
            if edit:
                changed[name] = edit.text
                said.append(edit.rationale)
            if len(changed) == 1 + reading.whole:
                break
        return _in_form(" ".join(said), changed) if changed else _SORRY
    if reading.role == "breeder":
        merge = cross(reading, rng, refused)
        return _in_form(merge.rationale, merge.changed) if merge else _SORRY
    return _SORRY


def _in_form(rationale: str, changed: dict[str, str]) -> str:
    blocks = [f"```python segment={name}\n{text.strip(chr(10))}\n```" for name, text in changed.items()]
    return "\n\n".join([rationale, *blocks]) + "\n"
