"""The embedders that Chroma stores with a collection. Imports chromadb: only the index imports this, when it opens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from chromadb.api.types import Documents, EmbeddingFunction, Space
from chromadb.utils.embedding_functions import register_embedding_function

from memory.hashing import DIMENSIONS, embed

OPENAI_MODEL = "text-embedding-3-small"


@register_embedding_function
class HashEmbedder(EmbeddingFunction[Documents]):
    """Hashed words, identifiers and character n-grams: works offline, finds what shares words."""

    def __init__(self, dimensions: int = DIMENSIONS) -> None:
        self.dimensions = dimensions

    def __call__(self, input: Documents) -> list[np.ndarray]:
        return list(embed(list(input), self.dimensions))

    @staticmethod
    def name() -> str:
        return "guided-evolution-hash"

    def get_config(self) -> dict[str, Any]:
        return {"dimensions": self.dimensions}

    @staticmethod
    def build_from_config(config: dict[str, Any]) -> HashEmbedder:
        return HashEmbedder(int(config["dimensions"]))

    def default_space(self) -> Space:
        return "cosine"


@register_embedding_function
class OpenAIEmbedder(EmbeddingFunction[Documents]):
    """Embeddings of an OpenAI-compatible server; address and key from OPENAI_BASE_URL and OPENAI_API_KEY."""

    def __init__(self, model: str = OPENAI_MODEL) -> None:
        from langchain_openai import OpenAIEmbeddings

        self.model = model
        # its length check would fetch a tokeniser file from the network
        self._client = OpenAIEmbeddings(model=model, check_embedding_ctx_length=False)

    def __call__(self, input: Documents) -> list[np.ndarray]:
        return [np.asarray(vector, dtype=np.float32) for vector in self._client.embed_documents(list(input))]

    @staticmethod
    def name() -> str:
        return "guided-evolution-openai"

    def get_config(self) -> dict[str, Any]:
        return {"model": self.model}

    @staticmethod
    def build_from_config(config: dict[str, Any]) -> OpenAIEmbedder:
        return OpenAIEmbedder(str(config["model"]))

    def default_space(self) -> Space:
        return "cosine"


EMBEDDERS: dict[str, Callable[[], Any]] = {"hash": HashEmbedder, "openai": OpenAIEmbedder}
