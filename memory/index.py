"""Which measured steps are alike: a Chroma index, derived from the ledger and never the truth.

Owned by the run's own process: two processes on one Chroma folder do not see each other's vectors. It may be
deleted at any time; `rebuild` makes it again. Chroma is imported when the index is first used.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from memory.connect import LedgerError
from memory.describe import describe
from memory.records import Evidence

if TYPE_CHECKING:
    from memory.ledger import Ledger

COLLECTION = "evidence"
BATCH = 1000
# HNSW's own search is approximate and depends on the order of insertion; a wide one, ranked again exactly, does not
WIDTH = 200


class IndexUnavailableError(LedgerError):
    """The index, or the server that embeds for it, does not answer; the ledger is unharmed."""


class EmbedderUnavailableError(IndexUnavailableError):
    """The server that embeds does not answer; what is indexed is sound."""


class Index:
    """Steps of one run in its own folder, of several runs behind an `http://` address, or in memory (None).

    Not shared between processes; a forked child must not touch it.
    """

    def __init__(self, where: Path | str | None, embedder: str = "hash", collection: str = COLLECTION) -> None:
        """`embedder` is `hash`, or `openai` (see `memory.embedders`). Nothing is opened yet."""
        remote = isinstance(where, str) and where.startswith(("http://", "https://"))
        self.where = where if where is None or remote else Path(where)
        self.embedder = embedder
        self._name = collection
        self._lock = threading.Lock()
        self._client: Any = None
        self._collection: Any = None
        self._embed: Any = None
        self._vectors: dict[str, np.ndarray] = {}  # of texts that were compared: a server is asked once for each

    def add(self, evidence: Sequence[Evidence], run: str, records: Sequence[str] = ()) -> None:
        """Add steps of a run; one that is there already is written over. Records are texts to keep beside them, one a step."""
        entries = [(f"{run}/{step.child}/{step.parent}", describe(step), _metadata(step, run)) for step in evidence]
        for (_, _, data), record in zip(entries, records, strict=False):
            data["record"] = record
        self.put(entries)

    def put(self, entries: Sequence[tuple[str, str, dict[str, Any]]]) -> None:
        """Write entries of key, text and data; what has the same key is written over."""
        collection = self._open()
        for start in range(0, len(entries), BATCH):
            keys, documents, data = map(list, zip(*entries[start : start + BATCH], strict=True))
            with self._trouble():
                collection.upsert(ids=keys, documents=documents, embeddings=self._embed(documents), metadatas=data)

    def keys(self) -> set[str]:
        """The key of every entry."""
        collection = self._open()
        with self._trouble():
            return set(collection.get(include=[])["ids"])

    def data(self, keys: Sequence[str] | None = None) -> dict[str, dict[str, Any]]:
        """The data of these entries, or of all, by key."""
        if keys is not None and not keys:
            return {}
        collection = self._open()
        with self._trouble():
            found = collection.get(ids=None if keys is None else list(keys), include=["metadatas"])
        return dict(zip(found["ids"], found["metadatas"], strict=True))

    def near(self, like: Evidence | str, k: int, where: dict[str, Any] | None = None) -> list[tuple[str, float]]:
        """The `k` children whose steps are most like a step or a text, nearest first, with cosine distance in [0, 2].

        Equals are sorted by id, so the answer depends on what is in the index, not on when it came. `where` is a
        Chroma filter over run, child, parent, generation, operator, segment, intent, persona and failure.
        """
        best: dict[str, float] = {}
        for key, distance in self.nearest(like, max(WIDTH, 10 * k) if k > 0 else 0, where):
            child = key.rsplit("/", 2)[1]
            best[child] = min(distance, best.get(child, 2.0))
        return sorted(best.items(), key=lambda pair: (pair[1], pair[0]))[:k]

    def nearest(self, like: Evidence | str, k: int, where: dict[str, Any] | None = None) -> list[tuple[str, float]]:
        """The `k` steps, each as RUN/CHILD/PARENT, most like a step or a text, nearest first; see `near`."""
        collection = self._open()
        with self._trouble():
            count = collection.count()
            width = min(count, max(WIDTH, k))
            if width == 0 or k < 1:
                return []
            (vector,) = self._embed([like if isinstance(like, str) else describe(like)])
            if width == count:  # all of them: the graph of neighbours may leave out some of many that are alike
                found = collection.get(where=where, include=["embeddings"])
                keys, vectors = found["ids"], found["embeddings"]
            else:
                near = collection.query(query_embeddings=[vector], n_results=width, where=where, include=["embeddings"])
                keys, vectors = near["ids"][0], near["embeddings"][0]
        if not len(keys):
            return []
        distances = _cosine(np.asarray(vectors), np.asarray(vector))
        return sorted(zip(keys, distances, strict=True), key=lambda pair: (pair[1], pair[0]))[:k]

    def similarity(self, one: str, other: str) -> float:
        """Cosine similarity of two texts, in [-1, 1]."""
        self._open()
        with self._trouble():
            for text in {one, other} - set(self._vectors):
                self._vectors[text] = np.asarray(self._embed([text])[0])
        return 1.0 - _cosine(self._vectors[one][None], self._vectors[other])[0]

    def count(self) -> int:
        """How many steps the index holds."""
        collection = self._open()
        with self._trouble():
            return int(collection.count())

    def rebuild(self, ledger: Ledger) -> int:
        """Make the ledger's part of the index again from the ledger; answers with how many steps it has."""
        run = str(ledger.meta().get("run", ""))
        if isinstance(self.where, Path):
            # from nothing, since the files may be what is broken
            self.close()
            shutil.rmtree(self.where, ignore_errors=True)
        else:
            collection = self._open()
            with self._trouble():
                collection.delete(where={"run": run})
        steps = ledger.evidence()
        self.add(steps, run)
        return len(steps)

    def close(self) -> None:
        """Let go of the files. Closing twice, or before anything was opened, is fine."""
        if self._client is not None:
            self._client.close()
            self._client = self._collection = None

    def _open(self) -> Any:
        with self._lock:
            if self._collection is None:
                with self._trouble():
                    self._client, self._collection, self._embed = self._connect()
            return self._collection

    def _connect(self) -> tuple[Any, Any, Any]:
        import chromadb
        from chromadb.config import Settings
        from chromadb.errors import ChromaError

        from memory.embedders import EMBEDDERS

        quiet = Settings(anonymized_telemetry=False)
        name = self._name
        client: Any
        if self.where is None:
            client = chromadb.EphemeralClient(quiet)
            name = f"{name}-{uuid.uuid4().hex}"  # all such clients of a process share one memory
        elif isinstance(self.where, Path):
            try:
                client = chromadb.PersistentClient(str(self.where.absolute()), quiet)
            except AttributeError:
                # chromadb 1.5 keeps the half-made client of an attempt that met torn files, and drops it by stumbling over it
                client = chromadb.PersistentClient(str(self.where.absolute()), quiet)
        else:
            address = urlsplit(self.where)
            https = address.scheme == "https"
            client = chromadb.HttpClient(
                address.hostname or "", address.port or (443 if https else 8000), ssl=https, settings=quiet
            )
        try:
            embed = EMBEDDERS[self.embedder]()
            if name not in (known.name for known in client.list_collections()):
                hnsw = {"space": "cosine", "ef_search": WIDTH}
                # another process may make it at the same time; if it is not there then, the next line says so
                with contextlib.suppress(ChromaError):
                    client.create_collection(name, configuration={"hnsw": hnsw, "embedding_function": embed})
            # without an embedder given the stored one comes back, whatever this version registers
            collection = client.get_collection(name, embedding_function=None)
            stored = collection.configuration_json["embedding_function"]
            if (stored.get("name"), stored.get("config")) != (embed.name(), embed.get_config()):
                raise IndexUnavailableError(
                    f"the index at {self.where} was made by {stored.get('name')}, the run says {embed.name()};"
                    " 'evolve memory rebuild' makes it again"
                )
        except BaseException:
            client.close()
            raise
        return client, collection, embed

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        """Make what Chroma and the embedding server raise one line of ours."""
        import httpx
        from chromadb.errors import ChromaError

        embedding: tuple[type[Exception], ...] = ()
        if self.embedder == "openai":
            from openai import OpenAIError

            embedding = (OpenAIError,)
        known: tuple[type[Exception], ...] = (ChromaError, httpx.HTTPError, ValueError, OSError, *embedding)
        try:
            yield
        except known as error:
            text = " ".join(str(error).split())[:300]
            kind = EmbedderUnavailableError if isinstance(error, embedding) else IndexUnavailableError
            raise kind(f"the index at {self.where or 'no path'} does not answer: {text}") from error


def _metadata(step: Evidence, run: str) -> dict[str, Any]:
    return {
        "run": run,
        "child": step.child,
        "parent": step.parent,
        "generation": step.generation,
        "operator": step.operator,
        "segment": step.segment or "",
        "intent": step.intent or "",
        "persona": step.persona or "",
        "failure": step.failure or "",
    }


def _cosine(vectors: np.ndarray, query: np.ndarray) -> list[float]:
    """Cosine distances of the rows to the query, in [0, 2], rounded so that rows which are equal come out equal."""
    rows, one = vectors.astype(np.float64), query.astype(np.float64)
    norms = np.linalg.norm(rows, axis=1) * np.linalg.norm(one)
    return [round(float(value), 6) for value in 1.0 - (rows @ one) / np.maximum(norms, 1e-12)]
