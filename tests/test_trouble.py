"""What can go wrong around a run: one clear line each, nothing lost."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from world import SMALL, evolve, start, summary_of, tiny_task

from memory.ledger import Ledger
from memory.verify import verify


def problems(folder: Path) -> list[str]:
    with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
        return verify(ledger)


def one_line(text: str) -> str:
    assert len(text.strip().splitlines()) == 1, text
    return text


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True, check=False
    ).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_two_runs_at_once_do_not_touch_each_other(tmp_path: Path) -> None:
    task = tiny_task(tmp_path)
    both = [start("run", str(task), "--name", name, "--json", "--quiet", *SMALL) for name in ("a", "b")]
    for process in both:
        _, err = process.communicate(timeout=240)
        assert process.returncode == 0, err
    for name in ("a", "b"):
        assert problems(tmp_path / "runs" / name) == []


def test_a_full_disk_stops_the_run_and_room_lets_it_go_on(tmp_path: Path, small_disk: Path) -> None:
    task = tiny_task(tmp_path)
    env = {"EVOLVE_RUNS": str(small_disk)}
    done = evolve("run", str(task), "--name", "a", "--quiet", *SMALL, env=env)
    assert done.returncode == 1
    assert "disk is full" in one_line(done.stderr)
    assert "evolve resume a" in done.stderr
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    result = summary_of(evolve("resume", "a", "--json", env=env))
    assert result["children"] == 7
    assert problems(small_disk / "a") == []


def test_an_unwritable_place_is_one_line(tmp_path: Path) -> None:
    done = evolve("run", str(tiny_task(tmp_path)), "--name", "a", *SMALL, env={"EVOLVE_RUNS": "/proc/runs"})
    assert done.returncode == 1
    assert "/proc/runs" in one_line(done.stderr)
    assert "EVOLVE_RUNS" in done.stderr


def test_a_broken_persona_is_told_before_anything_starts(tmp_path: Path) -> None:
    personas = Path(os.environ["EVOLVE_PERSONAS"])
    personas.mkdir()
    (personas / "odd.toml").write_text(
        'name = "odd"\ntitle = "Odd"\nroles = ["architect"]\nvoice = 3\ntemperature = [0.1, 0.2]\n'
    )
    done = evolve("run", str(tiny_task(tmp_path)), "--name", "a", *SMALL)
    assert done.returncode == 2
    assert "odd.toml" in one_line(done.stderr)
    assert "voice" in done.stderr
    assert not (tmp_path / "runs" / "a").exists()


def test_a_harness_that_raises_stops_at_the_seed_with_its_error(tmp_path: Path) -> None:
    task = tiny_task(tmp_path)
    harness = task / "harness.py"
    harness.write_text(
        harness.read_text().replace(
            "def train(program, data_dir, settings, emit):",
            "def train(program, data_dir, settings, emit):\n    raise OSError('no such moon')\n\n\ndef _train(program, data_dir, settings, emit):",
        )
    )
    done = evolve("run", str(task), "--name", "a", "--quiet", *SMALL)
    assert done.returncode == 1
    assert "no such moon" in one_line(done.stderr)
    assert "seed program" in done.stderr


def test_a_swapped_persona_speaks_from_the_next_generation_on(tmp_path: Path) -> None:
    """The swap is written while the run stands still between two generations, as it may be while it runs."""
    task = tiny_task(tmp_path)
    size = (*SMALL, "--set", "search.crossover=0")
    folder = tmp_path / "runs" / "a"
    process = start("run", str(task), "--name", "a", "--quiet", *size, "--set", 'personas.architect=["minimalist"]')
    while process.poll() is None and not (folder / "ledger.sqlite").exists():
        pass
    assert evolve("persona", "set", "a", "--architect", "tinkerer").returncode == 0
    process.communicate(timeout=240)
    assert process.returncode == 0
    with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
        said = {c.generation: c.persona for c in ledger.candidates() if c.generation}
        swapped = [e.data["generation"] for e in ledger.events() if e.kind == "persona"]
    assert len(swapped) == 1
    assert {g: ("tinkerer" if g >= swapped[0] else "minimalist") for g in said} == said
