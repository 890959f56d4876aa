"""Whether a ledger is consistent with itself: what must hold after any kill and resume."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from memory.ledger import Ledger
from memory.records import FAILURES, Candidate, Evaluation

CLOSED = ("evaluated", "failed")


def verify(ledger: Ledger) -> list[str]:
    """What is wrong, one line each; empty when all is well, also beside the run that writes. A finished run has more to keep."""
    with ledger.snapshot():
        found = ledger.candidates(code=False)
        by_id = {candidate.id: candidate for candidate in found}
        tickets = ledger.tickets()
        return [
            *ledger.check_file(),
            *_outcomes(ledger, by_id, tickets),
            *_lineage(ledger, by_id),
            *_evaluations(tickets, by_id),
            *_calls(ledger, by_id),
            *_evidence(ledger, by_id),
            *_lessons(ledger, by_id),
            *_commits(ledger, by_id, tickets),
            *_generations(ledger, found, ledger.finished()),
        ]


def _outcomes(ledger: Ledger, by_id: dict[str, Candidate], tickets: Sequence[Evaluation]) -> Iterator[str]:
    names = {item["name"] for item in ledger.meta().get("objectives", [])}
    done = {
        evaluation.candidate for evaluation in tickets if evaluation.status == "done" and evaluation.failure is None
    }
    # a twin that was trained first lends its outcome to the sibling that comes first in the plan
    programs = {by_id[id].fingerprint for id in done if id in by_id} - {None}
    for one in by_id.values():
        if one.status == "evaluated":
            if one.failure is not None:
                yield f"{one.id} is evaluated, yet has failure {one.failure}"
            values = one.objectives or {}
            if names - values.keys() or not all(map(math.isfinite, values.values())):
                yield f"{one.id} is evaluated, yet its objectives are {one.objectives}; expected finite {sorted(names)}"
            if one.id not in done and one.fingerprint not in programs:
                yield f"{one.id} is evaluated, yet no evaluation of its program is done"
        elif one.objectives is not None and one.failure != "unproven":
            yield f"{one.id} is {one.status}, yet has objectives"
        if one.status == "failed" and one.failure not in FAILURES:
            yield f"{one.id} failed without a failure kind"


def _lineage(ledger: Ledger, by_id: dict[str, Candidate]) -> Iterator[str]:
    lessons = {lesson.id: lesson for lesson in ledger.lessons()}
    known = {ask.number: ask.thought for ask in ledger.asks()}
    for one in by_id.values():
        if one.operator != "seed" and not one.parents:
            yield f"{one.id} has no parent"
        for id in one.parents:
            parent = by_id.get(id)
            if parent is None:
                yield f"{one.id} has parent {id}, which is not in the ledger"
            elif parent.committed is None or parent.committed > one.after:
                yield f"{one.id} has parent {id}, which was not committed when it was ordered"
            elif parent.status != "evaluated" and not _struck_after(parent, one.after):
                yield f"{one.id} has parent {id}, which is {parent.status}"
        for id in one.lessons:
            if id not in lessons:
                yield f"{one.id} cites lesson {id}, which is not in the ledger"
            elif lessons[id].generation > known.get(one.generation, one.after):
                yield f"{one.id} cites lesson {id}, which was not there yet when it was ordered"


def _struck_after(one: Candidate, number: int) -> bool:
    """Whether it was a measured program at this commit, and its audit struck it later."""
    return one.failure in ("audit", "unproven") and one.audited is not None and one.audited > number


def _evaluations(tickets: Sequence[Evaluation], by_id: dict[str, Candidate]) -> Iterator[str]:
    trained: Counter[tuple[str, str, int]] = Counter()
    for evaluation in tickets:
        one = by_id.get(evaluation.candidate)
        if one is None:
            yield f"evaluation {evaluation.key} is of {evaluation.candidate}, which is not in the ledger"
            continue
        if evaluation.attempt > one.repairs:
            yield f"evaluation {evaluation.key} is of answer {evaluation.attempt} to {one.id}, which has {one.repairs} repairs"
        # of an earlier answer's program the fingerprint is not kept
        whose = (one.fingerprint or one.id) if evaluation.attempt == one.repairs else f"{one.id}/{evaluation.attempt}"
        trained[whose, evaluation.fidelity, evaluation.train_seed] += 1
        if evaluation.status == "done" and (evaluation.failure is None) == (evaluation.objectives is None):
            yield f"evaluation {evaluation.key} must have either objectives or a failure"
    for (program, fidelity, seed), times in trained.items():
        if times > 1:
            yield f"program {program} was trained {times} times at {fidelity} with seed {seed}"


def _calls(ledger: Ledger, by_id: dict[str, Candidate]) -> Iterator[str]:
    attempts: dict[tuple[str, str], list[int]] = {}
    for call in ledger.call_heads():
        owner, _, attempt = call.key.rpartition("/")
        attempts.setdefault((owner.rpartition("/")[0], owner), []).append(int(attempt) if attempt.isdigit() else -1)
        if call.candidate is None:
            if call.agent not in ("critic", "scribe"):
                yield f"model call {call.key} of the {call.agent} belongs to no candidate"
        elif call.candidate not in by_id:
            yield f"model call {call.key} belongs to {call.candidate}, which is not in the ledger"
        elif call.key.split("/")[0] != call.candidate:
            yield f"model call {call.key} says it belongs to {call.candidate}"
        elif call.generation != by_id[call.candidate].generation:
            yield f"model call {call.key} is of generation {call.generation}, its candidate is not"
    for (id, owner), numbers in attempts.items():
        first = int(
            id in by_id and by_id[id].asked_by is not None
        )  # the first answer to it stands in another one's call
        if sorted(numbers) != list(range(first, first + len(numbers))):
            yield f"model calls {owner} have attempts {sorted(numbers)}; expected {first} to {first + len(numbers) - 1}"


def _evidence(ledger: Ledger, by_id: dict[str, Candidate]) -> Iterator[str]:
    for step in ledger.step_ends():
        child, parent = by_id.get(step.child), by_id.get(step.parent)
        if child is None or parent is None:
            yield f"evidence {step.parent} -> {step.child} is of a candidate that is not in the ledger"
        elif step.parent not in child.parents:
            yield f"evidence {step.parent} -> {step.child}: that is no parent of the child"


def _lessons(ledger: Ledger, by_id: dict[str, Candidate]) -> Iterator[str]:
    run = ledger.meta().get("run")
    for lesson in ledger.lessons():
        if lesson.borrowed or lesson.run not in ("", run):
            continue  # lent by another run, whose candidates are not here
        for id in lesson.evidence:
            if "/" not in id and id not in by_id:
                yield f"lesson {lesson.id} rests on {id}, which is not in the ledger"


def _commits(ledger: Ledger, by_id: dict[str, Candidate], tickets: Sequence[Evaluation]) -> Iterator[str]:
    taken: dict[str, int] = {}
    for commit in ledger.commits():
        for id in commit.children:
            if id in taken:
                yield f"commit {commit.number} takes in {id}, which commit {taken[id]} did already"
            taken.setdefault(id, commit.number)
    for one in by_id.values():
        if one.committed != taken.get(one.id):
            yield f"{one.id} says it is of commit {one.committed}, the commits say {taken.get(one.id)}"
        elif one.committed is not None and one.committed < one.generation:
            yield f"{one.id} was committed before it was ordered"
    for number in {selection.number for selection in ledger.selections()} - {c.number for c in ledger.commits()}:
        yield f"selection {number} is of no commit"
    for evaluation in tickets:
        since, whose = evaluation.counted, by_id.get(evaluation.candidate)
        if since is not None and (whose is None or whose.committed is None or whose.committed > since):
            yield f"evaluation {evaluation.key} counts from commit {since} on, before {evaluation.candidate} does"


def _generations(ledger: Ledger, found: list[Candidate], finished: bool) -> Iterator[str]:
    by_id = {candidate.id: candidate for candidate in found}
    selections = ledger.selections()
    numbers = [selection.number for selection in selections]
    if numbers and numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        yield f"selections are of generations {numbers}; one is missing"
    for selection in selections:
        for role, ids in (("population", selection.population), ("archive", selection.archive)):
            for id in ids:
                one = by_id.get(id)
                if one is None or one.committed is None or one.committed > selection.number:
                    yield f"selection {selection.number} has {id} in its {role}, which did not exist then"
                elif one.status != "evaluated" and not _struck_after(one, selection.number):
                    yield f"selection {selection.number} has {id} in its {role}, which is {one.status}"
    for generation, together in groupby(found, key=lambda candidate: candidate.generation):
        members = list(together)
        places = [candidate.index for candidate in members]
        if places != list(range(len(places))):
            yield f"generation {generation} has places {places}; expected 0 to {len(places) - 1}"
        open_ones = [c.id for c in members if c.status not in CLOSED]
        if finished and open_ones:
            yield f"the run is finished, yet open: {', '.join(open_ones)}"
        if early := [c.id for c in members if c.status not in CLOSED and c.committed is not None]:
            yield f"committed, yet open: {', '.join(early)}"
        if finished and generation not in numbers and generation > 0:
            yield f"the run is finished, yet generation {generation} was never selected"
    if finished:
        if left := [c.id for c in found if c.committed is None and c.generation in numbers]:
            yield f"the run is finished, yet in no commit: {', '.join(left)}"
        later = ledger.meta().get("retrain_seeds", [])  # a report's own trainings may be cut short and taken up again
        for ticket in (e for e in ledger.tickets("running") if e.train_seed not in later):
            yield f"the run is finished, yet evaluation {ticket.key} of {ticket.candidate} is still running"
