"""The elites of a run: measured, confirmed, audited, as required, and kept by its strategy. Whatever is reported is one of them."""

from __future__ import annotations

from dataclasses import dataclass

from memory.aim import Aim, aim_of
from memory.dominance import Goals, costs
from memory.ledger import Ledger
from memory.numbers import bare
from memory.records import Candidate
from memory.yardstick import chance


@dataclass(frozen=True)
class Elite:
    """A program that stands for all that measure the same."""

    program: Candidate  # without its code
    equals: tuple[str, ...] = ()  # other measured programs with the same objectives, in the order of the plan


def elites(ledger: Ledger) -> list[Elite]:
    """The elites of this run now, by generation and place in the plan; the seed alone before anything was selected.

    What the strategy keeps and was not audited, or not trained often enough, yet is none, and neither is what does not meet what is
    required. Of equal ones the first stands, and the others are named beside it.
    """
    meta = ledger.meta()
    least, aim, base = int(meta.get("least", 1)), aim_of(meta), values_of(seed_of(ledger))
    found: list[Elite] = []
    named: set[str] = set()
    for one in sorted(_kept(ledger), key=lambda one: (one.generation, one.index)):
        # the seed is what all are compared with, before more is known of it too
        confirmed = one.operator == "seed" or (one.n >= least and one.audited is not None)
        sound = one.status == "evaluated" and confirmed and one.objectives and aim.meets(one.objectives, base)
        if sound and one.id not in named:
            equals = ledger.equals(one)
            named.update(equals)
            found.append(Elite(one, tuple(equals)))
    return found


def _kept(ledger: Ledger) -> list[Candidate]:
    last = ledger.last_selection()
    return list(ledger.outcomes(last.archive if last is not None else ("seed",)).values())


def leading(ledger: Ledger) -> Candidate | None:
    """Who would be the best of those that the strategy keeps, confirmed or not: for who watches a run, never for a report."""
    return _best(ledger, _kept(ledger))


def leader(ledger: Ledger, found: list[Elite]) -> Candidate | None:
    """The best of the elites, see `memory.aim.BEST`; None where there is none."""
    return _best(ledger, [elite.program for elite in found])


def _best(ledger: Ledger, among: list[Candidate]) -> Candidate | None:
    return aim_of(ledger.meta()).best(among, values_of(seed_of(ledger)), chance(ledger).bound)


def seed_of(ledger: Ledger) -> Candidate | None:
    """The task's own program once it is measured, without its code."""
    seed = ledger.outcomes(("seed",)).get("seed")
    return seed if seed is not None and seed.status == "evaluated" else None


def values_of(one: Candidate | None) -> dict[str, float] | None:
    """Its objectives, where it is measured."""
    return one.objectives if one else None


def by_cost(found: list[Elite], goals: Goals) -> list[Elite]:
    """The elites, the best in the first objective first, then in the next."""
    return sorted(found, key=lambda elite: costs(elite.program.objectives or {}, goals))


def unmet(ledger: Ledger, found: list[Elite]) -> str:
    """One line where something is required and no elite meets it: what was required, and how near the nearest program came. Else empty."""
    aim, base = aim_of(ledger.meta()), values_of(seed_of(ledger))
    if found or not aim.required:
        return ""
    measured = [one for one in ledger.candidates(status="evaluated", code=False) if one.objectives]
    if not measured:
        return ""
    near = min(measured, key=lambda one: _miss(aim, one, base))
    required = f"no elite meets what is required, {aim.require}"
    if aim.meets(near.objectives or {}, base):
        return f"{required}: {near.id} does, and is not confirmed or not proven"
    parts = []
    for one in aim.required:
        limit, value = one.limit(base), (near.objectives or {}).get(one.name)
        if limit is not None and value is not None and not one.met(near.objectives or {}, base):
            parts.append(f"{one.name} {bare(value)}, not {one.how} {bare(limit)}")
    return f"{required}: the nearest, {near.id}, has {' and '.join(parts)}"


def _miss(aim: Aim, one: Candidate, base: dict[str, float] | None) -> tuple[bool, float, tuple[float, ...], int, int]:
    values = one.objectives or {}
    return not aim.meets(values, base), aim.shortfall(values, base), costs(values, aim.goals), one.generation, one.index
