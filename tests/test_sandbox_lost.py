"""The engine or a worker dies in the middle of a run: the candidate is tried once more; lost again, it has failed where the sandbox
serves others, and else the run pauses; nothing else is lost.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from endpoint import Endpoint
from sandboxes import need, processes
from stoppers import Stopper, answered, one_part_task, program
from trainers import trainer_bench
from world import GUARD_S, SMALL, differences, evolve, ledger_of, running, runs, summary_of, tiny_task, wait_for

import genome
from memory.ledger import Ledger
from memory.records import Event
from memory.verify import verify
from sandbox.contract import BACK_S
from sandbox.engine import IMAGE

pytestmark = pytest.mark.slow

STEPS = 300  # a training of most of a second, so that it can be hit
SIZE = (*SMALL, "--generations", "1", "--initial", "3")


class Engine:
    """A container engine of the tests' own, so that it may be stopped. Its folder has a short name: sockets lie in it."""

    def __init__(self, image: Path) -> None:
        self.place = Path(tempfile.mkdtemp(prefix="evolve-engine-"))
        self.address = f"unix://{self.place}/s.sock"
        self.process: subprocess.Popen[bytes] | None = None
        try:
            self.start()
            self.docker("load", "--input", str(image))
        except BaseException:
            self.close()
            raise

    def start(self) -> None:
        with (self.place / "log").open("ab") as log:
            self.process = subprocess.Popen(
                ["dockerd", f"--data-root={self.place}/root", f"--exec-root={self.place}/exec",
                 f"--pidfile={self.place}/pid", "-H", self.address, "--iptables=false", "--bridge=none"],
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + 120
        while self.docker("version", check=False).returncode:
            if self.process.poll() is not None or time.monotonic() > until:
                last = (self.place / "log").read_text().splitlines()[-1:]
                raise RuntimeError(f"docker: no engine of its own can be started here: {last}")
            time.sleep(0.1)

    def stop(self, number: int = signal.SIGTERM) -> None:
        assert self.process
        self.process.send_signal(number)
        self.process.wait(timeout=300)

    def docker(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        env = os.environ | {"DOCKER_HOST": self.address}
        return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=check, env=env)

    def containers(self) -> list[str]:
        return self.docker("ps", "--all", "--quiet").stdout.split()

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            for container in self.containers():
                self.docker("rm", "--force", container)
            self.stop()
        # an engine that was killed leaves its own folder mounted, and that of a container that it was about to start
        mounted = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        for point in reversed([point for point in mounted if point.startswith(f"{self.place}/")]):
            subprocess.run(["umount", "--lazy", point], capture_output=True, check=False)
        shutil.rmtree(self.place)


@pytest.fixture
def engine(own_engine: Engine) -> Iterator[Engine]:
    """The tests' engine, running before and after the test."""
    yield own_engine
    if own_engine.process and own_engine.process.poll() is not None:
        own_engine.start()


@pytest.fixture(scope="module")
def own_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    if os.geteuid() or not (shutil.which("dockerd") and shutil.which("docker")):
        pytest.skip("docker: only root with dockerd at hand can start an engine of its own")
    need("docker")
    image = tmp_path_factory.mktemp("image") / "image.tar"
    subprocess.run(["docker", "save", "--output", str(image), IMAGE], check=True)
    try:
        made = Engine(image)
    except RuntimeError as error:
        pytest.skip(str(error))
    yield made
    made.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    """A finished run that nothing disturbed; its task lies beside it."""
    need("jail")
    place = tmp_path_factory.mktemp("undisturbed")
    env = {"EVOLVE_RUNS": str(place), "EVOLVE_CACHE": str(shared_cache), "EVOLVE_PERSONAS": str(place / "personas")}
    summary_of(evolve("run", str(tiny_task(place, STEPS)), "--name", "whole", "--json", *SIZE, env=env))
    return place / "whole"


class Disturbed:
    """A run by the real command that something is done to."""

    def __init__(self, whole: Path, process: subprocess.Popen[str], env: dict[str, str]) -> None:
        self.folder, self.whole, self.process, self.env = runs() / "hit", whole, process, env

    def come_to_the_children(self) -> None:
        def there(ledger: Ledger) -> bool:
            return any(one.candidate != "seed" for one in ledger.evaluations("running"))

        wait_for(self.folder, there, self.process)

    def end(self, timeout_s: float = GUARD_S) -> str:
        """What it said in the end."""
        _, err = self.process.communicate(timeout=timeout_s)
        return err

    def end_well(self) -> None:
        """It ends as if nothing had happened, and every loss was the first of its job."""
        err = self.end()
        assert self.process.returncode == 0, err
        assert err.splitlines() == [f"everything is in {self.folder}"]
        self.check_that_nothing_else_is_lost()
        lost = self.lost()
        assert lost
        assert {event.data["attempt"] for event in lost} == {1}
        assert len({event.data["job"] for event in lost}) == len(lost)

    def ledger(self) -> Ledger:
        return Ledger.open(self.folder / "ledger.sqlite", read_only=True)

    def lost(self) -> list[Event]:
        with self.ledger() as ledger:
            return [event for event in ledger.events() if event.kind == "lost"]

    def paid(self) -> dict[str, Any]:
        """Measured times of what is done: they show later that it is still the same work."""
        with self.ledger() as ledger:
            calls = {call.key: call.latency_s for call in ledger.calls()}
            return calls | {it.key: it.wall_s for it in ledger.evaluations("done")}

    def check_that_nothing_else_is_lost(self) -> None:
        with self.ledger() as ledger:
            assert verify(ledger) == []
        assert differences(self.folder, self.whole) == []


@contextlib.contextmanager
def disturbed(whole: Path, backend: str, **env: str) -> Iterator[Disturbed]:
    """A run whose seed is evaluated and that has at least one child in training."""
    arguments = ("run", str(whole.parent / "tiny"), "--name", "hit", "--quiet", *SIZE, "--sandbox", backend)
    with running(*arguments, env=env) as process:
        run = Disturbed(whole, process, env)
        run.come_to_the_children()
        yield run


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_an_engine_that_comes_back_costs_no_candidate(engine: Engine, whole: Path, number: int) -> None:
    with disturbed(whole, "docker", DOCKER_HOST=engine.address) as run:
        engine.stop(number)
        time.sleep(2)
        engine.start()
        run.end_well()
        assert all("engine" in event.data["why"] or "container" in event.data["why"] for event in run.lost())
        assert engine.containers() == []


def test_an_engine_that_stays_away_pauses_the_run_and_resume_finishes_it(engine: Engine, whole: Path) -> None:
    with disturbed(whole, "docker", DOCKER_HOST=engine.address) as run:
        engine.stop()
        stopped = time.monotonic()
        err = run.end()
        assert time.monotonic() - stopped < BACK_S + 120
        assert run.process.returncode == 1
        assert len(err.strip().splitlines()) == 1, err
        assert engine.address in err
        assert "evolve resume hit" in err
        assert max(event.data["attempt"] for event in run.lost()) == 2
        paid = run.paid()
        away = evolve("resume", "hit", env=run.env)
        assert (away.returncode, len(away.stderr.strip().splitlines())) == (2, 1), away.stderr
        engine.start()
        summary_of(evolve("resume", "hit", "--json", env=run.env))
        assert paid.items() <= run.paid().items()
        run.check_that_nothing_else_is_lost()
        assert engine.containers() == []


def test_containers_removed_by_hand_cost_no_candidate(engine: Engine, whole: Path) -> None:
    with disturbed(whole, "docker", DOCKER_HOST=engine.address) as run:
        engine.docker("rm", "--force", *engine.containers())
        run.end_well()
        assert all("container" in event.data["why"] for event in run.lost())
        assert engine.containers() == []


def children(pid: int) -> list[int]:
    """Living processes that this one has started, those of the jail alone."""
    found = []
    for child, line in processes().items():
        with contextlib.suppress(OSError):
            parent = int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid and "nursery.py" in line:
                found.append(child)
    return found


def nurseries(run: Disturbed) -> list[int]:
    """What the warm workers of a run in the jail are forked from."""
    return children(run.process.pid)


def workers(run: Disturbed) -> list[int]:
    """The warm workers of a run in the jail."""
    return [worker for nursery in nurseries(run) for worker in children(nursery)]


def kill_all(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_killed_workers_cost_no_candidate(whole: Path) -> None:
    with disturbed(whole, "jail") as run:
        before = workers(run)
        assert before
        kill_all(before)
        run.end_well()
        assert all("signal 9" in event.data["why"] for event in run.lost())
        assert not set(before) & set(processes())


def test_a_killed_nursery_costs_no_candidate(whole: Path) -> None:
    with disturbed(whole, "jail") as run:
        before = [*nurseries(run), *workers(run)]
        kill_all(nurseries(run))
        run.end_well()
        assert all("forked from" in event.data["why"] for event in run.lost())
        assert len(before) > 3
        assert not set(before) & set(processes())


def test_a_candidate_that_is_lost_twice_where_nobody_is_served_pauses_the_run(whole: Path) -> None:
    with disturbed(whole, "jail") as run:
        until = time.monotonic() + GUARD_S
        while run.process.poll() is None:
            assert time.monotonic() < until, f"still running after {len(run.lost())} losses"
            kill_all(nurseries(run))  # a worker alone is replaced at once, and would serve
            time.sleep(0.1)
        err = run.end()
        assert run.process.returncode == 1
        assert len(err.strip().splitlines()) == 1, err
        assert "twice" in err
        assert "evolve resume hit" in err
        twice = [event.data["job"] for event in run.lost() if event.data["attempt"] == 2]
        assert any(job in err for job in twice)
        paid = run.paid()
        summary_of(evolve("resume", "hit", "--json"))
        assert paid.items() <= run.paid().items()
        run.check_that_nothing_else_is_lost()


# Without walls a program can end the process that keeps it, and with it the worker.
KILLS = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos._exit(0)"


@pytest.mark.parametrize("where", ["train", "audit"])
async def test_a_program_that_ends_its_worker_has_failed_and_its_neighbours_have_not(
    tmp_path: Path, where: Literal["train", "audit"]
) -> None:
    async with trainer_bench(tmp_path, "none", steps=40) as bench:
        text = program("kills its keeper", 1, Stopper(KILLS, None, where=where))
        done = await bench.settle(bench.program("g01-00", genome.replace(bench.seed.files, {"head": text})))
        message = done.message if where == "train" else (await bench.trainer.audit(done)).fault
        assert (done.failure, "serves others" in message) == ("lost" if where == "train" else None, True), message
        assert [event.data["attempt"] for event in bench.ledger.events()] == [1, 2]
        assert (await bench.trainer.audit(bench.seed)).fault == ""


def test_a_run_goes_on_past_programs_that_end_their_worker(tmp_path: Path) -> None:
    killers = [Stopper(KILLS, "lost", where=where) for where in ("check", "train")]
    texts = [*(program("kills", n, one) for n, one in enumerate(killers)), program("honest", 2)]
    size = ("--generations", "1", "--initial", "3", "--slots", "2", "--sandbox", "none", "--model", "loopback")
    more = ("--set", "search.eot=0", "--set", "search.repairs=0", "--set", "sampling.parallel=1")
    with Endpoint(answered(texts)) as server:
        env = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-none"}
        summary_of(evolve("run", str(one_part_task(tmp_path, 30)), "--name", "a", "--json", *size, *more, env=env))
    with ledger_of("a") as ledger:
        assert verify(ledger) == []
        assert [c.failure for c in ledger.candidates() if c.generation] == ["lost", "lost", None]
