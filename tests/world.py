"""What the tests of whole runs share: a task small enough to train in a second, and the real command in a process of its own."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path
from types import ModuleType
from typing import Any

import tasks
from memory.ledger import Ledger, LedgerError
from memory.verify import verify

ROOT = Path(__file__).resolve().parent.parent
GUARD_S = 900.0  # nothing is promised about it: a test that would wait for ever ends, and a busy machine breaks none
SMALL = (
    "--generations",
    "2",
    "--initial",
    "4",
    "--population",
    "3",
    "--slots",
    "2",
    "--sandbox",
    "jail",
    "--set",
    "search.eot=0.5",
)


def tiny_task(folder: Path, steps: int = 20) -> Path:
    """mnist1d with so few steps that a training takes a fraction of a second. Returns the task's folder."""
    place = folder / "tiny"
    shutil.copytree(Path(tasks.__file__).parent / "mnist1d", place)
    toml = place / "task.toml"
    text = toml.read_text()
    assert "steps = 1000" in text
    toml.write_text(
        text.replace("steps = 1000", f"steps = {steps}").replace("every = 100", f"every = {max(1, steps // 2)}")
    )
    data = place / "data.py"
    assert "FRESH = 10_000" in data.read_text()
    data.write_text(data.read_text().replace("FRESH = 10_000", "FRESH = 1_000"))
    return place


def module(name: str, path: Path) -> ModuleType:
    """A file as the module that it is inside the sandbox."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def evolve(
    *arguments: str, env: dict[str, str] | None = None, timeout_s: float = GUARD_S
) -> subprocess.CompletedProcess[str]:
    """The real command, run to its end."""
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        env=os.environ | (env or {}),
        check=False,
    )


@contextlib.contextmanager
def running(*arguments: str, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """The real command, running in a process group of its own, which does not outlive the block."""
    process = subprocess.Popen(
        command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | (env or {}),
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                kill(process)


def kill(process: subprocess.Popen[str]) -> None:
    """End a running command with its whole process group, as a power cut would."""
    assert process.poll() is None, f"it ended before it could be killed: {process.communicate()[1]}"
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=GUARD_S)


def command(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "cli.py"), *arguments]


def summary_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one object that a run ends with."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def story(folder: Path) -> dict[str, Any]:
    """Everything in a run's ledger that must not depend on the clock."""
    with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
        return {
            "candidates": [vars(c) for c in ledger.candidates()],
            "outcomes": {e.key: (e.failure, e.objectives, e.curve) for e in ledger.evaluations()},
            "calls": {c.key: (c.messages, c.reply, c.sampling, c.model, c.failure) for c in ledger.calls()},
            "lessons": [vars(x) for x in ledger.lessons()],
            "selections": [vars(s) for s in ledger.selections()],
            "evidence": [vars(e) for e in ledger.evidence()],
            "wordings": [vars(w) for w in ledger.wordings()],
        }


def differences(one: Path, two: Path) -> list[str]:
    """Where two runs tell different stories, their names apart."""
    a, b = story(one), story(two)
    for lesson in a["lessons"] + b["lessons"]:
        lesson["run"] = ""
    return [
        f"{what}: {ours} | {theirs}"
        for what in a
        for ours, theirs in zip_longest(_listed(a[what]), _listed(b[what]))
        if ours != theirs
    ]


def _listed(told: Any) -> list[Any]:
    return sorted(told.items()) if isinstance(told, dict) else told


def received(end: int) -> bytes:
    """What comes out of our end of a terminal until the other one is closed."""
    text = b""
    with contextlib.suppress(OSError):  # so the system says that it is
        while more := os.read(end, 65536):
            text += more
    return text


def runs() -> Path:
    """Where the runs of this test are."""
    return Path(os.environ["EVOLVE_RUNS"])


def ledger_of(name: str) -> Ledger:
    """The ledger of a run of this test, to be read."""
    return Ledger.open(runs() / name / "ledger.sqlite", read_only=True)


def problems(name: str) -> list[str]:
    """What is wrong with a run's ledger."""
    with ledger_of(name) as ledger:
        return verify(ledger)


def training(ledger: Ledger) -> bool:
    """Whether a program is in training."""
    return bool(ledger.evaluations("running"))


def wait_for(
    folder: Path,
    there: Callable[[Ledger], bool],
    process: subprocess.Popen[str] | None = None,
    timeout_s: float = GUARD_S,
) -> None:
    """Until the ledger of a running run shows it; its process, where given, must not end before."""
    until = time.monotonic() + timeout_s
    while True:
        ended = process is not None and process.poll() is not None  # asked first: what it wrote last is still read
        with contextlib.suppress(LedgerError), Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
            if there(ledger):
                return
        if process is not None and ended:
            _, err = process.communicate(timeout=GUARD_S)
            raise AssertionError(f"{folder.name} ended with {process.returncode} before it came so far: {err}")
        if time.monotonic() > until:
            raise AssertionError(f"{folder.name} did not come so far in {timeout_s} s")
        time.sleep(0.05)
