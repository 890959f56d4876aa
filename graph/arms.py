"""What the ledger knows of each arm of the role play: personas by role, intents, models, wordings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from agents.contract import ROLE_OF
from graph.bandit import Trial, trials_of
from memory.ledger import Ledger
from memory.records import Candidate
from tasks import Objective

Kind = Literal["persona", "intent", "model", "prompt"]


def arm_of(kind: Kind) -> Callable[[Candidate], str | None]:
    """The function that names a child's arm. A persona's begins with its role: `architect/minimalist`."""
    if kind != "persona":
        return lambda child: getattr(child, kind)
    return lambda child: f"{ROLE_OF[child.operator]}/{child.persona}" if child.persona else None


def trials_before(ledger: Ledger, generation: int) -> list[Trial]:
    """A trial for every child of the generations below this one, which must be closed."""
    objectives = [
        Objective(item["name"], item.get("unit", ""), item["goal"], item["reference"])
        for item in ledger.meta().get("objectives", [])
    ]
    return trials_of([c for c in ledger.candidates() if c.generation < generation], ledger.tokens(), objectives)


def next_generation(ledger: Ledger) -> int:
    """The first generation that is not closed: what is drawn for it rests on all before it."""
    return max((s.number for s in ledger.selections()), default=0) + 1
