"""Nothing said inside the sandbox is believed: the host scores, counts and keeps, through the real jail on the real task."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file
from trainers import TrainerBench as Bench
from trainers import trainer_bench
from world import tiny_task

from agents.trainer import Trainer
from agents.written import stored_parameters
from memory.anatomy import by_segment
from memory.ledger import Ledger
from memory.records import Candidate
from memory.report import open_front
from sandbox import SandboxError, open_sandbox
from sandbox.contract import Job, JobResult, OnFrame
from tasks import load_task


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with trainer_bench(tmp_path) as made:
        yield made


FORWARD = "        return self.linear(self.flatten(x))"


async def test_a_child_that_names_its_own_score_gets_the_measured_one(bench: Bench) -> None:
    """It replaces the harness's own functions and sends frames that claim a perfect score and no parameters."""
    forged = FORWARD + (
        "\n\nimport sys\nfor module in list(sys.modules.values()):\n    if hasattr(module, 'emit') or hasattr(module, 'Fault'):\n"
        "        module.score = lambda *a: 0.0\n        module.val_error = 0.0\n        module.params = 0\n"
    )
    child = await bench.settle(bench.child("forger", "head", FORWARD, forged))
    assert child.objectives is not None, child.message
    assert child.objectives["params"] == 5210
    assert child.objectives["val_error"] > 50


async def test_numbers_hidden_in_buffers_are_counted_as_parameters(bench: Bench) -> None:
    hidden = (
        "self.linear = nn.Linear(channels * length, classes)\n        self.register_buffer('memory', torch.randn(1000))"
    )
    child = await bench.settle(
        bench.child("hider", "head", "self.linear = nn.Linear(channels * length, classes)", hidden)
    )
    assert child.objectives is not None
    assert child.objectives["params"] == 5210 + 1000


def test_running_statistics_are_not_counted_but_nothing_can_hide_behind_their_name() -> None:
    honest = {
        "conv.weight": np.zeros((4, 3)),
        "norm.weight": np.zeros(4),
        "norm.bias": np.zeros(4),
        "norm.running_mean": np.zeros(4),
        "norm.num_batches_tracked": np.zeros(()),
    }
    assert stored_parameters(honest) == 20
    assert stored_parameters({**honest, "x.running_mean": np.zeros((9, 9))}) == 20 + 81
    bare = {name: value for name, value in honest.items() if name not in ("norm.weight", "norm.bias")}
    assert stored_parameters(bare) == 12 + 5  # nothing else of the layer can do what its statistics do


@pytest.mark.parametrize(
    ("new", "kinds"),
    [
        ("        return self.linear(self.flatten(x)) * float('nan')", {"nan"}),
        ("        return self.linear(self.flatten(x))[:, :3]", {"shape", "contract", "crash"}),
        ("        import os\n        os._exit(0)", {"crash", "contract", "refused"}),
        ("        raise RuntimeError('on purpose')", {"crash"}),
    ],
)
async def test_what_a_child_does_wrong_is_a_failure_kind_with_its_error(
    bench: Bench, new: str, kinds: set[str]
) -> None:
    child = await bench.settle(bench.child("bad", "head", FORWARD, new))
    assert child.status == "failed"
    assert child.failure in kinds
    assert child.message


async def test_labels_of_validation_and_test_are_not_in_what_the_sandbox_is_given(bench: Bench) -> None:
    data = bench.task.prepare()
    given = {p.name for p in data.public.rglob("*")}
    assert given == {"train_x.npy", "train_y.npy", "val_x.npy", "test_x.npy"}
    files = [np.load(p) for p in data.public.glob("*.npy")]
    for labels in data.labels.values():
        assert not any(f.shape == labels.shape and np.array_equal(f, labels) for f in files)


async def test_test_predictions_stay_sealed_until_the_report_which_counts_every_opening(bench: Bench) -> None:
    sealed = load_file(str(bench.folder / "candidates" / "seed" / "test_predictions.safetensors"))["scores"]
    assert sealed.shape == (1000, 10)
    evaluation = bench.ledger.evaluations("done")[0]
    assert set(evaluation.objectives or {}) == {"val_error", "params"}
    assert bench.ledger.openings() == []
    rows = open_front(bench.ledger, bench.task, bench.task.prepare(), bench.folder).rows
    assert [r.id for r in rows] == ["seed"]
    assert rows[0].test == bench.task.score(sealed, bench.task.prepare().labels["test"])
    open_front(bench.ledger, bench.task, bench.task.prepare(), bench.folder)
    assert [o.candidates for o in bench.ledger.openings()] == [("seed",), ("seed",)]


async def test_an_equal_program_is_never_trained_twice(bench: Bench) -> None:
    twin = replace(
        bench.seed, id="g01-00", generation=1, parents=("seed",), operator="mutate", status="proposed", objectives=None
    )
    outcome = await bench.trainer.train(twin)
    assert outcome.candidate == "seed"
    assert len(bench.ledger.evaluations()) == 1
    assert (bench.folder / "candidates" / "g01-00" / "test_predictions.safetensors").exists()


async def test_screening_tells_each_fault_apart(bench: Bench) -> None:
    first = bench.child("g01-00", "stem", "nn.Conv1d(1, 25", "nn.Conv1d(1, 24")
    found = await bench.trainer.screen(first, bench.seed)
    assert found.failure is None
    parts = by_segment(first.files, found.anatomy)
    assert {name: part["out"] for name, part in parts.items()} == {
        "stem": [24, 19],
        "body": [25, 5],
        "head": [10],
        "": [10],
    }
    await bench.settle(replace(first, fingerprint=found.fingerprint, behaviour=found.behaviour))
    later = 2
    cases: dict[str, Candidate] = {
        "unchanged": bench.child("g02-00", "stem", "self.act = nn.ReLU()", "self.act = nn.ReLU()  # a comment", later),
        "duplicate": bench.child("g02-01", "stem", "nn.Conv1d(1, 25", "nn.Conv1d(1, 24", later),
        "syntax": bench.child("g02-02", "stem", "self.act = nn.ReLU()", "self.act = nn.ReLU(", later),
        "contract": bench.child("g02-03", "optimiser", "def build_optimizer", "def build_optimiser", later),
        "shape": bench.child("g02-04", "head", "channels * length", "channels * length + 1", later),
    }
    for kind, child in cases.items():
        found = await bench.trainer.screen(child, bench.seed)
        assert (found.failure, bool(found.message)) == (kind, True), (kind, found)
    same = bench.child(
        "g02-05", "stem", "self.act = nn.ReLU()", "self.act = nn.LeakyReLU(0.0) if False else nn.ReLU()", later
    )
    found = await bench.trainer.screen(same, bench.seed)
    assert found.failure is None  # it may act later: its author is told, and nothing is concluded
    assert "exactly that of seed" in found.message


class Broken:
    """A sandbox of which the first jobs fail in the way an engine fails."""

    name, slots, device = "broken", 1, "cpu"

    def __init__(self, inner: Any, failures: int) -> None:
        self.inner, self.failures = inner, failures

    async def start(self) -> None:
        await self.inner.start()

    async def run(self, job: Job, on_frame: OnFrame | None = None) -> JobResult:
        if self.failures:
            self.failures -= 1
            raise SandboxError("the engine went away")
        return await self.inner.run(job, on_frame)

    async def close(self) -> None:
        await self.inner.close()


@pytest.mark.parametrize("failures", [1, 2, 3])
async def test_a_job_lost_twice_is_its_programs_failure_unless_the_sandbox_serves_nobody(
    tmp_path: Path, failures: int
) -> None:
    task = load_task(tiny_task(tmp_path))
    data = task.prepare()
    sandbox = Broken(open_sandbox("jail", slots=1, data_dir=data.public, run="test"), failures)
    await sandbox.start()
    with Ledger.create(tmp_path / "ledger.sqlite", {"run": "test"}) as ledger:
        trainer = Trainer(task, task.fidelities["quick"], data, ledger, sandbox, tmp_path / "candidates", 1, 1, sandbox)
        seed = Candidate("seed", 0, 0, "seed", files=dict(task.files), behaviour="b")
        ledger.put_candidate(seed)
        if failures < 3:
            outcome = await trainer.train(seed)
            assert outcome.failure == (None if failures == 1 else "lost")
            assert ("went away" in outcome.message) == (failures == 2)
        else:
            with pytest.raises(SandboxError, match="went away"):
                await trainer.train(seed)
            assert [e.status for e in ledger.evaluations()] == ["running"]
        assert [(e.kind, e.data["attempt"]) for e in ledger.events()] == [("lost", 1), ("lost", 2)][:failures]
    await sandbox.close()


async def test_what_the_sandbox_lost_stands_for_its_child_and_is_tried_again_for_another(bench: Bench) -> None:
    inner = bench.trainer._jobs._sandbox
    bench.trainer._jobs._sandbox = Broken(inner, 2)
    lost = await bench.settle(bench.child("g01-00", "optimiser", "lr=0.01", "lr=0.02"))
    bench.trainer._jobs._sandbox = inner
    twin = bench.child("g02-00", "optimiser", "lr=0.01", "lr=0.02", generation=2)
    assert (await bench.settle(lost)).failure == "lost"
    assert (await bench.settle(twin)).failure is None


FLOPS = """
[[objective]]
name = "flops"
goal = "min"
reference = 1e6

[[objective]]
name = "latency_ms"
unit = "ms"
goal = "min"
reference = 10.0
"""


async def test_operations_and_latency_are_objectives_that_the_clean_pass_measures(tmp_path: Path) -> None:
    async with trainer_bench(tmp_path, objectives=FLOPS) as bench:
        assert bench.seed.objectives is not None
        # 2 x multiplications: stem 25x19x5, body 25x10x75 and 25x5x75, head 1250; and what three ReLUs look at
        products = 25 * 19 * 5 + 25 * 10 * 75 + 25 * 5 * 75 + 1250
        assert bench.seed.objectives["flops"] == 2 * products + 25 * (19 + 10 + 5)
        assert 0.001 < bench.seed.objectives["latency_ms"] < 1000
        half = await bench.settle(bench.child("half", "body", "width = 25", "width = 12"))
        assert half.objectives is not None
        assert half.objectives["flops"] < bench.seed.objectives["flops"]
        assert list(half.objectives) == ["val_error", "params", "flops", "latency_ms"]
        again = await bench.trainer.train_again(half, 2)
        assert {(e.objectives or {})["flops"] for e in again} == {half.objectives["flops"]}
        assert len({e.train_seed for e in again}) == 2
        looked = [a.key for a in bench.ledger.audits() if a.candidate == "half"]
        assert looked == [e.key for e in bench.ledger.evaluations() if e.candidate == "half" and e not in again]


async def test_a_program_that_cannot_be_written_down_has_no_operations_to_count(tmp_path: Path) -> None:
    async with trainer_bench(tmp_path, objectives=FLOPS) as bench:
        scaled = FORWARD.replace("self.flatten(x)", "self.flatten(x * float(x[0].mean()))")
        done = await bench.settle(bench.child("scales", "head", FORWARD, scaled))
        assert done.failure == "unproven"
        assert "goes more than 64 ways" in done.message


async def test_attention_beside_statistics_passes_the_audit_and_is_counted(bench: Bench) -> None:
    """In eval mode torch does attention by an operation that is made for dropout too, and a whole layer of it by one."""
    layer = "nn.Linear(channels * length, classes)"
    attention = "nn.Unflatten(1, (5, 25)), nn.TransformerEncoderLayer(25, 1, 25, 0.1, batch_first=True), nn.Flatten()"
    wide = f"nn.Sequential(nn.BatchNorm1d(125), {attention}, nn.Linear(125, classes))"
    child = await bench.settle(bench.child("attends", "head", layer, wide))
    assert child.failure is None, child.message
    found = await bench.trainer.audit(child)
    assert (found.fault, found.unproven) == ("", "")
    assert found.measured["flops"] > (await bench.trainer.audit(bench.seed)).measured["flops"] + 2 * 5 * 6 * 25 * 25


async def test_an_audit_is_made_once_and_its_word_stands(bench: Bench) -> None:
    first = await bench.trainer.audit(bench.seed)
    assert first.fault == ""
    assert first.measured["flops"] > 0
    (bench.folder / "candidates" / "seed" / "weights.safetensors").unlink()
    assert await bench.trainer.audit(bench.seed) == first
    assert bench.ledger.audits() == [first]


async def test_weights_that_are_lost_cannot_be_audited(bench: Bench) -> None:
    child = await bench.settle(bench.child("lost", "head", FORWARD, FORWARD.replace("x))", "x)) * 2.0")))
    (bench.folder / "candidates" / "lost" / "weights.safetensors").unlink()
    assert "weights.safetensors of lost cannot be found" in (await bench.trainer.audit(child)).fault
