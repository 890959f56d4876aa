"""The worker needs nothing of this project but its own folder: it runs where only torch and numpy are."""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandboxes import needs_jail

from sandbox.gpus import missing_cuda, missing_gpu
from sandbox.packages import runtime_packages

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "benchmarks"))
sys.path.append(str(ROOT / "sandbox" / "worker"))  # the script looks for `wire` where --worker says
import worker_alone  # noqa: E402

pytestmark = needs_jail


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """An empty machine: the script, the worker's folder, one harness with its program, torch and numpy."""
    place = tmp_path / "machine"
    shutil.copytree(ROOT / "sandbox" / "worker", place / "worker", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("benchmarks/worker_alone.py", "tasks/mnist1d/harness.py", "tasks/mnist1d/program.py"):
        shutil.copy(ROOT / name, place)
    (place / "site").mkdir()
    for part in runtime_packages().parts:
        (place / "site" / part.name).symlink_to(part)
    return place


@pytest.fixture
def alone(copied: Path) -> worker_alone.Alone:
    home = copied / "home"
    home.mkdir()
    options = argparse.Namespace(
        worker=copied / "worker", harness=copied / "harness.py", program=copied / "program.py",
        path=[str(copied / "site")], device="cpu",
    )  # fmt: skip
    made = worker_alone.Alone(options, home)
    made.make_data()
    return made


@pytest.mark.slow
def test_every_check_that_can_be_made_holds_on_a_machine_with_torch_and_numpy_alone(copied: Path) -> None:
    done = subprocess.run(
        [
            sys.executable, "-I", "-S", "worker_alone.py", "--worker", "worker", "--harness", "harness.py",
            "--program", "program.py", "--path", "site", "--out", "lines.jsonl",
        ],
        cwd=copied, env={}, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == (copied / "lines.jsonl").read_text()
    lines = {line["check"]: line for line in map(json.loads, done.stdout.splitlines())}
    made = {name for name, line in lines.items() if line["held"]}
    assert made == {"facts", "start", "check", "train_cpu", "audit_cpu", "overhead", "faults"}
    assert {line["why"] for name, line in lines.items() if name not in made} == {"not asked for: --device cuda"}
    assert lines["start"]["torch"] == lines["facts"]["torch"]
    assert lines["train_cpu"]["frames"] >= 4
    assert "loop_back_s" in lines["faults"]


def test_a_check_that_does_not_hold_is_told_and_the_exit_code_is_1(copied: Path) -> None:
    (copied / "program.py").write_text("def build_model():\n    raise ValueError('no model today')\n")
    done = subprocess.run(
        [
            sys.executable, "-I", "-S", "worker_alone.py", "--worker", "worker", "--harness", "harness.py",
            "--program", "program.py", "--path", "site", "--only", "check", "overhead",
        ],
        cwd=copied, env={}, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert done.returncode == 1
    lines = {line["check"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert list(lines) == ["facts", "check", "overhead"]
    assert lines["check"]["held"] is False
    assert "build_optimizer" in lines["check"]["why"] or "no model today" in lines["check"]["why"]
    assert lines["overhead"]["held"] is True


@pytest.mark.skipif(bool(missing_cuda()) or not missing_gpu(), reason="about torch with CUDA and no GPU")
def test_walls_are_not_blamed_where_there_is_no_gpu_at_all(alone: worker_alone.Alone) -> None:
    alone.gpu = {"uuid": "GPU-none"}
    with pytest.raises(worker_alone.NotHeld) as caught:
        worker_alone.cuda_walls(alone)
    told = json.loads(str(caught.value))
    assert "driver" in told["error"]
    assert told["opened"] == ["not looked for"]
    assert "driver" in told["without_walls"]


NEEDY = """
import socket

def live(settings, emit):
    socket.socketpair()
    open("/proc/version").read()
"""


def test_what_a_program_needs_can_be_opened_one_by_one(alone: worker_alone.Alone) -> None:
    def enough(*parts: str) -> bool:
        folder, options = worker_alone.loosened(alone.worker, alone.home, parts)
        with alone.start(*options, folder=folder) as worker:
            return worker.run(NEEDY)["failure"] is None

    socketpair, mount = {"x86_64": ("call:53", "call:165"), "aarch64": ("call:199", "call:40")}[platform.machine()]
    assert enough("read:/proc/version", socketpair, mount, "call:fcntl")
    assert not enough("read:/proc/version", mount)
    assert not enough(socketpair)


def test_the_search_names_what_a_program_needs_open_and_nothing_else(alone: worker_alone.Alone) -> None:
    needs = "__import__('socket').socketpair() and open('/proc/version').read() and ''"
    socketpair, mount = {"x86_64": ("call:53", "call:165"), "aarch64": ("call:199", "call:40")}[platform.machine()]
    parts = [mount, "read:/proc", socketpair, "call:fcntl", "read:/etc"]
    prober = worker_alone.Prober(alone, (), needs)
    try:
        assert set(parts) < set(worker_alone.openable(alone.worker))
        found, ended = worker_alone.to_open(parts, lambda some: not prober.tried(some))
    finally:
        prober.close()
    assert (set(found), ended) == ({"read:/proc/version", socketpair}, True)


def test_a_search_out_of_time_answers_with_the_shortest_list_that_was_enough() -> None:
    tried: list[list[str]] = []

    def slow(some: list[str]) -> bool:
        time.sleep(0.02)
        tried.append(some)
        return {"call:3", "call:60"} <= set(some)

    found, ended = worker_alone.to_open([f"call:{n}" for n in range(200)], slow, 0.1)
    assert not ended
    assert found == min((some for some in tried if {"call:3", "call:60"} <= set(some)), key=len)


@given(st.sets(st.integers(0, 30), min_size=1), st.data())
def test_the_search_finds_exactly_what_is_needed(parts: set[int], data: st.DataObject) -> None:
    names = [str(part) for part in sorted(parts)]
    needed = set(data.draw(st.lists(st.sampled_from(names))))
    assert set(worker_alone.minimal(names, lambda some: needed <= set(some))) == needed
