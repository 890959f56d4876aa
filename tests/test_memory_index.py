from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from endpoint import POLL_S
from hypothesis import given
from hypothesis import strategies as st

from memory.describe import bucket, describe
from memory.hashing import DIMENSIONS, embed
from memory.index import Index, IndexUnavailableError
from memory.ledger import LedgerError
from memory.records import Evidence
from memory.shared import FolderMemory
from memory.steps import Exhibit
from tests.memory_world import child, evidence, record, seed, small_run

ROOT = Path(__file__).parent.parent

CHANGES = (
    ("-x = nn.ReLU()\n+x = nn.GELU()", "body"),
    ("-conv = nn.Conv1d(25, 25, kernel_size=3)\n+conv = nn.Conv1d(25, 25, kernel_size=5)", "stem"),
    ("-opt = optim.AdamW(p, lr=0.01)\n+opt = optim.SGD(p, lr=0.1, momentum=0.9)", "optimiser"),
    ("+self.drop = nn.Dropout(p=0.2)", "head"),
)


def step(index: int) -> Evidence:
    diff, segment = CHANGES[index % len(CHANGES)]
    one = child(1, index, segment=segment, objectives={"val_error": 20.0 - index, "params": 5210.0})
    return evidence(one, seed(), diff=diff)


@pytest.fixture
def index() -> Iterator[Index]:
    made = Index(None)
    yield made
    made.close()


def test_a_step_is_described_by_what_came_went_and_came_of_it() -> None:
    assert describe(step(1)).splitlines() == [
        "operator mutate",
        "segment stem",
        "intent simplify",
        "added kernel_size=5",
        "dropped kernel_size=3",
        "measured params_same val_error_down val_error_down_1e0",
    ]
    failed = evidence(child(1, 0, status="failed", failure="shape", objectives=None, message="got 24"), seed())
    assert describe(failed).splitlines()[-1] == "failed shape got"


def test_a_change_is_put_into_a_power_of_ten() -> None:
    assert [bucket("e", value) for value in (0.0, -0.02, 1500.0)] == ["e_same", "e_down e_down_1e-2", "e_up e_up_1e3"]


@given(st.text())
def test_any_text_has_a_unit_vector_that_never_changes(text: str) -> None:
    first, second = embed([text, text])
    assert first.shape == (DIMENSIONS,)
    assert np.isclose(np.linalg.norm(first), 1.0, atol=1e-5)
    assert (first == second).all()


def test_vectors_do_not_depend_on_the_process() -> None:
    code = "from memory.hashing import embed; print(embed(['nn.Conv1d kernel_size=3']).tobytes().hex())"
    env = {**os.environ, "PYTHONHASHSEED": "7"}
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == embed(["nn.Conv1d kernel_size=3"]).tobytes().hex()


def test_the_most_alike_step_is_found_by_step_and_by_words(index: Index) -> None:
    index.add([step(number) for number in range(4)], "r1")
    assert [found for found, _ in index.near(step(2), 1)] == ["g01-02"]
    assert index.near(step(2), 1)[0][1] == pytest.approx(0.0, abs=1e-5)
    assert [found for found, _ in index.near("dropout in the head", 1)] == ["g01-03"]
    assert [found for found, _ in index.near("GELU instead of ReLU", 1)] == ["g01-00"]


def test_the_answer_does_not_depend_on_the_order_in_which_steps_came() -> None:
    steps = [step(number) for number in range(60)]
    answers = []
    for order in (steps, steps[::-1], random.Random(1).sample(steps, len(steps))):
        index = Index(None)
        for start in range(0, len(order), 7):
            index.add(order[start : start + 7], "r1")
        answers.append([index.near(one, 12) for one in steps])
        index.close()
    assert answers[0] == answers[1] == answers[2]


def test_equals_are_sorted_by_id(index: Index) -> None:
    steps = [evidence(child(1, number), seed()) for number in (3, 1, 2)]
    index.add(steps, "r1")
    assert [found for found, _ in index.near(steps[0], 3)] == ["g01-01", "g01-02", "g01-03"]


def test_a_step_added_again_replaces_itself(index: Index) -> None:
    index.add([step(0)], "r1")
    index.add([step(0), step(1)], "r1")
    assert index.count() == 2


def test_answers_may_be_narrowed_and_an_empty_index_answers_nothing(index: Index) -> None:
    assert index.near("anything", 5) == []
    index.add([step(number) for number in range(8)], "r1")
    found = index.near(step(0), 8, where={"segment": "head"})
    assert sorted(id for id, _ in found) == ["g01-03", "g01-07"]
    assert index.near(step(0), 0) == []


def test_a_child_of_two_parents_is_answered_once(index: Index) -> None:
    one = child(2, 0, operator="cross", parents=("seed", "g01-00"))
    index.add([evidence(one, seed()), evidence(one, child(1, 0), diff="+x = nn.SiLU()")], "r1")
    assert [found for found, _ in index.near("nn.SiLU", 5)] == ["g02-00"]


def test_the_index_is_made_again_from_the_ledger_alone(tmp_path: Path) -> None:
    with small_run(tmp_path / "ledger.sqlite") as ledger:
        folder = tmp_path / "memory"
        kept, broken = Index(folder), Index(folder)
        kept.add(ledger.evidence(), "r1")
        before = kept.near("head", 4)
        kept.close()
        (folder / "chroma.sqlite3").write_bytes(b"torn")
        assert broken.rebuild(ledger) == 4
        assert broken.near("head", 4) == before
        record(ledger, child(3, 0), seed())
        assert broken.rebuild(ledger) == broken.count() == 5
        broken.close()


def test_what_was_added_is_there_for_the_next_process(tmp_path: Path) -> None:
    first = Index(tmp_path / "memory")
    first.add([step(0)], "r1")
    first.close()
    code = (
        "import sys; from memory.index import Index; i = Index(sys.argv[1]); print(i.count(), i.near('GELU', 1)[0][0])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "memory")], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout == "1 g01-00\n"


class Embeddings(BaseHTTPRequestHandler):
    """A loopback server in the OpenAI form that embeds by counting letters; broken when its server says so."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append(asked)  # type: ignore[attr-defined]
        vectors = [[float(text.count(letter)) + 0.1 for letter in "abcdefgh"] for text in asked["input"]]
        data = [{"object": "embedding", "index": at, "embedding": vector} for at, vector in enumerate(vectors)]
        broken = self.server.broken  # type: ignore[attr-defined]
        body = json.dumps(
            {"object": "list", "model": "m", "data": data, "usage": {"prompt_tokens": 1, "total_tokens": 1}}
        )
        self.send_response(400 if broken else 200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"error": {"message": "no such model"}}' if broken else body.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HTTPServer]:
    made = HTTPServer(("127.0.0.1", 0), Embeddings)
    made.asked, made.broken = [], False  # type: ignore[attr-defined]
    thread = threading.Thread(target=made.serve_forever, args=(POLL_S,))
    thread.start()
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{made.server_port}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def test_a_server_may_embed(server: HTTPServer, tmp_path: Path) -> None:
    index = Index(tmp_path / "memory", "openai")
    index.add([step(number) for number in range(4)], "r1")
    assert index.near(step(1), 1) == [("g01-01", 0.0)]
    server.broken = True  # type: ignore[attr-defined]
    with pytest.raises(IndexUnavailableError, match="no such model") as caught:
        index.near("anything", 1)
    assert "\n" not in str(caught.value)
    index.close()


def test_while_the_embedding_server_is_away_a_shared_index_is_kept(server: HTTPServer, tmp_path: Path) -> None:
    shared = FolderMemory(tmp_path / "shared", "openai")
    first, second = (Exhibit(step(number), "win", 1.0, 0.0, False, "r1", "tiny") for number in range(2))
    shared.give("r1", [], [first])
    assert len(shared.steps([step(3)], 1)) == 1
    shared.give("r1", [], [second])
    server.broken = True  # type: ignore[attr-defined]
    with pytest.raises(LedgerError, match="no such model"):
        shared.steps([step(3)], 1)
    server.broken, texts = False, sum(len(asked["input"]) for asked in server.asked)  # type: ignore[attr-defined]
    assert len(shared.steps([step(3)], 2)) == 2
    asked = [text for asked in server.asked for text in asked["input"]][texts:]  # type: ignore[attr-defined]
    assert len(asked) == 2  # the step that was missing, and the question
    shared.close()


def test_another_embedder_than_the_stored_one_is_refused_with_the_cure(tmp_path: Path, server: HTTPServer) -> None:
    first = Index(tmp_path / "memory", "hash")
    first.add([step(0)], "r1")
    first.close()
    with pytest.raises(IndexUnavailableError, match=r"made by guided-evolution-hash.*'evolve memory rebuild'"):
        Index(tmp_path / "memory", "openai").count()
    with small_run(tmp_path / "ledger.sqlite") as ledger:
        again = Index(tmp_path / "memory", "openai")
        assert again.rebuild(ledger) == 4
        again.close()


def test_a_missing_key_or_an_unwritable_path_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(IndexUnavailableError, match="OPENAI_API_KEY"):
        Index(tmp_path / "memory", "openai").count()
    (tmp_path / "file").touch()
    with pytest.raises(IndexUnavailableError, match="does not answer"):
        Index(tmp_path / "file" / "memory").count()
    with pytest.raises(IndexUnavailableError, match="does not answer"):
        Index("http://127.0.0.1:9").count()


def test_nothing_heavy_is_imported_before_the_index_is_used() -> None:
    code = "import sys; from memory.index import Index; Index('x'); print({'chromadb', 'openai'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout == "set()\n"
