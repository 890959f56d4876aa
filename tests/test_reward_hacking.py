"""Candidates that would rather cheat than learn: each gets nothing by it, through the real harness, Trainer and audit.

A cheat is a file below `tests/cheats/`: text put behind the seed's program, none of which the host's own check would let
through; its second line says what becomes of it:

    nothing found      it looks for labels; it prints FOUND when it has some
    no gain            it is evaluated, and its score is what its predictions are worth
    fails: KIND        its training is a failure of this kind
    check: REGEX       the step before its training finds it out, for this reason
    struck: REGEX      it is believed by the host's scoring, and its audit finds it out for this reason
    unproven: REGEX    its audit can follow it no further than this, so that it is no elite
    no elite: REGEX    either of the two
    counted: N         its audit finds at least so many parameters
    flops at least: N  its audit finds at least so many operations for one example, or none that it could count
    time is measured   the processor time on record is that which it used
    measures are true  operations and latency on record are the seed's own
    not held: WHAT     it gains something, and nobody finds it out: the documents say so
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from sandboxes import BACKENDS, need
from trainers import TrainerBench, trainer_bench
from zoo import STEPS, Specimen, behind_the_seed, measured, numbers, specimens, unproven, with_backends

pytestmark = pytest.mark.slow

CHANCE = 80.0  # per cent of ten classes: below it something has been learnt, or stolen
WALLS = ("nothing found", "fails", "time is measured", "measures are true")  # kinds that a sandbox has a part in
CHEATS = with_backends(specimens("cheats"), WALLS)
Benches = Callable[..., Awaitable[TrainerBench]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def benches(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> AsyncIterator[Benches]:
    """A bench for each backend and number of steps, made when it is first asked for."""
    made: dict[tuple[str, int], TrainerBench] = {}
    async with AsyncExitStack() as stack:

        async def bench(backend: str, steps: int = STEPS) -> TrainerBench:
            if (backend, steps) not in made:
                folder = tmp_path_factory.mktemp("cheats")
                one = await stack.enter_async_context(trainer_bench(folder, need(backend), shared_cache, steps=steps))
                assert (await one.trainer.audit(one.seed)).fault == ""
                made[backend, steps] = one
            return made[backend, steps]

        yield bench


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("backend", "specimen"), CHEATS)
async def test_a_cheat_gains_nothing(benches: Benches, backend: str, specimen: Specimen) -> None:
    bench = await benches(backend, specimen.steps)
    made = behind_the_seed(bench, specimen)
    if specimen.kind == "check":
        screening = await bench.trainer.screen_seed(made)
        assert screening.failure == "contract", screening
        assert re.search(specimen.what, screening.message), screening.message
        return
    done, found = await measured(bench, made)
    if specimen.kind == "fails":
        assert done.failure == specimen.what, done.message
        return
    assert found is not None, f"the cheat does not even work: {done.failure}: {done.message}"
    assert done.objectives
    told = f"{found.fault!r} {found.unproven!r} {found.measured}"
    if specimen.kind == "nothing found":
        assert "FOUND" not in (bench.folder / "candidates" / specimen.name / "log.txt").read_text()
    elif specimen.kind == "no gain":
        assert done.objectives["val_error"] >= CHANCE, done.objectives
        assert done.objectives["params"] == 5210
    elif specimen.kind == "time is measured":
        evaluation = next(e for e in bench.ledger.evaluations("done") if e.candidate == specimen.name)
        assert evaluation.cpu_s > 0.2
        assert evaluation.wall_s > 0.2
    elif specimen.kind == "measures are true":
        seed = await bench.trainer.audit(bench.seed)
        assert found.fault == ""
        assert found.measured["flops"] == seed.measured["flops"] > 60_000
        assert found.measured["latency_ms"] > 0.01
    elif specimen.kind == "counted":
        assert found.fault == "", told
        assert numbers(done, found) >= int(specimen.what), told
    elif specimen.kind == "flops at least":
        assert found.fault == "", told
        assert unproven(found) or found.measured["flops"] >= int(specimen.what), told
    elif specimen.kind == "unproven":
        assert unproven(found), told
        assert re.search(specimen.what, found.unproven), told
    elif specimen.kind == "no elite":
        assert re.search(specimen.what, f"{found.fault}{found.unproven}"), told
    elif specimen.kind == "not held":
        assert found.fault == "", told
        assert not unproven(found), told
    else:
        assert specimen.kind == "struck"
        assert re.search(specimen.what, found.fault), told


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("backend", BACKENDS)
async def test_who_claims_to_behave_like_another_is_trained_all_the_same(benches: Benches, backend: str) -> None:
    bench = await benches(backend)
    lazy = bench.child("lazy", "optimiser", "lr=0.01", "lr=0.0")
    done = await bench.settle(replace(lazy, behaviour=bench.seed.behaviour))
    assert done.objectives
    assert done.objectives["val_error"] >= CHANCE
