"""Finished children are taken into what later ones may know: together, in an order that is recorded, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from memory.dominance import goals_of
from memory.ledger import Ledger
from memory.records import Candidate, Commit, Evidence
from memory.steps import step_of


def commit(ledger: Ledger, number: int, children: Sequence[str]) -> list[Evidence]:
    """Write the commit and the measured steps of its children, all or nothing; the steps.

    Of children that turn out equal the first in the order that was measured is the original and the others are its duplicates,
    whichever finished first; what was measured of all is the original's.
    """
    goals = goals_of(ledger.meta())
    with ledger.transaction():
        if ledger.commit(number) is None:
            made = [ledger.known(id) for id in children]
            originals = _originals(ledger, number, made)
            for child in made:
                if (original := originals.get(child.fingerprint or "", child.id)) != child.id:
                    ledger.attribute(original, child.id)
                    child = _duplicate(ledger, child, original)
                ledger.put_evidence(step_of(child, [ledger.known(p) for p in child.parents], goals))
            ledger.put_commit(Commit(number, tuple(children)))
            ledger.count((e.key for id in children for e in ledger.trainings(id)), number)
        return ledger.evidence(commit=number)


def _originals(ledger: Ledger, number: int, made: Sequence[Candidate]) -> dict[str, str]:
    """By code: a program that was committed before, else the first of these that was measured, else the first."""
    found: dict[str, str] = {}
    for child in sorted(made, key=lambda one: one.status != "evaluated"):
        if child.fingerprint and child.fingerprint not in found:
            found[child.fingerprint] = ledger.find_fingerprint(child.fingerprint, upto=number - 1) or child.id
    return found


def _duplicate(ledger: Ledger, child: Candidate, original: str) -> Candidate:
    if child.status != "evaluated":
        return child
    message = f"the same program as {original}"
    child = replace(child, status="failed", failure="duplicate", message=message, objectives=None)
    ledger.put_candidate(child)
    ledger.add_event("settled", {"candidate": child.id, "failure": child.failure})
    return child
