"""Honest programs, of many kinds, are screened, trained, proven by their audit and counted as what they are.

Each is a file below `tests/honest/`: segments of a child of the seed, as an author writes them. Its second line says what the
host must count: `# honest: params=N`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sandboxes import need
from trainers import TrainerBench, trainer_bench
from zoo import Specimen, in_its_segments, measured, numbers, screened, specimens, with_backends

pytestmark = pytest.mark.slow


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench(
    backend: str, tmp_path_factory: pytest.TempPathFactory, shared_cache: Path
) -> AsyncIterator[TrainerBench]:
    async with trainer_bench(tmp_path_factory.mktemp("honest"), need(backend), shared_cache) as made:
        assert (await made.trainer.audit(made.seed)).fault == ""
        yield made


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("backend", "specimen"), with_backends(specimens("honest")), scope="module")
async def test_an_honest_program_is_accepted_and_counted_rightly(bench: TrainerBench, specimen: Specimen) -> None:
    child = await screened(bench, in_its_segments(bench, specimen))
    assert child.failure is None, child.message
    done, found = await measured(bench, child)
    assert found is not None, f"{done.failure}: {done.message}"
    assert (found.fault, found.unproven) == ("", "")
    assert found.measured["flops"] > 0
    assert f"params={numbers(done, found):.0f}" == specimen.what
