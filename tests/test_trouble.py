"""What can go wrong around a run: one clear line each, nothing lost."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from endpoint import Body, Endpoint, answer_offline
from world import GUARD_S, SMALL, evolve, ledger_of, problems, running, summary_of, tiny_task


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


@pytest.mark.slow
def test_two_runs_at_once_do_not_touch_each_other(tmp_path: Path) -> None:
    task = tiny_task(tmp_path)
    with contextlib.ExitStack() as stack:
        one = ("run", str(task), "--json", "--quiet", *SMALL, "--generations", "1", "--initial", "2")
        both = [stack.enter_context(running(*one, "--name", name)) for name in ("a", "b")]
        for process in both:
            _, err = process.communicate(timeout=GUARD_S)
            assert process.returncode == 0, err
    for name in ("a", "b"):
        assert problems(name) == []


@pytest.mark.slow
def test_a_full_disk_stops_the_run_and_room_lets_it_go_on(
    tmp_path: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = tiny_task(tmp_path)
    monkeypatch.setenv("EVOLVE_RUNS", str(small_disk))
    done = evolve("run", str(task), "--name", "a", "--quiet", *SMALL)
    assert done.returncode == 1
    assert "disk is full" in one_line(done.stderr)
    assert "evolve resume a" in done.stderr
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    result = summary_of(evolve("resume", "a", "--json"))
    assert result["children"] == 7
    assert problems("a") == []


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


@pytest.mark.slow
def test_a_swapped_persona_speaks_from_the_next_generation_on(tmp_path: Path) -> None:
    """The swap is asked for while the first child of generation 1 is being written: the rest of that generation keeps its voice."""
    swaps: list[int] = []

    def answer(body: Body) -> tuple[str, str]:
        if not swaps:
            swaps.append(evolve("persona", "set", "a", "--architect", "tinkerer").returncode)
        return answer_offline(body)

    size = (*SMALL, "--initial", "2", "--population", "2", "--model", "loopback", "--set", "search.crossover=0")
    with Endpoint(answer) as server:
        done = evolve(
            *("run", str(tiny_task(tmp_path)), "--name", "a", "--quiet", *size),
            *("--set", 'personas.architect=["minimalist"]'),
            env={"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-none"},
        )
    assert (done.returncode, swaps) == (0, [0]), done.stderr
    with ledger_of("a") as ledger:
        said = {(c.generation, c.persona) for c in ledger.candidates() if c.generation}
        swapped = [e.data["generation"] for e in ledger.events() if e.kind == "persona"]
    assert swapped == [2]
    assert said == {(1, "minimalist"), (2, "tinkerer")}
