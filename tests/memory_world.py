"""A small world for the tests of the ledger and its viewers: three lines make a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from memory.ledger import Ledger
from memory.records import Candidate, Commit, Evaluation, Evidence, Lesson, ModelCall, Selection

META: dict[str, Any] = {
    "run": "r1",
    "task": "mnist1d",
    "strategy": "guided-evolution",
    "seed": 0,
    "fidelity": "quick",
    "version": "0.1.0",
    "objectives": [
        {"name": "val_error", "unit": "%", "goal": "min", "reference": 100.0},
        {"name": "params", "unit": "", "goal": "min", "reference": 10000.0},
    ],
}
GOALS = {"val_error": "min", "params": "min"}
PROGRAM = "# EVOLVE-BLOCK-START head\nwidth = 25\n# EVOLVE-BLOCK-END\n"


def seed(**changes: Any) -> Candidate:
    base = Candidate(
        id="seed",
        generation=0,
        index=0,
        operator="seed",
        files={"program.py": PROGRAM},
        fingerprint="fp-seed",
        behaviour="b-seed",
        status="evaluated",
        objectives={"val_error": 20.0, "params": 5210.0},
    )
    return replace(base, **changes)


def child(generation: int, index: int, **changes: Any) -> Candidate:
    id = f"g{generation:02d}-{index:02d}"
    segment = changes.get("segment", "head")
    base = Candidate(
        id=id,
        generation=generation,
        index=index,
        operator="mutate",
        parents=("seed",),
        segment=segment,
        scope="segment" if segment else None,
        segments=(segment,) if segment else (),
        intent="simplify",
        persona="frugal",
        model="offline",
        temperature=0.3,
        files={"program.py": PROGRAM.replace("25", str(100 * generation + index))},
        fingerprint=f"fp-{id}",
        behaviour=f"b-{id}",
        rationale="a smaller head",
        status="evaluated",
        objectives={"val_error": 15.0, "params": 5000.0},
    )
    return replace(base, **changes)


def call(candidate: str | None, attempt: int = 0, **changes: Any) -> ModelCall:
    base = ModelCall(
        key=f"{candidate or 'reflect-g01'}/{'architect' if candidate else 'critic'}/{attempt}",
        candidate=candidate,
        generation=1,
        agent="architect" if candidate else "critic",
        persona="frugal" if candidate else None,
        model="offline",
        offline=True,
        sampling={"temperature": 0.3},
        messages=[{"role": "system", "content": "You are frugal."}, {"role": "user", "content": "Make it smaller."}],
        reply="Here: ```python\nwidth = 5\n```",
        finish="stop",
        tokens_in=100,
        tokens_out=20,
        cost_usd=0.5,
        latency_s=0.25,
    )
    return replace(base, **changes)


def evaluation(candidate: Candidate, status: Any = "done", train_seed: int = 0, **changes: Any) -> Evaluation:
    base = Evaluation(
        key=f"key-{candidate.id}-{train_seed}",
        candidate=candidate.id,
        fidelity="quick",
        train_seed=train_seed,
        status=status,
        attempt=candidate.repairs,
        failure=candidate.failure if status == "done" else None,
        objectives=candidate.objectives if status == "done" else None,
        wall_s=3.0 if status == "done" else 0.0,
    )
    return replace(base, **changes)


def evidence(candidate: Candidate, parent: Candidate, **changes: Any) -> Evidence:
    ours, theirs = candidate.objectives, parent.objectives
    base = Evidence(
        child=candidate.id,
        parent=parent.id,
        generation=candidate.generation,
        operator=candidate.operator,
        segment=candidate.segment,
        intent=candidate.intent,
        persona=candidate.persona,
        diff="-width = 25\n+width = 5",
        delta={name: ours[name] - theirs[name] for name in ours} if ours and theirs else None,
        failure=candidate.failure,
        message=candidate.message,
    )
    return replace(base, **changes)


def lesson(number: int, generation: int = 1, **changes: Any) -> Lesson:
    base = Lesson(
        id=f"L{generation:02d}-{number}",
        generation=generation,
        claim="a narrower head costs little",
        applies="when the head is wide",
        segment="head",
        evidence=("g01-00",),
        effect={"params": "down"},
        run="r1",
    )
    return replace(base, **changes)


def record(ledger: Ledger, candidate: Candidate, parent: Candidate | None = None) -> Candidate:
    """Write a candidate as a run would: planned, replied to, evaluated, with its evidence."""
    ledger.put_candidate(replace(candidate, status="planned", failure=None, objectives=None))
    if parent is not None:
        for attempt in range(candidate.repairs + 1):
            ledger.put_call(call(candidate.id, attempt, generation=candidate.generation, persona=candidate.persona))
    if candidate.status == "evaluated" or candidate.failure in ("nan", "timeout", "crash", "lost"):
        ledger.open_ticket(evaluation(candidate, "running"))
        ledger.close_ticket(evaluation(candidate))
    ledger.put_candidate(candidate)
    if parent is not None:
        ledger.put_evidence(evidence(candidate, parent))
    return candidate


def close(ledger: Ledger, number: int, population: tuple[str, ...], archive: tuple[str, ...], **data: Any) -> None:
    """Commit the children of this ask and select, as a run would."""
    with ledger.transaction():
        made = [one.id for one in ledger.candidates(generation=number)]
        ledger.put_commit(Commit(number, tuple(made), tuple(f"audit/{id}" for id in archive)))
        ledger.count((e.key for id in made for e in ledger.trainings(id)), number)
        ledger.put_selection(Selection(population, archive, data, number))


def small_run(path: Path) -> Ledger:
    """A finished run of two generations: one win, one trade, one failure, one loss; one lesson cited once."""
    ledger = Ledger.create(path, META, clock=lambda: 1_700_000_000.0)
    ledger.add_event("started", {"task": "mnist1d"})
    root = record(ledger, seed())
    close(ledger, 0, ("seed",), ("seed",))
    win = record(ledger, child(1, 0), root)
    failed = {
        "status": "failed",
        "failure": "shape",
        "objectives": None,
        "message": "expected 25, got 24",
        "repairs": 2,
    }
    record(ledger, child(1, 1, persona="bold", **failed), root)
    close(ledger, 1, ("seed", "g01-00"), ("g01-00",))
    ledger.put_call(call(None))
    ledger.put_lesson(lesson(1))
    trade = {"val_error": 12.0, "params": 7000.0}
    record(ledger, child(2, 0, parents=("g01-00",), lessons=("L01-1",), objectives=trade, repairs=1), win)
    loss = {"val_error": 30.0, "params": 6000.0}
    record(ledger, child(2, 1, parents=("g01-00",), persona="bold", objectives=loss), win)
    close(ledger, 2, ("g01-00", "g02-00"), ("g01-00", "g02-00"), hypervolume=1.5)
    ledger.add_event("finished", {})
    return ledger
