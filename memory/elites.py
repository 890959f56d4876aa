"""The elites of a run: measured, confirmed, audited, and kept by its strategy. Whatever is reported is one of them."""

from __future__ import annotations

from dataclasses import dataclass

from memory.dominance import Goals, best, costs
from memory.ledger import Ledger
from memory.records import Candidate


@dataclass(frozen=True)
class Elite:
    """A program that stands for all that measure the same."""

    program: Candidate  # without its code
    equals: tuple[str, ...] = ()  # other measured programs with the same objectives, in the order of the plan


def elites(ledger: Ledger) -> list[Elite]:
    """The elites of this run now, by generation and place in the plan; the seed alone before anything was selected.

    What the strategy keeps and was not audited, or not trained often enough, yet is none. Of equal ones the first stands, and the others are
    named beside it.
    """
    least = int(ledger.meta().get("least", 1))
    found: list[Elite] = []
    named: set[str] = set()
    for one in sorted(_kept(ledger), key=lambda one: (one.generation, one.index)):
        # the seed is what all are compared with, before more is known of it too
        confirmed = one.operator == "seed" or (one.n >= least and one.audited is not None)
        if one.status == "evaluated" and confirmed and one.objectives and one.id not in named:
            equals = ledger.equals(one)
            named.update(equals)
            found.append(Elite(one, tuple(equals)))
    return found


def _kept(ledger: Ledger) -> list[Candidate]:
    last = ledger.last_selection()
    return list(ledger.outcomes(last.archive if last is not None else ("seed",)).values())


def leading(ledger: Ledger, goals: Goals, seed: Candidate | None) -> Candidate | None:
    """Who leads of those that the strategy keeps, confirmed or not: for who watches a run, never for a report."""
    return best([one for one in _kept(ledger) if one.status == "evaluated"], goals, seed)


def seed_of(ledger: Ledger) -> Candidate | None:
    """The task's own program once it is measured, without its code."""
    seed = ledger.outcomes(("seed",)).get("seed")
    return seed if seed is not None and seed.status == "evaluated" else None


def by_cost(found: list[Elite], goals: Goals) -> list[Elite]:
    """The elites, the best in the first objective first, then in the next."""
    return sorted(found, key=lambda elite: costs(elite.program.objectives or {}, goals))


def leader(found: list[Elite], goals: Goals, seed: Candidate | None) -> Candidate | None:
    """The elite to show first: the best in the first objective among those no worse than the seed in any, if there are such."""
    return best([elite.program for elite in found], goals, seed)
