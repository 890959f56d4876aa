"""What turns texts into unit vectors. Nothing heavy is imported before an embedder is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from memory.connect import LedgerError
from memory.hashing import DIMENSIONS, embed

OPENAI_MODEL = "text-embedding-3-small"


class EmbedderUnavailableError(LedgerError):
    """The embedder is not installed, has no key, or its server does not answer; what is remembered is sound."""


class Embedder(Protocol):
    """Same text, same vector: whatever else is asked for with it, in every process."""

    name: str  # as it is stored beside the vectors
    config: dict[str, Any]  # what else tells its vectors from those of another one

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """One unit vector a text, float32 of shape (texts, dimensions). Raises EmbedderUnavailableError."""
        ...


class HashEmbedder:
    """Hashed words, identifiers and character n-grams: works offline, finds what shares words."""

    name = "guided-evolution-hash"

    def __init__(self) -> None:
        self.config = {"dimensions": DIMENSIONS}

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        return embed(texts)


class OpenAIEmbedder:
    """Embeddings of an OpenAI-compatible server; address and key from OPENAI_BASE_URL and OPENAI_API_KEY."""

    name = "guided-evolution-openai"

    def __init__(self) -> None:
        from langchain_openai import OpenAIEmbeddings
        from openai import OpenAIError

        self.config = {"model": OPENAI_MODEL}
        try:
            # its length check would fetch a tokeniser file from the network
            self._client = OpenAIEmbeddings(model=OPENAI_MODEL, check_embedding_ctx_length=False, request_timeout=60)
        except OpenAIError as error:
            raise EmbedderUnavailableError(f"the embedder 'openai' cannot be used: {_line(error)}") from error

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        from openai import OpenAIError

        try:
            return unit(np.asarray(self._client.embed_documents(list(texts)), dtype=np.float32))
        except (OpenAIError, ValueError, TypeError) as error:  # an answer of another form is no answer
            raise EmbedderUnavailableError(f"the embedding server does not answer: {_line(error)}") from error


def _minilm() -> Embedder:
    from memory.minilm import MiniLM

    return MiniLM()


EMBEDDERS: dict[str, Callable[[], Embedder]] = {"hash": HashEmbedder, "minilm": _minilm, "openai": OpenAIEmbedder}


def make_embedder(name: str) -> Embedder:
    """The embedder of this name, ready. Raises EmbedderUnavailableError with what is missing."""
    return EMBEDDERS[name]()


def unit(vectors: np.ndarray) -> np.ndarray:
    """The rows at length one; a row without direction becomes the first axis."""
    rows = np.where(np.isfinite(vectors), vectors, 0.0).astype(np.float64)
    rows[~rows.any(axis=1), 0] = 1.0
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
