"""Text to a vector without a model, a download or a fit: signed feature hashing (Weinberger 2009) in numpy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np

DIMENSIONS = 384
WORD = re.compile(r"[^\W_]+(?:[_=.][^\W_]+)*")  # identifiers and settings stay whole: kernel_size=3, nn.Conv1d
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")  # Conv1d -> Conv, 1, d
LONG = 64  # characters of a word whose features are worth keeping
WEIGHTS = {"word": 1.0, "part": 0.5, "gram": 0.15}  # a word has one of itself and many n-grams


def embed(texts: Sequence[str], dimensions: int = DIMENSIONS) -> np.ndarray:
    """One unit vector a text, float32 of shape (texts, dimensions); the same on every machine and in every process."""
    vectors = np.zeros((len(texts), dimensions), dtype=np.float64)
    for row, text in enumerate(texts):
        times: dict[tuple[int, float], int] = {}
        for word in WORD.findall(text):
            for feature in _features(word) if len(word) <= LONG else _features.__wrapped__(word):
                times[feature] = times.get(feature, 0) + 1
        if times:
            codes = np.array([code for code, _ in times], dtype=np.int64)
            signs = np.where(codes & 0x80000000, 1.0, -1.0)
            weights = np.array([weight for _, weight in times])
            # a word said ten times is not ten times as telling
            values = signs * weights * (1.0 + np.log(np.fromiter(times.values(), dtype=np.float64, count=len(times))))
            np.add.at(vectors[row], (codes & 0x7FFFFFFF) % dimensions, values)
        if not vectors[row].any():
            vectors[row, 0] = 1.0  # no words at all: such texts are near each other and nothing else
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@lru_cache(maxsize=8192)  # descriptions of steps are made of few words
def _features(word: str) -> tuple[tuple[int, float], ...]:
    """The word, the parts of a compound one, and its character n-grams of 3 to 5, each as hash code and weight."""
    found = [("word", word.lower())]
    parts = PART.findall(word)
    if len(parts) > 1:
        found += [("part", part.lower()) for part in parts]
    padded = f"<{word.lower()[:64]}>"
    found += [("gram", padded[at : at + size]) for size in (3, 4, 5) for at in range(len(padded) - size + 1)]
    return tuple((crc32(f"{kind}:{feature}".encode()), WEIGHTS[kind]) for kind, feature in found)
