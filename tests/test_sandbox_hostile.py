"""Every hostile candidate is held by every backend, its fault is named, and the next candidate notices nothing.

A candidate is a file below `tests/hostile/`; its second line says which failure kinds are right for it (`ok` for none).
A candidate that reaches what it is after says so with a frame: nobody may.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from sandboxes import BACKENDS, LIMITS, Bench, bench, processes

HOSTILE = sorted((Path(__file__).parent / "hostile").rglob("*.py"))
# Who can do nothing but go on for ever is killed after a short time of its own; who may also fail otherwise has longer to do so.
FOR_EVER_S, MAYBE_S, ENOUGH_S = 0.5, 2.0, 20.0
GRACE_S = 30.0  # nothing is promised about it: who is held at all is held by then, however busy the machine
HEALTHY = (
    "def attack(data_dir, settings, emit):\n    import torch\n    emit('say', {'said': float(torch.ones(3).sum())})\n"
)


@pytest.fixture(params=BACKENDS)
def box(request: pytest.FixtureRequest) -> Bench:
    return bench(request.param, request.config)


def snapshot(box: Bench) -> dict[str, tuple[int, int]]:
    """Size and time of change of what a candidate might reach for."""
    places = [
        *box.data.iterdir(),
        Path("/etc/hostname"),
        *(Path(__file__).parent.parent / "sandbox/worker").glob("*.py"),
    ]
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in places}


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_hostile_candidate_is_held(box: Bench, path: Path) -> None:
    program = path.read_text()
    expected = program.splitlines()[1].removeprefix("# expect: ").split()
    timeout_s = FOR_EVER_S if expected == ["timeout"] else MAYBE_S if "timeout" in expected else ENOUGH_S
    limits = replace(LIMITS, timeout_s=timeout_s)
    before = snapshot(box)
    began = time.monotonic()
    result = box.run(program, limits=limits)
    spent = time.monotonic() - began
    assert (result.failure or "ok") in expected, f"{result.failure}: {result.message}"
    assert not [frame for frame in result.frames if frame.meta.get("said") == "escaped"]
    assert result.message or result.failure is None
    assert spent < limits.timeout_s + GRACE_S
    assert snapshot(box) == before
    after = box.run(HEALTHY)
    assert [frame.meta["said"] for frame in after.frames if frame.kind == "say"] == [3.0]
    assert not [line for line in processes().values() if line.startswith(("sleep 1000", "/bin/sleep 1000"))]


def test_the_table_of_what_is_held_counts_these_programs() -> None:
    page = (Path(__file__).parent.parent / "docs/sandbox.md").read_text()
    told = {name: int(count) for name, count in re.findall(r"^\| \*\*(\w+)\*\*:.*? \| (\d+) \|", page, re.MULTILINE)}
    assert told == Counter(path.parent.name for path in HOSTILE)


@pytest.mark.parametrize("path", ["/var/tmp/evil", "/dev/shm/evil", "/sys/fs/cgroup/memory/evil"])
def test_nothing_was_left_on_the_host(path: str) -> None:
    assert not Path(path).exists()
