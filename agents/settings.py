"""Settings of the models, as they stand in a run's configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Section(BaseModel):
    """A part of the configuration: unknown keys are refused, nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Wire(Section):
    """What is peculiar to a model's endpoint. All but `body` and `key_env` is found by itself where a refusal says it."""

    leave_out: tuple[str, ...] = ()
    """Parameters that are not sent, e.g. temperature."""
    rename: dict[str, str] = Field(default_factory=dict)
    """Parameters under another name, e.g. max_tokens as max_completion_tokens."""
    at_most: dict[str, float] = Field(default_factory=dict)
    """Largest values of parameters, e.g. of temperature."""
    body: dict[str, Any] = Field(default_factory=dict)
    """Further fields of each request, sent as they stand, e.g. enable_thinking = false."""
    system: Literal["system", "user"] = "system"
    """`user` puts the system text at the head of the user's message, for models that know no system role."""
    stream: bool = False
    """Whether replies are asked for as a stream, for endpoints that answer in no other way."""
    responses: bool = False
    """Whether /responses is asked instead of /chat/completions, for models that answer there alone."""

    @property
    def settings(self) -> Wire:
        """These fields alone."""
        return Wire(**{name: getattr(self, name) for name in Wire.model_fields})

    def in_words(self) -> str:
        """What differs from the usual, as the settings say it."""
        peculiar = self.settings.model_dump(exclude_defaults=True)
        return ", ".join(f"{name} = {_toml(value)}" for name, value in peculiar.items()) or "the usual form"


class ModelChoice(Wire):
    name: str = Field(min_length=1)
    """Model name as the endpoint knows it, or `offline`, or `random` (the offline edits drawn blindly)."""
    base_url: str | None = None
    """Address of an OpenAI-compatible endpoint; empty means OPENAI_BASE_URL."""
    key_env: str = "OPENAI_API_KEY"
    """Name of the environment variable that holds the key for this address."""
    weight: float = Field(1.0, gt=0, allow_inf_nan=False)
    """How often this model is drawn, relative to the others."""
    usd_per_million_in: float = Field(0.0, ge=0)
    usd_per_million_out: float = Field(0.0, ge=0)
    """Prices, for the cost column; 0 means not counted."""
    requests_per_minute: int = Field(0, ge=0)
    """Most requests sent to it within any minute; 0 means no limit."""
    tokens_per_minute: int = Field(0, ge=0)
    """Most tokens, of questions and replies together, within any minute; a larger question goes alone; 0 means no limit."""

    @property
    def id(self) -> str:
        """How the model is told from one of the same name at another address."""
        return f"{self.name} at {self.base_url}" if self.base_url else self.name

    @property
    def offline(self) -> bool:
        """Whether it is one of ours, that asks no endpoint."""
        return self.name in ("offline", "random")


class Sampling(Section):
    max_tokens: int = Field(4096, ge=16)
    """Most tokens of one reply, as sent."""
    temperature: tuple[float, float] | None = None
    """Range that replaces every persona's own; empty means the persona's."""
    timeout_s: float = Field(180.0, gt=0)
    """Longest wait for one reply, per try."""
    retries: int = Field(5, ge=0)
    """Further tries after 429, 5xx, a timeout, a cut connection or an unreadable answer."""
    backoff_s: float = Field(1.0, gt=0)
    """First wait between tries; doubles, at most 60 s; a server's retry-after is honoured."""
    parallel: int = Field(8, ge=1)
    """Requests at once, to all models together; a call that waits for its turn takes no place."""
    hedge: bool = False
    """Whether a second request goes beside one slower than 95 % of its model's answers so far; it may be paid for twice."""
    breaker: int = Field(5, ge=0)
    """Failures in a row after which a model rests and others of the run answer for it; 0 means never."""
    rest_s: float = Field(60.0, gt=0)
    """How long it rests before one question tries it; doubles with each trial that fails, at most 16 times this."""


class Racing(Section):
    rungs: tuple[float, ...] = (0.1, 0.3)
    """Shares of a training's steps at which a hopeless child is stopped; empty switches racing off."""
    keep: float = Field(0.5, gt=0, le=1)
    """A child goes on when it is among this share of the earlier programs that are no larger than it."""
    least: int = Field(3, ge=1)
    """Fewest such programs that make a race; with fewer a child goes on."""
    margin: float = Field(1.0, ge=0)
    """It may be worse by so many times the task's noise."""

    @field_validator("rungs")
    @classmethod
    def _inside(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0 < share < 1 for share in value) or list(value) != sorted(set(value)):
            raise ValueError(f"expected rising shares between 0 and 1, got {value}")
        return value


class Memory(Section):
    embedder: Literal["hash", "minilm", "openai"] = "hash"
    """How evidence is turned into vectors; `hash` and `minilm` (an extra to install) work offline."""
    lessons: int = Field(3, ge=1)
    """Most lessons cited in one prompt."""
    evidence: int = Field(24, ge=1)
    """Most measured steps shown to the Critic with all that is known of them; the other new ones are a line each."""
    shared: str = ""
    """Folder or http address of a Chroma server where runs share lessons and steps; empty means nothing is shared."""
    borrow: int = Field(3, ge=0)
    """Most lessons, and most steps, taken from the shared memory in one generation."""


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    return json.dumps(list(value) if isinstance(value, tuple) else value)
