"""What runs share keeps, for a folder and for a Chroma server alike, and several at once do not harm it."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from chroma_server import chroma_server
from memory_world import child, evidence, lesson, seed
from world import ROOT

from memory.connect import LedgerError
from memory.records import Lesson
from memory.shared import SharedMemory, open_shared, run_key
from memory.steps import Exhibit


def lent(run: str, number: int = 1, **changes: object) -> Lesson:
    return replace(lesson(number, run=run, task="tiny", record={"held": True}), id=f"{run}/L01-{number}", **changes)


def shown(run: str, number: int, diff: str = "-width = 25\n+width = 5") -> Exhibit:
    ids = {"child": f"{run}/g01-{number:02d}", "parent": f"{run}/seed"}
    step = replace(evidence(child(1, number), seed(), diff=diff), **ids)
    return Exhibit(step, "win", 2.0, 0.0, False, run, "tiny")


@pytest.fixture(params=["folder", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "folder":
        yield str(tmp_path / "shared")
        return
    with chroma_server(tmp_path / "chroma") as url:
        yield url


@pytest.fixture
def shared(place: str) -> Iterator[SharedMemory]:
    found = open_shared(place)
    yield found
    found.close()


def test_what_one_run_gives_another_finds_and_giving_again_brings_it_up_to_date(
    shared: SharedMemory, place: str
) -> None:
    assert shared.lessons() == []
    assert shared.steps([shown("a", 0).step], 3) == []
    steps = [shown("a", 0), shown("a", 1, "-relu\n+nn.Dropout(p=0.5)")]
    shared.give("a", [lent("a"), lent("a", 2)], steps)
    shared.give("b", [lent("b")], [shown("b", 0, "+nn.Dropout(p=0.3)")])
    shared.give("a", [lent("a", supporting=7)], steps)
    other = open_shared(place)
    assert [(one.id, one.supporting) for one in other.lessons()] == [("a/L01-1", 7), ("a/L01-2", 0), ("b/L01-1", 0)]
    assert other.lessons()[1] == lent("a", 2)
    nearest, second = other.steps([shown("c", 9, "+nn.Dropout(p=0.5)").step], 2)
    assert {nearest.step.child, second.step.child} == {"a/g01-01", "b/g01-00"}
    assert replace(nearest, nearness=0.0) in (steps[1], shown("b", 0, "+nn.Dropout(p=0.3)"))
    assert 1 >= nearest.nearness >= second.nearness > 0
    (only,) = other.steps([steps[0].step, steps[1].step], 9, apart_from="a")
    assert only.step.child == "b/g01-00"
    other.close()


def test_a_server_that_is_not_there_and_a_place_that_is_no_folder_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in ("http://127.0.0.1:9", str(tmp_path / "file" / "shared")):
        with pytest.raises(LedgerError) as caught:
            open_shared(place)
        assert "\n" not in str(caught.value)


def test_a_lost_or_torn_index_is_made_again_from_the_folder_s_own_records(tmp_path: Path) -> None:
    said: list[str] = []

    def found() -> int:
        shared = open_shared(str(tmp_path), warn=said.append)
        count = len(shared.steps([shown("b", 0).step], 9))
        shared.close()
        return count

    first = open_shared(str(tmp_path))
    first.give("a", [], [shown("a", n) for n in range(5)])
    first.close()
    assert (found(), said) == (5, [])
    shutil.rmtree(tmp_path / "index-hash")
    assert (found(), said) == (5, [])
    (tmp_path / "index-hash" / "chroma.sqlite3").write_bytes(b"torn")
    assert found() == 5
    (line,) = said
    assert "made again" in line
    assert (found(), len(said)) == (5, 1)


CROWD = """
import sys
from memory.shared import open_shared
from tests.test_shared_memory import lent, shown
shared = open_shared(sys.argv[1])
for n in range(12):
    shared.give(sys.argv[2], [lent(sys.argv[2], n)], [shown(sys.argv[2], n)])
    assert shared.steps([shown("x", 0).step], 5)
    assert len(shared.lessons()) > n
"""


def test_runs_that_give_and_take_at_the_same_time_lose_nothing(place: str, tmp_path: Path) -> None:
    open_shared(place).close()
    crowd = [
        subprocess.Popen(
            [sys.executable, "-c", CROWD, place, name], cwd=ROOT, stderr=subprocess.PIPE, text=True,
            env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PATH": "/usr/bin:/bin", "ANONYMIZED_TELEMETRY": "False"},
        )
        for name in ("a", "b", "c")
    ]  # fmt: skip
    for one in crowd:
        _, said = one.communicate(timeout=900)
        assert one.returncode == 0, said
    shared = open_shared(place)
    assert len(shared.lessons()) == 36
    assert len(shared.steps([shown("x", 0).step], 99)) == 36
    shared.close()
    if not place.startswith("http"):
        db = sqlite3.connect(Path(place) / "shared.sqlite")
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.close()


def test_two_runs_of_one_name_have_two_keys() -> None:
    one, two = ({"run": "first", "created": day, "seed": 1, "task": "tiny"} for day in ("monday", "tuesday"))
    assert run_key(one) != run_key(two)
    assert run_key(one).startswith("first.")
