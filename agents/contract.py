"""What the graph knows of the agents: small protocols, and the brief and the results that pass between them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from memory.anatomy import Part
from memory.records import Audit, Candidate, Evaluation, Lesson, ModelCall, Wording
from memory.steps import Exhibit

ROLE_OF: dict[str, Literal["architect", "breeder"]] = {"mutate": "architect", "cross": "breeder"}  # by operator


@dataclass(frozen=True)
class Proposal:
    """A child as its author wrote it. `failure` says why no program came of the reply."""

    files: dict[str, str]
    rationale: str
    failure: str | None = None
    message: str = ""
    model: str | None = None  # id of the model that wrote it, which may stand in for the one that was drawn
    final: bool = False  # of a failure: there is nothing that its author could mend


@dataclass(frozen=True)
class Screening:
    """What the cheap checks say: a failure kind with the exact error, or the fingerprints of a fit child."""

    fingerprint: str | None
    behaviour: str | None
    failure: str | None = None
    message: str = ""
    size: int | None = None  # parameters, as the check told
    anatomy: tuple[Part, ...] = ()  # likewise the parts of its network; empty where it did not


@dataclass(frozen=True)
class Thought:
    """What the Critic was answered, before any lesson is made of it."""

    generation: int  # the commit after which it was asked
    shown: tuple[Exhibit, ...]
    call: ModelCall


@dataclass(frozen=True)
class Rephrasing:
    """What is to be rephrased: one version of a text, all versions of it there are, and how the standing ones served."""

    number: int  # of the rephrasings after this generation, from 0
    wording: Wording
    versions: tuple[Wording, ...]
    record: str  # a line for each standing version


class Author(Protocol):
    """The Architect and the Breeder, by the operator of the child. Called in `propose` and `repair`. May raise ModelStopped."""

    async def propose(self, child: Candidate, attempt: int) -> Proposal:
        """The child's program. Attempt 0 is the first answer, later ones are repairs of the failure that `child` records."""
        ...

    def key(self, child: Candidate, attempt: int) -> str:
        """The ledger's key of that answer; of several children that one reply holds the same for the first of each."""
        ...


class Reviewer(Protocol):
    """The Critic. Called after `select`, also while children are made. May raise ModelStopped."""

    async def consider(
        self, generation: int, since: int, focus: Sequence[str], persona: str, model: str, temperature: float
    ) -> Thought | None:
        """What a model says of every step of the commits after `since` up to this one, and of some near those that led to `focus`.

        None where nothing was measured. Lessons are not changed.
        """
        ...

    def conclude(self, thought: Thought) -> list[Lesson]:
        """The lessons of that answer, settled among the others and written; once."""
        ...

    def lend(
        self, generation: int, thought: int, texts: Mapping[str, str], rng: random.Random, most: int
    ) -> list[Lesson]:
        """At most `most` lessons for an author of this ask, drawn among those that apply; of reflections up to `thought`.

        `texts` holds the segments that the author may change, by name, as the first parent has them.
        """
        ...

    def share(self, generation: int, everything: bool = False) -> None:
        """Give what was taught since the last time, or all up to this commit, to the memory that runs share, if there is one."""
        ...


class Rephraser(Protocol):
    """The Scribe. Called after the Critic when instructions may be rephrased. May raise ModelStopped."""

    async def rephrase(
        self, generation: int, order: Rephrasing, persona: str, model: str, temperature: float
    ) -> tuple[Wording | None, str]:
        """The new version, or None with the reason why the reply cannot be one."""
        ...


class Examiner(Protocol):
    """The Trainer. Called in `seed`, `screen`, `train` and `confirm`. May raise SandboxError when the sandbox fails for good."""

    async def screen(self, child: Candidate, parent: Candidate) -> Screening:
        """Checks in rising order of cost; the last is one forward and backward step in the sandbox."""
        ...

    async def screen_seed(self, seed: Candidate) -> Screening:
        """The same for the task's own program, which has no parent."""
        ...

    async def train(self, child: Candidate) -> Evaluation:
        """The measured outcome at the run's fidelity; an equal program is never trained twice."""
        ...

    async def train_again(self, child: Candidate, times: int) -> list[Evaluation]:
        """Further trainings of a measured program, each with a seed of its own; a seed is trained once."""
        ...

    async def audit(self, child: Candidate) -> Audit:
        """Whether the child's code and stored weights alone make its predictions again; looked at once."""
        ...
