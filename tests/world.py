"""What the tests of whole runs share: a task small enough to train in a second, and the real command in a process of its own."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path
from types import ModuleType
from typing import Any

import tasks
from memory.ledger import Ledger, LedgerError

ROOT = Path(__file__).resolve().parent.parent
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
    *arguments: str, env: dict[str, str] | None = None, timeout_s: float = 240
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


def start(*arguments: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """The real command, running in a process group of its own."""
    return subprocess.Popen(
        command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | (env or {}),
        start_new_session=True,
    )


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


def same(one: Path, two: Path) -> bool:
    """Whether two runs tell the same story, their names apart."""
    return not differences(one, two)


def wait_for(folder: Path, there: Callable[[Ledger], bool], timeout_s: float = 60.0) -> None:
    """Until the ledger of a running run shows it."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        with contextlib.suppress(LedgerError), Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
            if there(ledger):
                return
        time.sleep(0.05)
    raise AssertionError(f"{folder.name} did not come so far in {timeout_s} s")
