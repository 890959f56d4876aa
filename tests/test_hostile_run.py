"""Whole runs whose authors send hostile programs: each costs its own slot and no more, and the record names what it did."""

from __future__ import annotations

import re
import subprocess
import tempfile
import textwrap
import time
from pathlib import Path

import pytest
from endpoint import Body, Endpoint
from sandboxes import BACKENDS, need, processes
from stoppers import STOPPERS, answered, one_part_task, program
from world import GUARD_S, ROOT, evolve, kill, running, runs, summary_of, wait_for

from memory.ledger import Ledger
from memory.records import Candidate, Evaluation
from memory.verify import verify
from sandbox.engine import LABEL, connect

pytestmark = pytest.mark.slow

TIMEOUT_S = 3.0
GRACE_S = (
    30.0  # nothing is promised about it: how long a limit of processor time takes by the clock is the machine's affair
)
KEY = "sk-marker-of-the-hostile-run-8731"

# The last part of the network; it turns hostile in the middle of its training, long after the quick check.
HEAD = '''
class Head(nn.Module):
    """{name}"""

    def __init__(self, channels, length, classes):
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear = nn.Linear(channels * length, classes)
        self.calls = 0

    def forward(self, x):
        self.calls += self.training
        scores = self.linear(self.flatten(x)) * {scale}
        if self.calls == 20:
{payload}
        return scores
'''

# name -> what it does, and the failures that are right for it
PAYLOADS: dict[str, tuple[str, set[str | None]]] = {
    "healthy": ("pass", {None}),
    "endless loop": ("while True: pass", {"timeout"}),
    "deaf to signals": (
        "import os, signal, time\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\nwhile True: time.sleep(1)",
        {"timeout"},
    ),
    "takes memory": ("kept = [torch.ones(1 << 20) for _ in range(10_000)]", {"memory"}),
    "child that outlives": (
        "import subprocess\nsubprocess.Popen(['sleep', '8731873'], start_new_session=True)",
        {"refused"},
    ),
    "reads the environment": (
        "import os, pathlib\n"
        "print(sorted(os.environ.items()))\n"
        "for pid in ('self', os.getppid(), 1):\n"
        "    try: print(pathlib.Path(f'/proc/{pid}/environ').read_text())\n"
        "    except OSError as error: print(error)",
        {None},
    ),
    "writes outside": ("import pathlib\npathlib.Path('/tmp/evolve-evil-8731').write_text('x')", {"refused"}),
    "connects": ("import socket\nsocket.create_connection(('127.0.0.1', PORT))", {"refused"}),
    "listens": ("import socket\nsocket.create_server(('127.0.0.1', 0))", {"refused"}),
    # in the jail the file is there and closed, in a container there is no such file
    "reads the evaluator": (f"import pathlib\nprint(pathlib.Path({str(ROOT / 'agents/trainer.py')!r}).read_text())",
                            {"refused", "crash"}),
    "exits": ("import os\nos._exit(0)", {"crash"}),
    "breaks its memory": ("import ctypes\nctypes.string_at(0)", {"crash"}),
    "kills itself": ("import os\nos.kill(os.getpid(), 9)", {"refused", "memory"}),
    "kills its parent": ("import os\nos.kill(os.getppid(), 9)", {"refused"}),
    "forges its score": (
        "import sys\n"
        "def of(frame, name): return getattr(frame, 'f_' + name)\n"  # put together, so that the host's parser lets it through
        "frame = sys._getframe()\n"
        "while frame:\n"
        "    if 'emit' in of(frame, 'locals'):\n"
        "        emit = of(frame, 'locals')['emit']\n"
        "        emit('predict', {'split': 'val', 'step': 40, 'score': 0.0, 'val_error': 0.0}, {})\n"
        "        emit('progress', {'val_error': 0.0, 'params': 1}, {})\n"
        "    frame = of(frame, 'back')\n"
        "for module in list(sys.modules.values()):\n"
        "    if hasattr(module, 'score'): module.score = lambda *a, **k: 0.0",
        {None},
    ),
    "returns no numbers": ("scores = scores * float('nan')", {"nan"}),
    "prints 50 MB": ("for _ in range(50): print('x' * (1 << 20))", {None}),
}  # fmt: skip


def program_of(name: str, scale: int, port: int = 0) -> str:
    payload = textwrap.indent(PAYLOADS[name][0].replace("PORT", str(port)), " " * 12)
    return HEAD.format(name=name, scale=1 + scale / 50, payload=payload)


class Author:
    """A model that answers with the given programs, one after the other, and can take its time over one of them."""

    def __init__(self, names: list[str], slow: int | None = None) -> None:
        self.names, self.slow = names, slow
        self.port = 0
        self.told = 0

    def __call__(self, body: Body) -> tuple[str, str]:
        number, self.told = self.told, self.told + 1
        if number == self.slow:
            time.sleep(TIMEOUT_S + 1)
        text = program_of(self.names[number], number + 1, self.port)
        return f"As asked.\n\n```python segment=head\n{text}```\n", "stop"


class Ended:
    """A run by the real command that has ended with exit code 0."""

    def __init__(self, place: Path, backend: str, author: Author, env: dict[str, str]) -> None:
        name = f"hostile-{backend}"
        task = one_part_task(place, TIMEOUT_S)
        arguments = (
            "run", str(task), "--name", name, "--json", "--quiet", "--sandbox", backend, "--slots", "2",
            "--generations", "1", "--initial", str(len(author.names)), "--model", "loopback",
            "--set", "search.eot=0", "--set", "search.repairs=0", "--set", "sampling.parallel=1",
        )  # fmt: skip
        with Endpoint(author) as server:
            author.port = int(server.url.split(":")[2].split("/")[0])
            env |= {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY, "EVOLVE_RUNS": str(place / "runs")}
            with running(*arguments, env=env) as process:
                out, err = process.communicate(timeout=GUARD_S)
        self.pid, self.backend, self.name = process.pid, backend, name
        self.result = summary_of(subprocess.CompletedProcess([], process.returncode, out, err))
        self.folder = place / "runs" / name
        with Ledger.open(self.folder / "ledger.sqlite", read_only=True) as ledger:
            assert verify(ledger) == []
            self.children = {self.payload(c): c for c in ledger.candidates() if c.generation}
            self.outcomes: dict[str, Evaluation] = {e.candidate: e for e in ledger.evaluations("done")}

    def ran_out(self, child: Candidate) -> bool:
        """Whether its time was up. All containers together weigh as much as one process: beside others on a full machine the guard by
        the clock may come before the limit of processor time, which is no fault of the program's.
        """
        if child.failure == "lost":
            short = self.outcomes[child.id].cpu_s < TIMEOUT_S
            return self.backend == "docker" and short and "the machine is too busy" in child.message
        return child.failure == "timeout" and f"used up its {TIMEOUT_S:g} s" in child.message

    @staticmethod
    def payload(child: Candidate) -> str:
        found = re.search(r'class Head\(nn.Module\):\n    """(.*)"""\n', child.files["program.py"])
        assert found, child
        return f"{found[1]} of {child.id}"

    def check_that_nothing_is_left(self) -> None:
        scratch = f"evolve-jail-{self.pid}-"
        assert not list(Path(tempfile.gettempdir()).glob(f"{scratch}*"))
        assert not [line for line in processes().values() if scratch in line or "8731873" in line]
        assert not Path("/tmp/evolve-evil-8731").exists()
        if self.backend == "docker":
            client = connect()
            assert not client.containers.list(all=True, filters={"label": f"{LABEL}.run={self.name}"})
            client.close()


ENDLESS_FIRST = ["endless loop"] * 4 + ["healthy"] * 4


@pytest.fixture(scope="module", params=BACKENDS)
def ended(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Ended:
    """A run whose first children are four endless loops and four healthy ones, the first of these proposed for longer than a training
    may take; then comes one child of every kind.
    """
    backend = need(request.param)
    author = Author([*ENDLESS_FIRST, *PAYLOADS], slow=4)
    return Ended(tmp_path_factory.mktemp("hostile"), backend, author, {"EVOLVE_CACHE": str(shared_cache)})


def test_four_endless_loops_first_and_every_healthy_child_is_evaluated(ended: Ended) -> None:
    """The first healthy child is proposed for longer than a training may take: that is not its program's fault."""
    first = [ended.children[f"{name} of g01-{n:02d}"] for n, name in enumerate(ENDLESS_FIRST)]
    endless, healthy = first[:4], first[4:]
    assert [child.message for child in endless if not ended.ran_out(child)] == []
    for child in endless:
        assert TIMEOUT_S <= ended.outcomes[child.id].wall_s < TIMEOUT_S + GRACE_S
    assert [(child.status, child.failure) for child in healthy] == [("evaluated", None)] * 4
    ended.check_that_nothing_is_left()


def test_one_child_of_every_hostile_kind_leaves_the_run_whole(ended: Ended) -> None:
    by_name = {name.rpartition(" of ")[0]: child for name, child in list(ended.children.items())[len(ENDLESS_FIRST) :]}
    assert by_name.keys() == PAYLOADS.keys()
    for name, child in by_name.items():
        right = PAYLOADS[name][1]
        assert child.failure in right or ("timeout" in right and ended.ran_out(child)), f"{name}: {child.failure}"
        assert child.status == ("failed" if child.failure else "evaluated"), name
        assert bool(child.message) == bool(child.failure), name
        assert ended.outcomes[child.id].wall_s < TIMEOUT_S + GRACE_S, name

    seed_error = ended.result["seed_candidate"]["objectives"]["val_error"]
    forged = by_name["forges its score"].objectives
    assert forged
    assert forged["val_error"] > seed_error / 2 > 5
    assert forged["params"] == 5210
    logs = {name: (ended.folder / "candidates" / child.id / "log.txt") for name, child in by_name.items()}
    assert "HOME" in logs["reads the environment"].read_text()
    assert logs["prints 50 MB"].stat().st_size < 1 << 20
    assert "class Trainer" not in logs["reads the evaluator"].read_text()
    kept = [path for path in ended.folder.rglob("*") if path.is_file()]
    assert not [path for path in kept if KEY.encode() in path.read_bytes()]
    ended.check_that_nothing_is_left()


def fates(name: str, whole: bool = True) -> dict[str, tuple[str, str | None, str]]:
    """What became of each child of a run, by what its program is called; of one that was killed too."""
    with Ledger.open(runs() / name / "ledger.sqlite", read_only=True) as ledger:
        assert not whole or verify(ledger) == []
        children = [child for child in ledger.candidates() if child.generation]
    names = [
        re.search(r'class Head\(nn.Module\):\n    """(.*)"""\n', child.files.get("program.py", ""))
        for child in children
    ]
    return {
        found[1]: (child.status, child.failure, child.message)
        for found, child in zip(names, children, strict=True)
        if found
    }


def test_what_a_program_sends_or_says_is_its_own_failure_and_stops_no_run(tmp_path: Path) -> None:
    """Killed in the middle and resumed: each has the outcome of its own, before and after."""
    need("jail")
    names = list(STOPPERS)
    programs = [program(name, number) for number, name in enumerate(names, start=1)]
    given = (
        str(one_part_task(tmp_path, 30.0)), "--quiet", "--generations", "1", "--initial", str(len(names)), "--sandbox", "jail",
        "--slots", "2", "--model", "loopback",
        "--set", "search.eot=0", "--set", "search.repairs=0", "--set", "sampling.parallel=1",
    )  # fmt: skip
    with Endpoint(answered(programs)) as server:
        env = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY}
        with running("run", *given, "--name", "hit", env=env) as process:
            wait_for(runs() / "hit", lambda ledger: halfway(ledger, len(names)), process)
            kill(process)
        before = fates("hit", whole=False)
        summary_of(evolve("resume", "hit", "--json", env=env))
    found = fates("hit")
    assert found.keys() == set(names)
    wrong = {
        name: found[name]
        for name, stopper in STOPPERS.items()
        if (found[name][1], stopper.message in found[name][2]) != (stopper.failure, True)
    }
    assert wrong == {}
    decided = {name: fate for name, fate in before.items() if fate[0] in ("failed", "evaluated")}
    assert decided
    assert decided.items() <= found.items()
    at = list(found).index("an error that no terminal bears")
    for command in (("show", "hit"), ("status", "hit"), ("front", "hit"), ("transcript", "hit", "--full")):
        assert_harmless(evolve(*command))
    assert_harmless(evolve("show", "hit", f"g01-{at:02d}"))


def halfway(ledger: Ledger, children: int) -> bool:
    """Whether every program is written and some, but not all, are trained."""
    return len(ledger.calls()) == children and len(ledger.evaluations("done")) > children // 3


def assert_harmless(done: subprocess.CompletedProcess[str]) -> None:
    """That a command went well and printed nothing that a terminal obeys."""
    assert done.returncode == 0, done.stderr
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", done.stdout + done.stderr)
