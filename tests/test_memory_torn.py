"""Whatever is wrong with the folder of a run's memory, the run finds what it would have found, and is told in a line."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands import memory as command
from memory.chroma import ChromaFolder
from memory.describe import describe
from memory.hashing import embed
from memory.index import Index
from memory.ledger import Ledger
from memory.records import Commit, Evidence
from memory.vectors import Vectors
from tests.memory_world import META, child, evidence, record, seed

ROOT = Path(__file__).parent.parent
MANY = 1100  # Chroma writes files of its HNSW index from the thousandth entry on
FEW = 30
ASKED = "added GELU head"


def change(number: int) -> str:
    return f"-x = nn.Conv1d({number}, 25, kernel_size=3)\n+x = nn.GELU()\n+width = {number % 17}"


def entries(count: int) -> list[tuple[str, str, dict[str, Any]]]:
    steps = [evidence(child(1, number), seed(), diff=change(number)) for number in range(count)]
    return [(f"r1/{one.child}/seed", describe(one), {"run": "r1", "child": one.child}) for one in steps]


def search(folder: Path | None, count: int, said: list[str] | None = None) -> list[tuple[str, float]]:
    kept = Vectors(folder, "hash", (said if said is not None else []).append)
    kept.open(entries(count))
    (found,) = kept.nearest([ASKED], 20)
    kept.close()
    return found


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with HNSW files in it."""
    folder = tmp_path_factory.mktemp("sound") / "memory"
    search(folder, MANY)
    return folder


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder of a short run."""
    folder = tmp_path / "memory"
    search(folder, FEW)
    return folder


@pytest.fixture(scope="module")
def answer() -> list[tuple[str, float]]:
    return search(None, MANY)


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sound, tmp_path / "memory")


def sqlite(folder: Path, *orders: str) -> None:
    with closing(sqlite3.connect(folder / "chroma.sqlite3")) as db:
        for order in orders:
            db.execute(order)
        db.commit()


def hnsw(folder: Path, name: str) -> Path:
    return next(folder.glob(f"*-*/{name}"))


def noise(path: Path, start: float = 0.0) -> None:
    data = path.read_bytes()
    at = int(len(data) * start)
    path.write_bytes(data[:at] + random.Random(1).randbytes(len(data) - at))


def halve(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def swap_vectors(folder: Path) -> None:
    """Two vectors in the log change places: nothing that Chroma would notice."""
    with closing(sqlite3.connect(folder / "chroma.sqlite3")) as db:
        rows = db.execute("SELECT seq_id, vector FROM embeddings_queue ORDER BY seq_id DESC LIMIT 2").fetchall()
        for (id, _), (_, vector) in zip(rows, reversed(rows), strict=True):
            db.execute("UPDATE embeddings_queue SET vector = ? WHERE seq_id = ?", (vector, id))
        db.commit()


TEARS: dict[str, tuple[Callable[[Path], Any], bool]] = {
    # how it is torn, and whether there is anything to tell
    "nothing": (lambda f: None, False),
    "folder gone": (shutil.rmtree, False),
    "folder empty": (lambda f: (shutil.rmtree(f), f.mkdir()), False),
    "a file in its place": (lambda f: (shutil.rmtree(f), f.write_bytes(b"x")), True),
    "a dangling link in its place": (lambda f: (shutil.rmtree(f), f.symlink_to(f / "nowhere")), True),
    "database gone": (lambda f: (f / "chroma.sqlite3").unlink(), False),
    "database empty": (lambda f: (f / "chroma.sqlite3").write_bytes(b""), False),
    "database cut": (lambda f: halve(f / "chroma.sqlite3"), True),
    "database no database": (lambda f: (f / "chroma.sqlite3").write_bytes(b"torn"), True),
    "noise in the database": (lambda f: noise(f / "chroma.sqlite3", 0.3), True),
    "database a folder": (lambda f: ((f / "chroma.sqlite3").unlink(), (f / "chroma.sqlite3").mkdir()), True),
    "a table gone": (lambda f: sqlite(f, "DROP TABLE embedding_metadata"), True),
    "an upgrade half done": (lambda f: sqlite(f, "DELETE FROM migrations WHERE version > 5"), True),
    "collection gone": (lambda f: sqlite(f, "DELETE FROM collections"), False),
    "texts of others": (
        lambda f: sqlite(f, "UPDATE embedding_metadata SET string_value = 'x' WHERE key = 'chroma:document'"),
        False,
    ),
    "sums lost": (lambda f: sqlite(f, "DELETE FROM embedding_metadata WHERE key = 'sum'"), True),
}
HNSW_TEARS: dict[str, tuple[Callable[[Path], Any], bool]] = {
    "vectors mixed up": (swap_vectors, True),
    "files gone": (lambda f: shutil.rmtree(hnsw(f, "header.bin").parent), True),
    "header gone": (lambda f: hnsw(f, "header.bin").unlink(), True),
    "header cut": (lambda f: halve(hnsw(f, "header.bin")), True),  # Chroma dies of this one and the next
    "noise in the vectors": (lambda f: noise(hnsw(f, "data_level0.bin")), True),
    "vectors cut": (lambda f: halve(hnsw(f, "data_level0.bin")), True),
    "noise in the ids": (lambda f: noise(hnsw(f, "index_metadata.pickle")), True),
    "noise in the links": (lambda f: noise(hnsw(f, "link_lists.bin")), False),  # the vectors can be read without
}


def heals(folder: Path, count: int, do: Callable[[Path], Any], told: bool) -> None:
    do(folder)
    said: list[str] = []
    assert search(folder, count, said) == search(None, count)
    assert len(said) == told, said
    assert all("made again" in line and "\n" not in line for line in said)
    again: list[str] = []
    assert search(folder, count + 1, again) == search(None, count + 1)
    assert again == []


@pytest.mark.parametrize("tear", TEARS)
def test_a_torn_folder_is_made_again_and_told_once(small: Path, tear: str) -> None:
    heals(small, FEW, *TEARS[tear])


@pytest.mark.parametrize("tear", HNSW_TEARS)
def test_torn_files_of_the_hnsw_index_are_made_again_and_told_once(folder: Path, tear: str) -> None:
    heals(folder, MANY, *HNSW_TEARS[tear])


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_bytes_changed_anywhere_do_no_harm(
    data: st.DataObject, sound: Path, answer: list[tuple[str, float]], tmp_path: Path
) -> None:
    folder = tmp_path / "some"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(sound, folder)
    path = data.draw(st.sampled_from(sorted(one for one in folder.rglob("*") if one.is_file())))
    bytes_ = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(bytes_) - 1))
    bytes_[at : at + 1024] = data.draw(st.binary(min_size=1, max_size=1024))
    path.write_bytes(bytes_)
    said: list[str] = []
    assert search(folder, MANY, said) == answer
    assert len(said) <= 1, said


@pytest.mark.parametrize("tear", ["folder gone", "noise in the database", "a file in its place"])
def test_a_folder_torn_while_the_run_is_at_work_stops_nothing(small: Path, tear: str) -> None:
    said: list[str] = []
    kept = Vectors(small, "hash", said.append)
    kept.open(entries(FEW))
    TEARS[tear][0](small)
    kept.hold(entries(FEW + 5)[FEW:])
    (found,) = kept.nearest([ASKED], 20)
    kept.close()
    assert found == search(None, FEW + 5)
    assert len(said) == 1
    assert search(small, FEW + 5, said) == found
    assert len(said) == 1


def test_a_place_that_cannot_be_written_is_done_without() -> None:
    for place in (Path("/proc/memory"), Path("/dev/null/memory")):
        said: list[str] = []
        assert search(place, FEW, said) == search(None, FEW)
        (line,) = said
        assert "this process remembers without it" in line


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    code = "import sqlite3, sys; d = sqlite3.connect(sys.argv[1], isolation_level=None); d.execute('BEGIN EXCLUSIVE'); print(); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", code, folder / "chroma.sqlite3"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    yield
    holder.communicate(b"\n")


def test_a_database_that_is_locked_by_another_is_not_waited_for_without_end(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("memory.chroma.PATIENCE_S", 15.0)
    said: list[str] = []
    with locked(small):
        assert search(small, FEW, said) == search(None, FEW)
    (line,) = said
    assert "did not answer within 15 s" in line
    assert search(small, FEW, said) == search(None, FEW)
    assert len(said) == 1


def test_the_process_that_holds_chroma_may_be_killed(small: Path) -> None:
    said: list[str] = []
    kept = Vectors(small, "hash", said.append)
    kept.open(entries(FEW))
    assert ChromaFolder._process is not None
    ChromaFolder._process.kill()
    ChromaFolder._process.wait()
    kept.hold(entries(FEW + 1)[FEW:])
    kept.close()
    assert search(small, FEW + 1, said) == search(None, FEW + 1)
    assert said == []


def test_an_entry_is_kept_to_the_bit(folder: Path) -> None:
    stored, damaged = ChromaFolder(folder, "guided-evolution-hash", {"dimensions": 384}).load()
    assert damaged == 0
    texts = [text for _, text, _ in entries(MANY)]
    assert np.array_equal(np.stack([stored[key][1] for key, _, _ in entries(MANY)]), embed(texts))


def test_what_the_ledger_does_not_have_is_forgotten_and_what_is_missing_is_added(folder: Path) -> None:
    said: list[str] = []
    kept = Vectors(folder, "hash", said.append)
    assert kept.open([*entries(10), *entries(MANY + 3)[MANY:]]) == 10
    kept.close()
    stored, _ = ChromaFolder(folder, "guided-evolution-hash", {"dimensions": 384}).load()
    assert sorted(stored) == sorted(key for key, _, _ in [*entries(10), *entries(MANY + 3)[MANY:]])
    assert said == []


ADDS = """
import sys
from pathlib import Path
from memory.vectors import Vectors
from tests.test_memory_torn import entries
kept = Vectors(Path(sys.argv[1]), "hash", print)
kept.open([])
every = entries(5_000)
for start in range(0, len(every), 50):
    kept.hold(every[start : start + 50])
    print(start, flush=True)
    if kept._writer is not None:
        kept._writer.join(0.2)
kept.close()
"""


@pytest.mark.parametrize("after", [0.1, 1.2])
def test_a_run_killed_while_it_adds_goes_on_from_the_ledger(
    tmp_path: Path, answer: list[tuple[str, float]], after: float
) -> None:
    folder = tmp_path / "memory"
    run = subprocess.Popen([sys.executable, "-c", ADDS, folder], cwd=ROOT, stdout=subprocess.PIPE)
    assert run.stdout is not None
    while run.stdout.readline().strip() != b"950":  # the thousandth is held then: writing begins
        pass
    time.sleep(after)
    run.kill()
    run.communicate()
    said: list[str] = []
    assert search(folder, MANY, said) == answer
    assert len(said) <= 1
    assert search(folder, MANY, said) == answer
    assert len(said) <= 1


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    (tmp_path / "runs" / "r1").mkdir(parents=True)
    with Ledger.create(tmp_path / "runs" / "r1" / "ledger.sqlite", META) as made:
        root = record(made, seed())
        for number in range(4):
            record(made, child(1, number), root)
        made.put_commit(Commit(1, tuple(f"g01-{number:02d}" for number in range(4))))
        yield made


def steps(ledger: Ledger) -> list[Evidence]:
    return ledger.evidence()


def test_a_run_s_index_is_filled_from_its_ledger_and_its_warning_is_an_event(ledger: Ledger) -> None:
    folder = ledger.path.parent / "memory"
    for torn in (False, True):
        if torn:
            (folder / "chroma.sqlite3").write_bytes(b"torn")
        index = Index(folder, "hash", ledger)
        assert [id for id, _ in index.near(steps(ledger)[0], 9)] == [f"g01-{number:02d}" for number in range(4)]
        index.close()
    (told,) = [event.data for event in ledger.events() if event.kind == "warning"]
    assert told["about"] == "memory"
    assert "made again" in told["why"]


def test_the_folder_is_made_again_by_command_whatever_it_was(
    ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ledger.path.parent / "memory"
    folder.write_bytes(b"no folder")
    ledger.close()
    command.rebuild("r1")
    assert capsys.readouterr().out == "r1: 4 steps indexed\n"
    command.stats("r1", as_json=True)
    assert '"indexed": 4' in capsys.readouterr().out
    (folder / "chroma.sqlite3").write_bytes(b"torn")
    before = (folder / "chroma.sqlite3").read_bytes()
    command.search("r1", "anything", 10, as_json=True)
    said = capsys.readouterr()
    assert said.out.count("\n") == 4
    assert "'evolve memory rebuild' makes it again" in said.err
    assert (folder / "chroma.sqlite3").read_bytes() == before  # only the run's own process writes
