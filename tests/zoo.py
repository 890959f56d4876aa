"""Programs with their expected outcomes, from the files of `tests/cheats` and `tests/honest`, for the tests that run them.

The first line of a file says what the program does, the next ones how it is to be taken:

    # outcome: KIND: WHAT    of a cheat; the kinds stand in tests/test_reward_hacking.py
    # honest: params=N       of an honest program
    # after: A.py, B.py      these files of `parts` beside it come first
    # steps: N               it is trained for so many steps instead of the few that do for most
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from sandboxes import BACKENDS, MAIN
from trainers import TrainerBench

import genome
from memory.records import Audit, Candidate

HERE = Path(__file__).parent
STEPS = 20


@dataclass(frozen=True)
class Specimen:
    """One file: what is expected of it, and its text with what comes first."""

    name: str
    kind: str  # the word behind "outcome: ", or "honest"
    what: str  # the rest of that line
    text: str
    steps: int = STEPS


def specimens(folder: str) -> list[Specimen]:
    """All of `tests/FOLDER`, by name."""
    return [read(path) for path in sorted((HERE / folder).glob("*.py"))]


def with_backends(found: list[Specimen], walls: Collection[str] = ()) -> list[ParameterSet]:
    """Each specimen with each backend that could make a difference to it.

    Those of a kind in `walls` meet what a sandbox holds, so they go to all. Of every other kind, which harness and host
    alone decide, the first goes to all and the rest to one.
    """
    firsts = {one.kind: one.name for one in reversed(found)}
    return [
        pytest.param(backend, one, id=f"{one.name}-{backend}")
        for one in found
        for backend in BACKENDS
        if backend == MAIN or one.kind in walls or firsts[one.kind] == one.name
    ]


def read(path: Path) -> Specimen:
    """The file as a specimen."""
    text = path.read_text()
    head = dict(
        line.removeprefix("# ").split(": ", 1)
        for line in text.splitlines()[1:4]
        if line.startswith("# ") and ": " in line
    )
    outcome = f"honest: {head['honest']}" if "honest" in head else head["outcome"]
    kind, _, what = outcome.partition(": ")
    before = [(path.parent / "parts" / name).read_text() for name in head.get("after", "").split(", ") if name]
    return Specimen(path.stem, kind, what, "\n\n".join([*before, text]), int(head.get("steps", STEPS)))


def behind_the_seed(bench: TrainerBench, specimen: Specimen) -> Candidate:
    """A cheat: its text behind the seed's program."""
    return bench.program(specimen.name, {"program.py": f"{bench.seed.files['program.py']}\n\n{specimen.text}"})


def in_its_segments(bench: TrainerBench, specimen: Specimen) -> Candidate:
    """An honest child of the seed: its segments in the place of the seed's."""
    return bench.program(
        specimen.name, genome.replace(bench.seed.files, genome.segments({"program.py": specimen.text}))
    )


async def measured(bench: TrainerBench, made: Candidate) -> tuple[Candidate, Audit | None]:
    """What training and audit made of it; no audit where the training failed."""
    done = await bench.settle(made)
    return done, await bench.trainer.audit(done) if done.objectives else None


async def screened(bench: TrainerBench, made: Candidate) -> Candidate:
    """The child with the fingerprints of its screening, or failed by it."""
    found = await bench.trainer.screen(made, bench.seed)
    return replace(
        made,
        fingerprint=found.fingerprint,
        behaviour=found.behaviour,
        status="failed" if found.failure else made.status,
        failure=found.failure,
        message=found.message,
    )


def numbers(done: Candidate, found: Audit) -> float:
    """Parameters after the audit, which may count more than the training's weights told."""
    return found.measured.get("params", (done.objectives or {})["params"])


def unproven(found: Audit) -> bool:
    """Whether nothing was wrong and nothing could be measured either."""
    return not found.fault and bool(found.unproven)
