"""Test predictions as they were sealed when their training ended, or one line on why they are not."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from memory.records import Candidate, Evaluation
from tasks import Data, ScoreError, Task

if TYPE_CHECKING:
    import numpy as np

NAME = "test_predictions.safetensors"


class SealedError(Exception):
    """Predictions of a run's folder cannot be scored: the file and the cure."""


def seal(content: bytes) -> str:
    """What the ledger keeps of a file, so that another one is told from it."""
    return hashlib.sha256(content).hexdigest()


def read_sealed(folder: Path, candidate: Candidate, training: Evaluation | None, task: Task, data: Data) -> np.ndarray:
    """The test predictions of this training in its candidate's folder, fit to be scored; nothing is told of the score.

    Raises SealedError: the file is missing, torn, not the one that the training left, or not of this test split.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    path = folder / candidate.id / NAME
    cure = "put it back from a copy of the run, or train everything again with 'evolve replay'"
    try:
        content = path.read_bytes()
    except OSError as e:
        raise SealedError(f"{path}: the sealed predictions cannot be read ({e.strerror}); {cure}") from e
    if training is not None and training.sealed and seal(content) != training.sealed:
        raise SealedError(f"{path}: these are not the predictions that the training sealed; {cure}")
    try:
        scores = load(content)["scores"]
        task.score(scores, data.labels["test"])  # only that it can be
    except (SafetensorError, KeyError, ScoreError) as e:
        raise SealedError(
            f"{path}: expected predictions of the {len(data.labels['test']):,} test examples: {e}; {cure}"
        ) from e
    return scores
