"""What stays of a training on the disk: a folder a candidate."""

from __future__ import annotations

from pathlib import Path

from agents.blame import of_candidate
from agents.scorer import Scorer
from memory.files import write_whole
from memory.records import Candidate, Evaluation
from memory.sealed import seal
from sandbox.contract import JobResult
from tasks import ScoreError

_TRAINED = ("log.txt", "weights.safetensors", "val_predictions.safetensors", "test_predictions.safetensors")


def keep(folder: Path, child: Candidate, result: JobResult, scorer: Scorer) -> str:
    """Program, log, weights and test predictions in the candidate's folder, each complete or not at all; the seal of the last.

    What is there of an earlier answer of its author, which failed in training, is no longer.
    """
    home = folder / child.id
    _clear(home)
    for name, text in child.files.items():
        write_whole(home / name, text.encode("utf-8", "replace"))
    write_whole(home / "log.txt", result.log.encode("utf-8", "replace"))
    try:
        files = of_candidate(scorer.files)
    except ScoreError:  # what is not there is missed by its audit
        files = {}
    for name, body in files.items():
        write_whole(home / f"{name}.safetensors", body)
    return seal(files["test_predictions"]) if "test_predictions" in files else ""


def adopt(folder: Path, known: Evaluation, child: Candidate) -> None:
    """The files of an equal program's training, under this candidate's name too.

    Of one that failed there are none: its candidate may have been mended since, and its files are then another program's.
    """
    source, home = folder / known.candidate, folder / child.id
    if (known.candidate, known.attempt) == (child.id, child.repairs):
        return
    _clear(home)
    for name in _TRAINED:
        if known.failure is None and (source / name).exists():
            write_whole(home / name, (source / name).read_bytes())
    for name, text in child.files.items():
        write_whole(home / name, text.encode("utf-8", "replace"))


def _clear(home: Path) -> None:
    for name in _TRAINED:
        (home / name).unlink(missing_ok=True)
