"""A time limit is the program's own processor time, all of it, and the time it sleeps; how busy the machine is does not count."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from endpoint import Endpoint
from sandboxes import BACKENDS, LIMITS, Bench, bench
from stoppers import Stopper, answered, one_part_task, program
from trainers import trainer_bench
from world import evolve, ledger_of, summary_of

import genome
from agents.attempts import run_twice
from memory.verify import verify
from sandbox.contract import Frame, Job, SandboxError
from sandbox.worker import wire

ONE = replace(LIMITS, timeout_s=1.0, patience=60.0)
STRIKES = replace(LIMITS, timeout_s=20.0, patience=0.02)  # a guard that comes first
SPENT, SLEPT = "used up its 1 s of processor time", "s asleep, or waiting"
SCHEDSTAT = Path("/proc/self/schedstat")
TOLD = SCHEDSTAT.exists() and SCHEDSTAT.read_text().split()[2] != "0"
needs_waits = pytest.mark.skipif(not TOLD, reason="waits: this kernel does not count them")


@pytest.fixture(params=BACKENDS)
def box(request: pytest.FixtureRequest) -> Bench:
    return bench(request.param, request.config)


@pytest.fixture(scope="module")
def bare() -> Iterator[Bench]:
    """Without walls, so that programs can start others."""
    made = Bench("none", slots=1)
    yield made
    made.close()


def attack(text: str) -> str:
    return "import os, sys, time\n\ndef attack(data_dir, settings, emit):\n" + textwrap.indent(
        textwrap.dedent(text), "    "
    )


THREADS = """
import hashlib, threading
burn = lambda: [hashlib.pbkdf2_hmac("sha256", b"", b"", 100_000) for _ in range(1000)]
for _ in range(2):
    threading.Thread(target=burn, daemon=True).start()
time.sleep(1000)
"""


def test_the_threads_of_a_program_add_up(box: Bench) -> None:
    result = box.run(attack(THREADS), limits=ONE)
    assert (result.failure, SPENT in result.message) == ("timeout", True), result.message


FORKS = {
    "living": "for _ in range(2):\n    if os.fork() == 0:\n        while True: pass\nos.wait()",
    "ended": """
        def burn():
            if os.fork() == 0:
                while time.process_time() < 0.4: pass
                os._exit(0)
        while True:
            burn(), burn(), os.wait(), os.wait()
    """,
    "orphans": "if os.fork() == 0:\n    for _ in range(2):\n        if os.fork() == 0:\n            while True: pass\n    os._exit(0)\ntime.sleep(1000)",
}


@pytest.mark.parametrize("which", FORKS)
def test_what_a_program_starts_counts(bare: Bench, which: str) -> None:
    result = bare.run(attack(FORKS[which]), limits=ONE)
    assert (result.failure, SPENT in result.message) == ("timeout", True), result.message


@needs_waits
@pytest.mark.parametrize(
    "text",
    ["time.sleep(1000)", "os.read(os.pipe()[0], 1)", "while True: time.sleep(0.001)"],
    ids=["asleep", "waits", "naps"],
)
def test_a_program_that_sleeps_comes_to_its_end_and_is_told_why(box: Bench, text: str) -> None:
    result = box.run(attack(text), limits=ONE)
    assert (result.failure, SLEPT in result.message) == ("timeout", True), result.message
    assert result.cpu_s < ONE.timeout_s < result.wall_s
    assert not result.unmeasured(ONE)


@contextlib.contextmanager
def busy_machine() -> Iterator[None]:
    """Six busy processes for each processor, each in a session of its own: some kernels share out by session."""
    burners = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True)
        for _ in range(6 * (os.cpu_count() or 1))
    ]
    try:
        yield
    finally:
        for one in burners:
            one.kill()
            one.wait()


@needs_waits
def test_a_program_that_waits_for_a_processor_is_not_ended_by_the_clock(box: Bench) -> None:
    with busy_machine():
        result = box.run(attack("while time.process_time() < 0.7: pass"), limits=ONE)
    assert (result.failure, result.message) == (None, "")
    assert result.wall_s > ONE.timeout_s, "nothing made it wait"


def test_a_program_that_waits_for_a_slow_host_is_not_ended(box: Bench) -> None:
    text = "import torch\nx = torch.ones(1 << 18)\nfor step in range(40):\n    emit('x', {}, {'x': x})"

    def slow(frame: Frame) -> bool:
        time.sleep(0.05)
        return True

    limits = replace(ONE, frames_mb=64)
    result = box.wait(box.sandbox.run(box.job(attack(text), limits=limits), slow))
    assert (result.failure, len(result.frames)) == (None, 41), result.message
    assert result.wall_s > ONE.timeout_s


ALONE = """
import os, sys, time
from pathlib import Path
sys.path.insert(0, {worker!r})
import walls, watch
watch.Waits.told = staticmethod(lambda: False)
limits = dict(timeout_s=0.1, patience=4, memory_mb=300, scratch_mb=1, threads=9, log_kb=1, frames_mb=1)
pid = os.fork()
if not pid:
    time.sleep(1000)
own = walls.status("self", "RssAnon", "RssShmem", "VmSwap", "VmRSS")
life = watch.Life(pid, limits, own, Path({folder!r}), None, forks=False)
while not life.reap():
    time.sleep(0.01)
    life.police()
print(life.wall_s >= 0.4, *life.reason)
"""


def test_where_the_kernel_does_not_tell_who_waits_the_clock_alone_ends_a_sleeper(tmp_path: Path) -> None:
    script = ALONE.format(worker=str(Path(wire.__file__).parent), folder=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8")
    assert done.stdout.startswith("True timeout after 0.4"), done.stderr
    assert "does the program wait for something?" in done.stdout


# ---- the guard --------------------------------------------------------------------------------------------------------


def attempts(box: Bench, job: Job) -> tuple[str | None, str, list[str]]:
    """What becomes of a job, and why each lost attempt was lost."""
    told: list[str] = []

    def lost(job: Job, attempt: int, why: SandboxError) -> None:
        told.append(str(why))

    result = box.wait(run_twice(box.sandbox, job, lost))
    return result.failure, result.message, told


def test_whom_the_guard_ends_twice_is_told_as_not_measured(box: Bench) -> None:
    failure, message, told = attempts(box, box.job(attack("time.sleep(1000)"), limits=STRIKES))
    assert (failure, len(told)) == ("lost", 2)
    assert message.startswith("not measured, at two attempts: after 0.4")
    assert "of its 20 s of processor time" in message


def test_whom_the_guard_ends_once_and_who_passes_then_has_passed(bare: Bench, tmp_path: Path) -> None:
    text = f"""
    if not os.path.exists({str(tmp_path / "was")!r}):
        open({str(tmp_path / "was")!r}, "w").close()
        time.sleep(1000)
    """
    # the second attempt has as long as the first: enough for next to nothing, also on a busy machine
    limits = replace(LIMITS, patience=0.1)
    failure, message, told = attempts(bare, bare.job(attack(text), limits=limits))
    assert (failure, message, len(told)) == (None, "", 1)


SLEEPS = "import time\ntime.sleep(1000)"


async def test_what_was_not_measured_says_nothing_of_its_program(tmp_path: Path) -> None:
    async with trainer_bench(tmp_path, steps=40) as made:
        files = genome.replace(made.seed.files, {"head": program("sleeps", 1, Stopper(SLEEPS, "lost"))})
        usual = made.trainer._jobs._limits
        made.trainer._jobs._limits = replace(usual, patience=0.05)
        done = await made.settle(made.program("g01-00", files))
        assert (done.failure, "not measured" in done.message, made.ledger.trainings("g01-00")) == ("lost", True, [])
        assert [(e.kind, e.data["attempt"]) for e in made.ledger.events()] == [("lost", 1), ("lost", 2)]
        made.trainer._jobs._limits = replace(usual, timeout_s=1.0)
        twin = await made.settle(made.program("g02-00", files, generation=2))
        assert (twin.failure, SLEPT in twin.message) == ("timeout", TOLD), twin.message


async def test_what_was_seen_of_an_attempt_that_the_guard_ended_is_forgotten(tmp_path: Path) -> None:
    """Else the beginning of a training that is measured once more would be made of two."""
    once = f"import os, time\nif not os.path.exists({str(tmp_path / 'was')!r}):\n    os.mkdir({str(tmp_path / 'was')!r}); time.sleep(1000)"
    async with trainer_bench(tmp_path, "none", steps=40) as made:
        files = genome.replace(made.seed.files, {"head": program("sleeps once", 1, Stopper(once, None))})
        jobs = made.trainer._jobs
        jobs._limits = replace(jobs._limits, patience=0.1)
        frames: list[Frame] = []
        kept = lambda frame: not frames.append(frame)  # noqa: E731
        result = await jobs.again(made.program("g01-00", files), kept, frames.clear)
        assert (result.failure, frames) == (None, list(result.frames)), result.message
        assert [e.kind for e in made.ledger.events()] == ["lost"]


@pytest.mark.slow
@needs_waits
def test_a_run_goes_on_past_programs_that_sleep(tmp_path: Path) -> None:
    sleepers = [Stopper(SLEEPS, "timeout", where=where) for where in ("check", "train")]  # type: ignore[arg-type]
    texts = [*(program("sleeps", n, one) for n, one in enumerate(sleepers)), program("honest", 2)]
    size = ("--generations", "1", "--initial", "3", "--slots", "2", "--sandbox", "jail", "--model", "loopback")
    more = ("--set", "search.eot=0", "--set", "search.repairs=0", "--set", "sampling.parallel=1")
    with Endpoint(answered(texts)) as server:
        env = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-none"}
        summary_of(evolve("run", str(one_part_task(tmp_path, 3.0)), "--name", "a", "--json", *size, *more, env=env))
    with ledger_of("a") as ledger:
        assert verify(ledger) == []
        children = [c for c in ledger.candidates() if c.generation]
        assert [c.failure for c in children] == ["timeout", "timeout", None]
        assert all(SLEPT in c.message for c in children[:2])
        assert not [e for e in ledger.events() if e.kind == "lost"]
