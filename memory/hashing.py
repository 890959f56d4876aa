"""Text to a vector without a model, a download or a fit: signed feature hashing (Weinberger 2009) in numpy."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from zlib import crc32

import numpy as np

DIMENSIONS = 384
WORD = re.compile(r"[^\W_]+(?:[_=.][^\W_]+)*")  # identifiers and settings stay whole: kernel_size=3, nn.Conv1d
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")  # Conv1d -> Conv, 1, d
WEIGHTS = {"word": 1.0, "part": 0.5, "gram": 0.15}  # a word has one of itself and many n-grams


def embed(texts: Sequence[str], dimensions: int = DIMENSIONS) -> np.ndarray:
    """One unit vector a text, float32 of shape (texts, dimensions); the same on every machine and in every process."""
    vectors = np.zeros((len(texts), dimensions), dtype=np.float64)
    for row, text in enumerate(texts):
        for (kind, feature), times in Counter(features(text)).items():
            code = crc32(f"{kind}:{feature}".encode())
            sign = 1.0 if code & 0x80000000 else -1.0
            # a word said ten times is not ten times as telling
            vectors[row, (code & 0x7FFFFFFF) % dimensions] += sign * WEIGHTS[kind] * (1.0 + np.log(times))
        if not vectors[row].any():
            vectors[row, 0] = 1.0  # no words at all: such texts are near each other and nothing else
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def features(text: str) -> Iterator[tuple[str, str]]:
    """Words, the parts of compound words, and character n-grams of 3 to 5 within words, as (kind, feature)."""
    for word in WORD.findall(text):
        yield "word", word.lower()
        parts = PART.findall(word)
        if len(parts) > 1:
            yield from (("part", part.lower()) for part in parts)
        padded = f"<{word.lower()[:64]}>"
        for size in (3, 4, 5):
            yield from (("gram", padded[at : at + size]) for at in range(len(padded) - size + 1))
