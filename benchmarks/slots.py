"""How busy slots are kept: a model and an evaluator that take a set time, generations with a barrier, with overlap, and OpenEvolve.

    python -m venv oe && oe/bin/pip install openevolve
    python benchmarks/slots.py --openevolve oe/bin/python

Each line is one whole run of the real command with four slots. `busy` is the share of the window in which slots trained, the window
going from the first child's training to the end of the last one; further trainings of leaders are among them, audits are not.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from benchmarks import stub  # noqa: E402
from memory.ledger import Ledger  # noqa: E402

SLOTS = 4
EVALUATOR = """
import json, os, random, time

def evaluate(path):
    begun = time.time()
    time.sleep({seconds} * ({tail} if random.SystemRandom().random() < 0.1 else 1.0))
    with open({notes!r}, "a", encoding="utf-8") as file:
        file.write(json.dumps([begun, time.time()]) + "\\n")
    return {{"combined_score": random.random()}}
"""


class Case(NamedTuple):
    """What takes how long, and how many candidates there are."""

    name: str
    model_s: float
    training_s: float
    tail: float  # times as long does one training in ten take
    children: int
    ahead: int


CASES = (
    Case("60", 0.5, 1.0, 1.0, 60, 6),
    Case("600", 0.5, 1.0, 1.0, 600, 6),
    Case("slow model", 10.0, 1.0, 1.0, 120, 56),
    Case("heavy tail", 0.5, 1.0, 10.0, 240, 6),
)


class Found(NamedTuple):
    """One run."""

    wall_s: float
    first_s: float  # from the command to the first child's training
    window_s: float
    busy: float
    trainings: int


def share(spans: list[tuple[float, float]], began: float, wall_s: float, first: float) -> Found:
    """What these trainings say, of which the first of a child began at `first`."""
    end = max(end for _, end in spans)
    inside = sum(max(0.0, min(end, b) - max(first, a)) for a, b in spans)
    return Found(wall_s, first - began, end - first, inside / (SLOTS * (end - first)), len(spans))


def ours(case: Case, place: Path, overlap: bool) -> Found:
    """The real command."""
    each = 5 * SLOTS
    runs = place / f"runs-{overlap}"
    with stub.model(case.model_s) as address:
        task = stub.task(place / f"task-{overlap}", case.training_s, case.tail)
        settings = {
            "search.generations": case.children // each,
            "search.initial": each,
            "search.population": each,
            "search.overlap": case.ahead if overlap else 0,
            "sampling.parallel": 64,
            "sandbox.slots": SLOTS,
            "sandbox.backend": "jail",
        }
        chosen = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
        began = time.time()
        order = [
            sys.executable,
            str(ROOT / "cli.py"),
            "run",
            str(task),
            "--name",
            "r",
            "--model",
            f"stub,base_url={address}",
        ]
        subprocess.run(
            [*order, *chosen, "--quiet"],
            env=os.environ | {"EVOLVE_RUNS": str(runs), "OPENAI_API_KEY": "none"},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        wall_s = time.time() - began
    with Ledger.open(runs / "r" / "ledger.sqlite", read_only=True) as ledger:
        done = [e for e in ledger.evaluations("done")]
        children = {c.id for c in ledger.candidates(code=False)} - {"seed"}
        first = min(e.begun_at for e in done if e.candidate in children)
        return share([(e.begun_at, e.ended_at) for e in done], began, wall_s, first)


def theirs(case: Case, place: Path, python: str) -> Found:
    """OpenEvolve's own command line, on the same model and the same time an evaluation."""
    home = place / "openevolve"
    home.mkdir()
    notes = home / "notes.jsonl"
    (home / "evaluator.py").write_text(
        EVALUATOR.format(seconds=case.training_s, tail=case.tail, notes=str(notes)), encoding="utf-8"
    )
    (home / "program.py").write_text("# EVOLVE-BLOCK-START\nlr=0.01\n# EVOLVE-BLOCK-END\n", encoding="utf-8")
    with stub.model(case.model_s) as address:
        config = {
            "max_iterations": case.children,
            "diff_based_evolution": False,
            "language": "python",
            "llm": {
                "api_base": address,
                "api_key": "none",
                "models": [{"name": "stub", "weight": 1.0}],
                "timeout": 120,
            },
            "evaluator": {"parallel_evaluations": SLOTS, "cascade_evaluation": False, "timeout": 60},
        }
        (home / "config.yaml").write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
        began = time.time()
        order = [
            python,
            "-m",
            "openevolve.cli",
            "program.py",
            "evaluator.py",
            "--config",
            "config.yaml",
            "--output",
            "out",
        ]
        subprocess.run(
            order, cwd=home, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=os.environ | {"OPENAI_API_KEY": "none"},
        )  # fmt: skip
        wall_s = time.time() - began
    spans = sorted(tuple(json.loads(line)) for line in notes.read_text(encoding="utf-8").splitlines())
    return share(spans, began, wall_s, spans[1][0])  # the first is its seed's


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--openevolve", help="a Python that has openevolve installed")
    parser.add_argument("--only", choices=[case.name for case in CASES], action="append")
    arguments = parser.parse_args()
    print(
        f"{'case':<12} {'who':<12} {'busy':>6} {'window (s)':>11} {'first child (s)':>16} {'whole (s)':>10} {'trainings':>10}"
    )
    for case in CASES:
        if arguments.only and case.name not in arguments.only:
            continue
        with tempfile.TemporaryDirectory(prefix="slots-") as folder:
            place = Path(folder)
            found = {"strict": ours(case, place, False), "overlap": ours(case, place, True)}
            if arguments.openevolve:
                found["openevolve"] = theirs(case, place, arguments.openevolve)
        for who, one in found.items():
            print(
                f"{case.name:<12} {who:<12} {100 * one.busy:>5.0f}% {one.window_s:>11.1f} {one.first_s:>16.1f} "
                f"{one.wall_s:>10.1f} {one.trainings:>10}",
                flush=True,
            )


if __name__ == "__main__":
    main()
