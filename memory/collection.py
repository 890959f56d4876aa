"""Collections of Chroma: the embedders under the names that are stored with them, and a collection on a server.

Imports chromadb, which takes 0.6 s: whoever needs this imports it when it is needed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import chromadb
import httpx
import numpy as np
from chromadb.api.types import Documents, EmbeddingFunction, Space
from chromadb.config import Settings
from chromadb.errors import ChromaError
from chromadb.utils.embedding_functions import register_embedding_function

from memory.connect import LedgerError
from memory.embedders import Embedder, make_embedder

BATCH = 1000


def quiet() -> Settings:
    """Settings of a client that tells nobody anything; each has its own, since a client writes its address into them."""
    return Settings(anonymized_telemetry=False)


# HNSW's own search is approximate and depends on the order of insertion; a wide one, ranked again exactly, does not
WIDTH = 200


class IndexUnavailableError(LedgerError):
    """The server, or what embeds for it, does not answer; the ledger is unharmed."""


class _Function(EmbeddingFunction[Documents]):
    """One of our embedders in the form that Chroma stores with a collection and makes again from there."""

    short = ""

    def __init__(self, config: dict[str, Any] | None = None) -> None:
        self._config = config
        self._embed: Embedder | None = None

    def __call__(self, input: Documents) -> list[np.ndarray]:
        self._embed = self._embed or make_embedder(self.short)
        return list(self._embed(list(input)))

    @classmethod
    def name(cls) -> str:
        return f"guided-evolution-{cls.short}"

    def get_config(self) -> dict[str, Any]:
        return self._config if self._config is not None else make_embedder(self.short).config

    @classmethod
    def build_from_config(cls, config: dict[str, Any]) -> _Function:
        return cls(config)

    def default_space(self) -> Space:
        return "cosine"


@register_embedding_function
class HashFunction(_Function):
    short = "hash"


@register_embedding_function
class MiniLMFunction(_Function):
    short = "minilm"


@register_embedding_function
class OpenAIFunction(_Function):
    short = "openai"


FUNCTIONS: dict[str, type[_Function]] = {one.name(): one for one in (HashFunction, MiniLMFunction, OpenAIFunction)}


class Collection:
    """Entries of key, text and data on a Chroma server, which several runs and machines may use at once."""

    def __init__(self, url: str, embedder: str, name: str) -> None:
        """Nothing is opened yet. Every method may raise LedgerError."""
        self._url, self._embedder, self._name = url, embedder, name
        self._client: Any = None
        self._collection: Any = None
        self._embed: Any = None

    def put(self, entries: Sequence[tuple[str, str, dict[str, Any]]]) -> None:
        """Write entries; what has the same key is written over."""
        collection = self._open()
        for start in range(0, len(entries), BATCH):
            keys, documents, data = map(list, zip(*entries[start : start + BATCH], strict=True))
            vectors = self._embed(documents)
            with self._trouble():
                collection.upsert(ids=keys, documents=documents, embeddings=vectors, metadatas=data)

    def data(self, keys: Sequence[str] | None = None) -> dict[str, dict[str, Any]]:
        """The data of these entries, or of all, by key."""
        if keys is not None and not keys:
            return {}
        collection = self._open()
        with self._trouble():
            found = collection.get(ids=None if keys is None else list(keys), include=["metadatas"])
        return dict(zip(found["ids"], found["metadatas"], strict=True))

    def nearest(self, text: str, k: int, where: dict[str, Any] | None = None) -> list[tuple[str, float]]:
        """The `k` entries most like a text, nearest first, with cosine distance; `where` is a Chroma filter over the data."""
        collection = self._open()
        with self._trouble():
            count = collection.count()
            width = min(count, max(WIDTH, k))
            if width == 0 or k < 1:
                return []
            (vector,) = self._embed([text])
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

    def count(self) -> int:
        """How many entries there are."""
        collection = self._open()
        with self._trouble():
            return int(collection.count())

    def close(self) -> None:
        """Let go of the connection. Closing twice, or before anything was opened, is fine."""
        if self._client is not None:
            self._client.close()
            self._client = self._collection = None

    def _open(self) -> Any:
        if self._collection is None:
            with self._trouble():
                self._client, self._collection, self._embed = self._connect()
        return self._collection

    def _connect(self) -> tuple[Any, Any, Any]:
        address = urlsplit(self._url)
        https = address.scheme == "https"
        port = address.port or (443 if https else 8000)
        embed = FUNCTIONS[f"guided-evolution-{self._embedder}"](make_embedder(self._embedder).config)
        client: Any = chromadb.HttpClient(address.hostname or "", port, ssl=https, settings=quiet())
        try:
            if self._name not in (known.name for known in client.list_collections()):
                hnsw = {"space": "cosine", "ef_search": WIDTH}
                # another process may make it at the same time; if it is not there then, the next line says so
                with contextlib.suppress(ChromaError):
                    client.create_collection(self._name, configuration={"hnsw": hnsw, "embedding_function": embed})
            # without an embedder given the stored one comes back, whatever this version registers
            collection = client.get_collection(self._name, embedding_function=None)
            stored = collection.configuration_json["embedding_function"]
            if (stored.get("name"), stored.get("config")) != (embed.name(), embed.get_config()):
                raise IndexUnavailableError(
                    f"the shared memory at {self._url} was made by {stored.get('name')}, the run says {embed.name()}"
                )
        except BaseException:
            client.close()
            raise
        return client, collection, embed

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        """Make what Chroma raises one line of ours."""
        try:
            yield
        except (ChromaError, httpx.HTTPError, ValueError, OSError) as error:
            text = " ".join(str(error).split())[:300]
            raise IndexUnavailableError(f"the shared memory at {self._url} does not answer: {text}") from error


def _cosine(vectors: np.ndarray, query: np.ndarray) -> list[float]:
    """Cosine distances of the rows to the query, in [0, 2], rounded so that rows which are equal come out equal."""
    rows, one = vectors.astype(np.float64), query.astype(np.float64)
    norms = np.linalg.norm(rows, axis=1) * np.linalg.norm(one)
    return [round(float(value), 6) for value in 1.0 - (rows @ one) / np.maximum(norms, 1e-12)]
