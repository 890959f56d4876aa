"""The nodes of one child's way. What it has reached stands in the ledger by child and attempt, so each may run twice."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from langgraph.runtime import Runtime

from agents.complaints import of_training
from graph.state import ChildState, Rooms
from memory.records import Attempt, Candidate

Here = Runtime[Rooms]
CLOSED = ("evaluated", "failed")  # where a child's way ends
# failures of a training that are not its author's to mend: nobody's, the race's, or the end of what the measuring allows
_FINAL = ("lost", "stopped", "audit", "unproven")


async def propose(state: ChildState, runtime: Here) -> dict[str, Any]:
    """The author's answer becomes a program: the first, or after a stop the last that there was."""
    rooms = runtime.context
    return await _write(state["candidate"], rooms.ledger.known(state["candidate"]).repairs, rooms)


async def repair(state: ChildState, runtime: Here) -> dict[str, Any]:
    """The author sees the exact error and answers again."""
    return await _write(state["candidate"], state["attempt"] + 1, runtime.context)


async def _write(identity: str, number: int, rooms: Rooms) -> dict[str, Any]:
    child = rooms.ledger.known(identity)
    if number:
        last = rooms.ledger.attempt(identity, number - 1)
        assert last is not None  # written before its author was asked again
        child = replace(child, failure=last.failure, message=last.message)
    if number > child.repairs:  # what was found of its last program says nothing of this one
        child = replace(child, fingerprint=None, behaviour=None, size=None, anatomy=())
    proposal = await rooms.authors[child.operator].propose(child, number)
    child = replace(child, files=proposal.files, rationale=proposal.rationale, repairs=number, model=proposal.model)
    attempt = Attempt(identity, number, proposal.failure, proposal.message)
    return _decide(rooms, child, attempt, checked=False, final=proposal.final)


async def screen(state: ChildState, runtime: Here) -> dict[str, Any]:
    """The cheap checks, cheapest first."""
    rooms, number = runtime.context, state["attempt"]
    child = rooms.ledger.known(state["candidate"])
    if done := rooms.ledger.attempt(child.id, number):
        return _decide(rooms, child, done)
    begun_at = time.time()
    found = await rooms.trainer.screen(child, rooms.ledger.known(child.parents[0]))
    child = replace(
        child, fingerprint=found.fingerprint, behaviour=found.behaviour, size=found.size, anatomy=found.anatomy
    )
    return _decide(rooms, child, Attempt(child.id, number, found.failure, found.message, begun_at, time.time()))


def _decide(
    rooms: Rooms, child: Candidate, attempt: Attempt, checked: bool = True, final: bool = False
) -> dict[str, Any]:
    """Write what is known and say where the child goes: on, back to its author, or nowhere.

    `checked`: its checks are behind it; `final`: nothing can be mended. So it is of a refused question: a repair only adds to it.
    """
    again = attempt.failure is not None and not final and attempt.attempt < rooms.config.search.repairs
    child = replace(
        child,
        status="failed" if attempt.failure and not again else "proposed",
        failure=None if again else attempt.failure,
        message=attempt.message,
    )
    with rooms.ledger.transaction():
        rooms.ledger.put_candidate(child)
        if child.status in CLOSED:
            rooms.ledger.add_event("settled", {"candidate": child.id, "failure": child.failure})
        if checked or attempt.failure:
            rooms.ledger.put_attempt(attempt)
            _judge(rooms, child, attempt)
    verdict = "fit" if not attempt.failure else "mend" if again else "dead"
    return {"attempt": attempt.attempt, "verdict": verdict}


def _judge(rooms: Rooms, child: Candidate, attempt: Attempt) -> None:
    """Note what became of the reply; one that holds several children has the word of the one that asked."""
    if attempt.attempt or child.asked_by is None:
        rooms.ledger.judge_call(rooms.authors[child.operator].key(child, attempt.attempt), attempt.failure)


def by_verdict(state: ChildState) -> str:
    """The verdict names the edge."""
    return state["verdict"]


async def train(state: ChildState, runtime: Here) -> dict[str, Any]:
    """The outcome at the run's fidelity; the author of a program that failed sees why and answers again."""
    rooms, number = runtime.context, state["attempt"]
    child = rooms.ledger.known(state["candidate"])
    outcome = await rooms.trainer.train(child)
    attempt = rooms.ledger.attempt(child.id, number)
    assert attempt is not None  # written with its checks
    attempt, again = replace(attempt, evaluation=outcome.key), False
    if outcome.failure and outcome.failure not in _FINAL:
        failed = replace(attempt, failure=outcome.failure, message=of_training(outcome))
        told = rooms.course.mend(failed) if number < rooms.config.search.repairs else None
        attempt, again = told or failed, told is not None
    child = replace(
        child,
        status="proposed" if again else "failed" if outcome.failure else "evaluated",
        failure=None if again else outcome.failure,
        message=outcome.message or child.message,  # a hint of its check stands
        objectives=outcome.objectives,
    )
    with rooms.ledger.transaction():
        rooms.ledger.put_candidate(child)
        rooms.ledger.put_trained(attempt)
        if attempt.failure:
            _judge(rooms, child, attempt)
        if not again:
            rooms.ledger.add_event("settled", {"candidate": child.id, "failure": child.failure})
    return {"verdict": "mend" if again else "done"}
