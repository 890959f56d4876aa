"""What stays of a training on the disk: a folder a candidate."""

from __future__ import annotations

from pathlib import Path

from agents.blame import of_candidate
from agents.scorer import Scorer
from memory.files import write_whole
from memory.records import Candidate
from memory.sealed import seal
from sandbox.contract import JobResult
from tasks import ScoreError

_ARRAYS = ("weights", "val_predictions", "test_predictions")


def keep(folder: Path, child: Candidate, result: JobResult, scorer: Scorer) -> str:
    """Program, log, weights and test predictions in the candidate's folder, each complete or not at all; the seal of the last."""
    home = folder / child.id
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


def adopt(folder: Path, twin: str, child: Candidate) -> None:
    """The files of an equal program's training, under this candidate's name too."""
    source, home = folder / twin, folder / child.id
    if twin == child.id or not source.exists():
        return
    for name in ("log.txt", *(f"{array}.safetensors" for array in _ARRAYS)):
        if (source / name).exists():
            write_whole(home / name, (source / name).read_bytes())
    for name, text in child.files.items():
        write_whole(home / name, text.encode("utf-8", "replace"))
