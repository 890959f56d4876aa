"""What the viewers cost on a large run: `python benchmarks/big_ledger.py --at FOLDER [--only status front]`.

Makes, once, a run of 20,000 candidates, 40,000 model calls and 600 lessons in FOLDER (about 500 MB, two minutes) through the
ledger's own methods: programs of 3 kB, prompts of 4 to 8 kB, curves, audits, events. Then every command is run as a process of
its own, its output thrown away, and told with its wall time, its processor time and its peak memory; last comes what the progress
that a run shows while it works costs, at its start and twice a second.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from memory.ledger import Ledger  # noqa: E402
from memory.records import (  # noqa: E402
    Ask,
    Audit,
    Candidate,
    Commit,
    Evaluation,
    Evidence,
    Lesson,
    ModelCall,
    Reflection,
    Selection,
)

CHILDREN = 20  # a generation
NAME = "big"
TICKS = 200
META: dict[str, Any] = {
    "run": NAME,
    "id": "0" * 32,
    "task": "mnist1d",
    "strategy": "guided-evolution",
    "seed": 1,
    "fidelity": "quick",
    "version": "0.1.0",
    "objectives": [
        {"name": "val_error", "unit": "%", "goal": "min", "reference": 100.0, "noise": 2.4},
        {"name": "params", "unit": "", "goal": "min", "reference": 10000.0},
    ],
}
INTENTS = ("simplify", "widen", "deepen", "tune", "swap", "regularise")
PERSONAS = ("minimalist", "tinkerer", "statistician", "engineer", "physicist", "gardener")
SEGMENTS = ("stem", "body", "head", "optimiser")
FAILURES = ("shape", "syntax", "nan", "duplicate", "stopped", "timeout")
SYSTEM = "You improve the code of a neural network by rewriting one of its segments. " * 7
ASK = "Measured steps of this segment so far, each with its change in validation error and in parameters. " * 12
LISTINGS = {
    "help": ("--help",),
    "status": ("status", NAME),
    "show ID": ("show", NAME, "g500-07"),
    "show": ("show", NAME),
    "show --json": ("show", NAME, "--json"),
    "front": ("front", NAME),
    "lessons": ("lessons", NAME),
    "transcript --candidate ID": ("transcript", NAME, "--candidate", "g500-07"),
    "transcript --generation N": ("transcript", NAME, "--generation", "500"),
    "transcript --json": ("transcript", NAME, "--json"),
    "persona stats": ("persona", "stats", NAME),
    "memory verify": ("memory", "verify", NAME),
    "memory stats": ("memory", "stats", NAME),
}


@dataclass(frozen=True)
class Cost:
    """Of one process, or of one tick of progress."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    code: int = 0


class Story:
    """Writes a run as a search would: generation by generation, each child with its calls, training, step and audit."""

    def __init__(self, ledger: Ledger, children: int, lessons: int) -> None:
        self.ledger, self.rng = ledger, random.Random(0)
        self.generations = children // CHILDREN
        self.lessons = lessons
        self.program = (ROOT / "tasks/mnist1d/program.py").read_text(encoding="utf-8")
        self.archive: list[Candidate] = []
        self.written: list[str] = []

    def tell(self) -> None:
        self._begin()
        for generation in range(1, self.generations + 1):
            with self.ledger.transaction():
                self._generation(generation)
        self.ledger.add_event("finished", {"generation": self.generations})

    def _begin(self) -> None:
        seed = Candidate(
            "seed", 0, 0, "seed", files={"program.py": self.program}, fingerprint="fp-seed", status="evaluated"
        )
        seed = replace(seed, objectives={"val_error": 40.0, "params": 5210.0})
        self.ledger.add_event("started", {"task": "mnist1d", "slots": 2, "why": ""})
        self.ledger.put_candidate(seed)
        self._train(seed)
        self._close(0, [seed])

    def _generation(self, generation: int) -> None:
        ids = tuple(f"g{generation:02d}-{index:02d}" for index in range(CHILDREN))
        self.ledger.put_ask(Ask(generation, ids), [])
        self.ledger.add_event("planned", {"generation": generation, "children": CHILDREN})
        members = [self._child(generation, index) for index in range(CHILDREN)]
        self._close(generation, members)
        if len(self.written) < self.lessons:
            self._reflect(generation, members)

    def _close(self, generation: int, members: Sequence[Candidate]) -> None:
        """Commit, audit whoever is an elite now, and select."""
        self.ledger.put_commit(Commit(generation, tuple(one.id for one in members)))
        self.ledger.count([f"key-{one.id}" for one in members], generation)
        for one in members:
            if one.objectives and not any(_beats(other, one) for other in self.archive):
                self.archive = [c for c in self.archive if not _beats(one, c)] + [one]
                self.ledger.put_audit(Audit(f"key-{one.id}", one.id, measured={"params": one.objectives["params"]}))
                self.ledger.add_event("audited", {"candidate": one.id, "fault": "", "unproven": ""})
        ids = tuple(sorted(one.id for one in self.archive))
        self.ledger.put_selection(Selection(ids, ids, {"hypervolume": 0.5}, generation))
        self.ledger.add_event("selected", {"generation": generation, "hypervolume": 0.5})

    def _child(self, generation: int, index: int) -> Candidate:
        rng, id = self.rng, f"g{generation:02d}-{index:02d}"
        cross = rng.random() < 0.25 and len(self.archive) > 1
        parents = rng.sample(self.archive, 2) if cross else [rng.choice(self.archive)]
        failure = rng.choice(FAILURES) if rng.random() < 0.3 else None
        progress = generation / self.generations
        one = Candidate(
            id,
            generation,
            index,
            "cross" if cross else "mutate",
            parents=tuple(p.id for p in parents),
            segment=rng.choice(SEGMENTS),
            intent=None if cross else rng.choice(INTENTS),
            persona=rng.choice(PERSONAS),
            model="offline",
            temperature=0.7,
            lessons=tuple(rng.sample(self.written[-40:], min(3, len(self.written)))),
            prompt="breeder@1" if cross else "intent/tune@1",
            files={"program.py": f"{self.program}\n# {id}: width {rng.randrange(999)}\n"},
            fingerprint=f"fp-{id}",
            behaviour=f"b-{id}",
            size=rng.randrange(2000, 9000),
            rationale=f"A narrower head should cost little here ({rng.random()}). " * 4,
            status="failed" if failure else "evaluated",
            failure=failure,
            message="expected 25 channels, came 24, at line 31 of program.py" if failure else "",
            objectives=None
            if failure
            else {
                "val_error": round(40 - 25 * progress + rng.gauss(0, 6), 2),
                "params": float(rng.randrange(1500, 9000)),
            },
            repairs=rng.choice((0, 1, 2)),
        )
        self.ledger.put_candidate(one)
        for call in self._calls(one):
            self.ledger.put_call(call)
        if failure not in ("shape", "syntax", "duplicate"):
            self._train(one)
        for parent in parents:
            self.ledger.put_evidence(self._step(one, parent))
        self.ledger.add_event("settled", {"candidate": id, "failure": failure})
        return one

    def _calls(self, one: Candidate) -> Iterator[ModelCall]:
        code = f"```python\n{one.files['program.py']}\n```"
        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": f"{ASK}\n{code}"}]
        for attempt in range(one.repairs + 1):
            reply = f"{one.rationale}\n```python\n{self.program[300:1500]}\n```"
            yield ModelCall(
                f"{one.id}/architect/{attempt}",
                one.id,
                one.generation,
                "breeder" if one.operator == "cross" else "architect",
                one.persona,
                "offline",
                True,
                {"temperature": 0.7, "max_tokens": 2048},
                messages,
                reply,
                "stop",
                self.rng.randrange(900, 2000),
                self.rng.randrange(200, 600),
                0.001,
                1.5,
                failure=one.failure if attempt == one.repairs else "shape",
            )
            messages = [
                *messages,
                {"role": "assistant", "content": reply},
                {"role": "user", "content": "It failed: expected 25 channels, came 24. Mend it."},
            ]

    def _train(self, one: Candidate) -> None:
        curve = tuple({"step": 100.0 * n, "val_error": 80.0 / n} for n in range(1, 13))
        ticket = Evaluation(f"key-{one.id}", one.id, "quick", 1, "running", attempt=one.repairs)
        self.ledger.open_ticket(ticket)
        outcome = {"failure": one.failure, "objectives": one.objectives, "wall_s": 3.0, "cpu_s": 2.5, "curve": curve}
        self.ledger.close_ticket(replace(ticket, status="done", **outcome))

    def _step(self, one: Candidate, parent: Candidate) -> Evidence:
        diff = "-        width = 25\n+        width = 30\n" * 12
        made = (one.generation, one.operator, one.segment, one.intent, one.persona)
        return Evidence(one.id, parent.id, *made, diff=diff)

    def _reflect(self, generation: int, members: Sequence[Candidate]) -> None:
        number = len(self.written)
        id = f"L{generation:02d}-1"
        lesson = Lesson(
            id,
            generation,
            f"A narrower head costs little where the body is deep, says lesson {number}.",
            "when the head is wide",
            self.rng.choice(SEGMENTS),
            tuple(c.id for c in members[:4]),
            {"params": "down", "val_error": "same"},
            run=NAME,
            supporting=2,
        )
        verdict = {"lesson": id, "done": "kept", "why": "its steps show it"}
        shown = tuple(c.id for c in members[:8])
        self.ledger.put_reflection(Reflection(generation, (id,), shown, (verdict,)), [lesson])
        self.written.append(id)
        self.ledger.add_event("reflected", {"generation": generation, "lessons": [id]})


def _beats(a: Candidate, b: Candidate) -> bool:
    """As good in both objectives; of equals the first stays."""
    ours, theirs = a.objectives or {}, b.objectives or {}
    return all(value <= theirs[name] for name, value in ours.items())


def make(folder: Path, children: int, lessons: int) -> None:
    """The run, in a folder that is moved to its name when it is whole."""
    from graph.resolve import resolve

    with tempfile.TemporaryDirectory(dir=folder, prefix="making-") as place:
        run = Path(place) / NAME
        run.mkdir()
        meta = {**META, "planned": children}
        with Ledger.create(run / "ledger.sqlite", meta) as ledger:
            Story(ledger, children, lessons).tell()
        _settings(run, resolve(None, {"task": "mnist1d", "seed": 1}))
        run.rename(folder / NAME)


def _settings(run: Path, config: Any) -> None:
    import tomli_w

    text = tomli_w.dumps(config.model_dump(mode="json", exclude_none=True))
    (run / "config.toml").write_text(text, encoding="utf-8")


def command(folder: Path, words: Sequence[str]) -> Cost:
    """What one command costs as a process of its own."""
    env = {**os.environ, "EVOLVE_RUNS": str(folder)}
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), *words], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, spent = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.monotonic() - began
    return Cost(wall_s, spent.ru_utime + spent.ru_stime, spent.ru_maxrss / 1024, process.returncode)


def progress(folder: Path) -> tuple[float, float]:
    """CPU seconds of beginning to follow a run, and of a tick after which a child came to its end."""
    from commands.following import Following

    with Ledger.open(folder / NAME / "ledger.sqlite") as ledger:
        begun = time.process_time()
        run = Following(ledger)
        known = time.process_time()
        for _ in range(TICKS):
            ledger.add_event("settled", {"candidate": "g500-07", "failure": None})
            run.news()
        return known - begun, (time.process_time() - known) / TICKS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at", type=Path, required=True, help="folder in which the run is made, or was")
    parser.add_argument("--children", type=int, default=20_000)
    parser.add_argument("--lessons", type=int, default=600)
    parser.add_argument("--only", nargs="*", choices=LISTINGS)
    arguments = parser.parse_args()
    arguments.at.mkdir(parents=True, exist_ok=True)
    if not (arguments.at / NAME).exists():
        # in a process of its own: the kernel counts this one's memory as that of each command that it starts
        maker = multiprocessing.Process(target=make, args=(arguments.at, arguments.children, arguments.lessons))
        maker.start()
        maker.join()
        if maker.exitcode:
            sys.exit(maker.exitcode)
    size = (arguments.at / NAME / "ledger.sqlite").stat().st_size / 2**20
    print(
        f"ledger of {size:.0f} MB\n\n| command | seconds | CPU seconds | peak MB | exit code |\n|---|---|---|---|---|"
    )
    for name in arguments.only or LISTINGS:
        cost = command(arguments.at, LISTINGS[name])
        print(f"| `{name}` | {cost.wall_s:.2f} | {cost.cpu_s:.2f} | {cost.peak_mb:.0f} | {cost.code} |", flush=True)
    begin, tick = progress(arguments.at)
    print(f"\nprogress: {begin:.3f} CPU seconds to begin, {1000 * tick:.2f} CPU milliseconds a tick with news")


if __name__ == "__main__":
    main()
