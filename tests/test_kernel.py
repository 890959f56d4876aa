"""The kernel's walls are asked for in one place, and asking puts none round the one who asks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import probe
from sandbox.kernel import missing_walls, walls
from sandbox.worker import walls as worker

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


@linux
def test_asking_changes_nothing_here_and_says_what_a_worker_would_find() -> None:
    spaces = [Path(f"/proc/self/ns/{name}") for name in ("net", "mnt", "user", "ipc", "uts")]
    before = [space.readlink() for space in spaces]
    walls.cache_clear()
    found = walls()
    assert [space.readlink() for space in spaces] == before
    assert found.landlock == worker.landlock_abi()
    code = "import os, walls; print(bool(walls.own_namespaces()))"
    folder = Path(worker.__file__).parent
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=folder, capture_output=True, encoding="utf-8")
    assert done.stdout.strip() == str(found.namespaces)


@linux
def test_what_is_missing_is_what_the_doctor_calls_so() -> None:
    facts = {fact.name: fact for fact in probe()}
    missing = [name for name in ("landlock", "seccomp") if not facts[name].ok]
    assert len(missing_walls()) == len(missing)
    assert [bool(facts[name].cure) for name in missing] == [True] * len(missing)


@linux
def test_the_question_is_answered_as_one_line_of_json() -> None:
    done = subprocess.run([sys.executable, "-I", "-S", worker.__file__], capture_output=True, encoding="utf-8")
    assert json.loads(done.stdout) == walls()._asdict()
