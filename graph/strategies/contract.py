"""What a strategy is: `ask` says what to make, `tell` who lives on. Pure: records and a seeded generator in, ids out.

The engine keeps everything else: it makes the children, takes them in (a commit), trains again whoever leads by what may be
chance, audits whoever the archive holds, and writes the state down. So a strategy is one short file.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from memory.records import Candidate, Scope, Selection

State = dict[str, Any]  # plain JSON; what a strategy remembers beside the programs: islands, temperatures, curiosity


@dataclass(frozen=True)
class Order:
    """How one child is to be made."""

    operator: Literal["mutate", "cross"]
    parents: tuple[str, ...]
    # how wide its author may go, and which segments may change; what is left open the engine draws by what served before
    scope: Scope | None = None
    segments: tuple[str, ...] = ()
    intent: str | None = None  # kind of mutation, see `agents/prompts/intents.toml`
    context: tuple[str, ...] | None = None  # further programs to show; None: the engine chooses
    thoughtful: bool = False  # its prompt cites lessons
    # whoever makes it; what the strategy leaves open the role play draws
    persona: str | None = None
    model: str | None = None
    temperature: float | None = None


@dataclass(frozen=True)
class View:
    """What is known when a strategy is asked or told: measured programs, frozen, as of a commit.

    A first objective that rests on few trainings stands as what is to be believed of it (see `memory.scores`).
    """

    commit: int  # its number; 0 is the seed's
    seed: Candidate
    population: tuple[Candidate, ...]  # as the last selection left it
    archive: tuple[Candidate, ...]  # likewise
    # told only: measured children of this commit, in its order; when no more will come everything that was measured
    new: tuple[Candidate, ...] = ()
    least: int = 1  # trainings that an elite rests on
    # asked only
    made: int = 0  # children that were ordered before
    late: bool = False  # whether what is asked for is of the last share of the budget: what stands is to be refined
    idle: bool = False  # whether nothing is under way: nothing more is found of what stands, and no order ends the run
    # by id, what the run's aim says: by how much programs miss what is required (whoever is not in it meets it), and the
    # weighted sum of each program's objectives, less is better; empty where nothing is required, or weighed
    shortfall: Mapping[str, float] = field(default_factory=dict)
    weighed: Mapping[str, float] = field(default_factory=dict)


class Strategy(Protocol):
    """Made once a run from its settings; all that changes is in the state."""

    cites: bool  # whether an order of it may be thoughtful; else nobody reads lessons, and none need be written
    confirms_all: (
        bool  # whether all whom its archive holds are trained as often as an elite at once, else the leader alone
    )

    def ask(self, state: State, view: View, want: int, rng: random.Random) -> tuple[State, list[Order]]:
        """At most `want` orders, and the new state. Called by `ask` when children are to be made; parents must be in the view.

        No order, and the state as it was, where it waits for what is under way: it is asked again after the next commit. No order
        at all while nothing is under way ends the run.
        """
        ...

    def tell(self, state: State, view: View) -> tuple[State, Selection]:
        """Who may be a parent next, whom the archive holds, and the new state. Ids are of programs in the view; of those in its
        `shortfall` none belongs in the archive.

        Called by `select` after every commit with what is new, the seed alone at first.
        """
        ...
