"""Finished children, and what was found of earlier ones, are taken into what later ones may know: together, in a recorded order, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import genome
from memory.dominance import goals_of
from memory.ledger import Ledger
from memory.names import of_kind
from memory.records import Audit, Candidate, Commit
from memory.seeds import training_seeds
from memory.steps import step_of
from tasks import Task


def commit(ledger: Ledger, task: Task, run_seed: int, made: Commit, audits: Mapping[str, Audit]) -> None:
    """Write the commit, the measured steps of its children and what its findings change, all or nothing; `audits` by program.

    Of children that turn out equal the first in the order that was measured is the original and the others are its duplicates,
    whichever finished first; what was measured of all is the original's.
    """
    goals, number = goals_of(ledger.meta()), made.number
    with ledger.transaction():
        if ledger.commit(number) is not None:
            return
        children = [ledger.known(id) for id in made.children]
        originals = _originals(ledger, number, children)
        for child in children:
            if (original := originals.get(child.fingerprint or "", child.id)) != child.id:
                child = _duplicate(ledger, child, original)
            ledger.put_evidence(step_of(child, [ledger.known(p) for p in child.parents], goals))
            ledger.put_surroundings(child.id, genome.surroundings(child.files) if child.fingerprint else {})
        for id, audit in audits.items():
            _audited(ledger, task, ledger.known(id), audit)
        ledger.put_commit(made)
        ledger.count((e.key for id in made.children for e in ledger.trainings(id)), number)
        for id, times in of_kind("again", made.findings).values():
            _again(ledger, task, id, training_seeds(run_seed, int(times) + 1), number)


def _originals(ledger: Ledger, number: int, made: Sequence[Candidate]) -> dict[str, str]:
    """By code: a program that was committed before, else the first of these that was measured, else the first.

    What was measured of any that is not committed yet is put under the original.
    """
    found: dict[str, str] = {}
    for child in sorted(made, key=lambda one: one.status != "evaluated"):
        if child.fingerprint and child.fingerprint not in found:
            original = ledger.find_fingerprint(child.fingerprint, upto=number - 1) or child.id
            found[child.fingerprint] = original
            for twin in ledger.twins(child.fingerprint, number):
                if twin != original:
                    ledger.attribute(original, twin)
    return found


def _duplicate(ledger: Ledger, child: Candidate, original: str) -> Candidate:
    if child.status != "evaluated":
        return child
    message = f"the same program as {original}"
    child = replace(child, status="failed", failure="duplicate", message=message, objectives=None)
    ledger.put_candidate(child)
    ledger.add_event("settled", {"candidate": child.id, "failure": child.failure})
    return child


def _audited(ledger: Ledger, task: Task, before: Candidate, audit: Audit) -> None:
    now = sound(task, before, audit)
    if now != before:
        ledger.put_candidate(now)
    if now.failure != before.failure:
        ledger.add_event("settled", {"candidate": now.id, "failure": now.failure})
    ledger.add_event("audited", {"candidate": now.id, "fault": audit.fault, "unproven": audit.unproven})


def _again(ledger: Ledger, task: Task, id: str, seeds: Sequence[int], number: int) -> None:
    found = [e for e in ledger.trainings(id) if e.train_seed in seeds]
    ledger.count((e.key for e in found), number)
    scores = [(e.objectives or {}).get(task.objectives[0].name) for e in found]
    ledger.add_event("confirmed", {"candidate": id, "scores": scores})


def sound(task: Task, one: Candidate, audit: Audit) -> Candidate:
    """The candidate as its audit leaves it: struck, not proven, or with the objectives that were measured out of its reach."""
    if audit.fault:
        return replace(one, status="failed", failure="audit", message=audit.fault, objectives=None)
    assert one.objectives is not None
    objectives = {name: audit.measured.get(name, value) for name, value in one.objectives.items()}
    one = replace(one, objectives=objectives, message=audit.note or one.message)
    if audit.unproven and not task.allow_unproven:
        return replace(one, status="failed", failure="unproven", message=audit.unproven)
    return one
