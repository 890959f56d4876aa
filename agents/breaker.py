"""Which model answers: the one that a question is meant for, or another of the run while that one is sick.

A model that fails time after time is left alone for a while. Then one question tries it: answered, it is back; failed, it rests
twice as long. The last one that is left is never given up: its calls wait and are tried again, as in a run with one model.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from memory.records import EventKind

if TYPE_CHECKING:
    from agents.settings import ModelChoice, Sampling

_LONGEST_REST = 16  # times `sampling.rest_s`

Tell = Callable[[EventKind, dict[str, object]], object]


@dataclass
class Health:
    """What is known of one model."""

    failures: int = 0  # in a row
    questions: set[str] = field(default_factory=set)  # that they befell
    rests: int = 0  # in a row: it has not answered since the first of them
    until: float = 0.0  # when the rest ends


@dataclass(frozen=True)
class Turn:
    """A model for a question, as its health was when it was chosen."""

    choice: ModelChoice
    rests: int


class Rota:
    """The models of one run and who of them can be asked."""

    def __init__(
        self,
        models: Iterable[ModelChoice],
        sampling: Sampling,
        tell: Tell,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._models = {m.id: m for m in models}
        self._most, self._rest_s = sampling.breaker, sampling.rest_s
        self._tell, self._clock = tell, clock
        self._health = {id: Health() for id in self._models}

    def turn(self, drawn: ModelChoice, rng: random.Random) -> Turn:
        """Who answers a question that is meant for `drawn`: itself, unless it rests and another is well."""
        if not self._rests(drawn.id):
            return self._take(drawn)
        return self.another((), rng) or self._take(drawn)

    def another(self, tried: Collection[str], rng: random.Random) -> Turn | None:
        """Another model than those tried, drawn by weight among the well ones, else among those whose rest is over."""
        rest = [m for m in self._models.values() if m.id not in tried]
        well = [m for m in rest if not self._health[m.id].rests]
        fit = well or [m for m in rest if not self._rests(m.id)]
        return self._take(rng.choices(fit, [m.weight for m in fit])[0]) if fit else None

    def answered(self, choice: ModelChoice) -> None:
        """Count an answer: the model is well."""
        if self._health[choice.id].rests:
            self._tell("recovered", {"model": choice.id})
        self._health[choice.id] = Health()

    def failed(self, turn: Turn, key: str, why: str) -> None:
        """Count a try at a question that failed by what may be the model's fault."""
        health = self._health[turn.choice.id]
        if health.rests != turn.rests:
            return  # sent before it went to rest, and no trial
        health.failures += 1
        health.questions.add(key)
        # one question's failures may be its own; a model on trial has shown enough
        if self._most and (health.rests or (health.failures >= self._most and len(health.questions) > 1)):
            self.rest(turn.choice, why)

    def rest(self, choice: ModelChoice, why: str) -> None:
        """Leave the model alone for a while, where another one is well."""
        if not self._most or not any(not h.rests for id, h in self._health.items() if id != choice.id):
            return
        health = self._health[choice.id]
        rest_s = self._rest_s * min(2**health.rests, _LONGEST_REST)
        self._health[choice.id] = Health(rests=health.rests + 1, until=self._clock() + rest_s)
        self._tell("rested", {"model": choice.id, "rest_s": rest_s, "why": why})

    def over(self, turn: Turn) -> bool:
        """Whether the model has gone to rest since it was chosen."""
        return self._health[turn.choice.id].rests > turn.rests

    def _rests(self, id: str) -> bool:
        return self._clock() < self._health[id].until

    def _take(self, choice: ModelChoice) -> Turn:
        health = self._health[choice.id]
        if health.rests and not self._rests(choice.id):
            health.until = self._clock() + self._rest_s  # a trial: the others wait for what comes of it
        return Turn(choice, health.rests)
