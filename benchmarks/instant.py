"""A run whose trainings take no time: everything else is real (the state machine, the ledger, the authors, the index).

What is left is the engine's own work, for measurements and for tests that stop a run in thousands of places.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import genome
from agents.contract import Screening
from graph.config import Config
from graph.content import hold
from graph.create import create, read_config
from graph.resolve import resolve
from graph.run import drive
from graph.wiring import rooms
from memory.ledger import Ledger
from memory.records import Audit, Candidate, Evaluation
from memory.seeds import training_seeds
from tasks import Task

SLOTS = 2  # as with overlap there are more children under way than these


class InstantTrainer:
    """An `agents.contract.Examiner`: the checks of a program's text are those of a run; its outcome is drawn from its code.

    The error is near the parent's size for size, so that there is something to select; one in ten fails.
    """

    def __init__(self, task: Task, ledger: Ledger, run_seed: int) -> None:
        self._task, self._ledger, self._seed = task, ledger, run_seed

    async def screen(self, child: Candidate, parent: Candidate) -> Screening:
        try:
            genome.check(child.files, parent.files, self._task.roots, self._task.imports)
        except genome.GenomeError as e:
            return Screening(None, None, e.failure, e.message)
        code = genome.fingerprint(child.files)
        if twin := self._ledger.find_fingerprint(code, upto=child.after):
            return Screening(code, None, "duplicate", f"the same program was evaluated before as {twin}")
        if _share(code, "screen") < 0.05:
            return Screening(code, None, "shape", "the shapes do not fit")
        return Screening(code, code[:12], size=1000 + int(9000 * _share(code, "size")))

    async def screen_seed(self, seed: Candidate) -> Screening:
        return Screening(genome.fingerprint(seed.files), "seed", size=5210)

    async def train(self, child: Candidate) -> Evaluation:
        return self._trained(child, 0)

    async def train_again(self, child: Candidate, times: int) -> list[Evaluation]:
        return [self._trained(child, n) for n in range(1, times + 1)]

    async def audit(self, child: Candidate) -> Audit:
        key = f"{child.fingerprint}/0"
        fault = "it does not predict what it said" if _share(key, "audit") < 0.1 and child.id != "seed" else ""
        self._ledger.put_audit(Audit(key, child.id, fault))
        found = self._ledger.audit(key)
        assert found is not None
        return found

    def _trained(self, child: Candidate, n: int) -> Evaluation:
        code = child.fingerprint or ""
        key = f"{code}/{n}"
        known = self._ledger.evaluation(key)
        if known is not None and known.status == "done":
            return known
        running = Evaluation(
            key, child.id, "quick", training_seeds(self._seed, n + 1)[n], "running", attempt=child.repairs
        )
        self._ledger.open_ticket(running)
        failure = "nan" if _share(code, "fails") < 0.1 and child.id != "seed" else None
        error = 5 + 25 * _share(code, "error") + 3 * _share(key, "noise")
        values = {"val_error": round(error, 2), "params": float(child.size or 5210)}
        done = replace(running, status="done", failure=failure, objectives=None if failure else values)
        self._ledger.close_ticket(done)
        return done


def _share(*purpose: str) -> float:
    return int.from_bytes(hashlib.sha256("/".join(purpose).encode()).digest()[:6], "big") / (1 << 48)


def settings(task: str, **search: Any) -> Config:
    """The settings of an instant run of this task, with these of the search."""
    return resolve(None, {"task": task, **{f"search.{name}": value for name, value in search.items()}}, {})


def begin(config: Config, folder: Path) -> None:
    """Make the run's folder."""
    create(config, folder)


def replay(source: Path, folder: Path) -> None:
    """Make the folder of a run that repeats `source`."""
    create(read_config(source), folder, source)


async def go(folder: Path, opened: Callable[[Ledger], AbstractContextManager[Any]] | None = None) -> None:
    """Drive the run to its end from wherever it stands; `opened` may watch its ledger meanwhile."""
    config = read_config(folder)
    with ExitStack() as stack:
        ledger = stack.enter_context(Ledger.open(folder / "ledger.sqlite"))
        if opened:
            stack.enter_context(opened(ledger))
        held = hold(ledger, config, folder, "")
        trainer = InstantTrainer(held.task, ledger, config.seed)
        await drive(stack.enter_context(rooms(config, folder, ledger, held, trainer, slots=SLOTS)))


@contextmanager
def quick_replies() -> Iterator[None]:
    """Whoever answers takes no time either: another number in a segment, one lesson a reflection; what is left is the engine's work."""
    from agents.offline import model

    usual, model.reply_to = model.reply_to, _quick  # type: ignore[assignment]
    try:
        yield
    finally:
        model.reply_to = usual


def _quick(messages: Sequence[Any], seed: int, *_: Any) -> str:
    prompt = next(m.text for m in messages if "# Role:" in m.text)
    if re.search(r"# Role: *Critic", prompt):
        cited = sorted(set(re.findall(r"\bg\d+-\d+\b", prompt)))[:2]
        return (
            f'```toml\n[[lesson]]\nclaim = "number {seed} changes little"\napplies = "always"\nsegment = "body"\n'
            f'evidence = {json.dumps(cited)}\neffect = {{ val_error = "down" }}\n```'
        )
    asked = re.findall(r"^Segments? (?:to change|that differ)[^:\n]*: (.*)$", prompt, re.MULTILINE)[-1]
    names = re.findall(r"\w+", asked)
    name = names[seed % len(names)]
    block = re.search(rf"EVOLVE-BLOCK-START {name}\n(.*?)\n[^\n]*EVOLVE-BLOCK-END", prompt, re.DOTALL)
    text = block[1] if block else ""
    numbers = [found.span() for found in re.finditer(r"\b\d+\b|(?<=\(x)(?=\))", text)]
    begin, end = numbers[seed % len(numbers)]
    number = f"{2 + seed % 9973}" if end > begin else f" * {2 + seed % 9973}"
    return f"Another number.\n\n```python segment={name}\n{text[:begin]}{number}{text[end:]}\n```"
