"""Candidates that would rather cheat than learn: each gets nothing by it, through the real harness, Trainer and audit.

A cheat is a file below `tests/cheats/`: text put behind the seed's program, none of which the host's own check would let
through; its second line says what becomes of it:

    nothing found      it looks for labels; it prints FOUND when it has some
    no gain            it is evaluated, and its score is what its predictions are worth
    struck: REGEX      it is believed by the host's scoring, and its audit finds it out for this reason
    time is measured   the processor time on record is that which it used
    measures are true  operations and latency on record are the seed's own
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sandboxes import BACKENDS, need
from trainers import TrainerBench, trainer_bench

from memory.records import Candidate

CHEATS = sorted((Path(__file__).parent / "cheats").glob("*.py"))
CHANCE = 80.0  # per cent of ten classes: below it something has been learnt, or stolen


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=BACKENDS)
async def bench(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shared_cache: Path
) -> AsyncIterator[TrainerBench]:
    async with trainer_bench(tmp_path_factory.mktemp("cheats"), need(request.param), shared_cache) as made:
        assert (await made.trainer.audit(made.seed)).fault == ""
        yield made


async def cheat(bench: TrainerBench, path: Path) -> Candidate:
    text = bench.seed.files["program.py"] + "\n\n" + path.read_text()
    return await bench.settle(bench.program(path.stem, {"program.py": text}))


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("path", CHEATS, ids=lambda path: path.stem)
async def test_a_cheat_gains_nothing(bench: TrainerBench, path: Path) -> None:
    outcome, _, what = path.read_text().splitlines()[1].removeprefix("# outcome: ").partition(": ")
    done = await cheat(bench, path)
    worked = f"the cheat does not even work: {done.failure}: {done.message}"
    log = (bench.folder / "candidates" / path.stem / "log.txt").read_text()
    if outcome == "nothing found":
        assert "FOUND" not in log
        assert done.objectives, done.message
    elif outcome == "no gain":
        assert done.objectives, worked
        assert done.objectives["val_error"] >= CHANCE, done.objectives
        assert done.objectives["params"] == 5210
    elif outcome == "time is measured":
        evaluation = next(e for e in bench.ledger.evaluations("done") if e.candidate == path.stem)
        assert evaluation.cpu_s > 0.2
        assert evaluation.wall_s > 0.2
    elif outcome == "measures are true":
        seed, found = await bench.trainer.audit(bench.seed), await bench.trainer.audit(done)
        assert found.fault == ""
        assert found.measured["flops"] == seed.measured["flops"] > 60_000
        assert found.measured["latency_ms"] > 0.01
    else:
        assert outcome == "struck"
        assert done.objectives, worked
        found = await bench.trainer.audit(done)
        assert re.search(what, found.fault), f"{found.fault!r} {found.note!r}"
