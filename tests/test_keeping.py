"""The folder of a candidate holds the files of the program that it ended with, and of no other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from memory_world import child, evaluation

from agents.keeping import adopt, keep
from agents.scorer import Scorer
from sandbox.contract import Frame, JobResult
from tasks import Data, load_task

DATA = Data(Path(), Path(), {"val": np.arange(6) % 3, "test": np.arange(6) % 3}, "")


def trained(folder: Path, name: str, log: str, *arrays: str, repairs: int = 0) -> None:
    scorer = Scorer(load_task("mnist1d"), DATA)
    scores = np.eye(3, dtype="f4")[DATA.labels["val"]]
    if "weights" in arrays:
        scorer(Frame("weights", {}, {"w": scores}))
    for split in {"val", "test"} & set(arrays):
        scorer(Frame("predict", {"split": split, "step": 1}, {"scores": scores}))
    one = child(1, 0, id=name, files={"program.py": log}, repairs=repairs)
    keep(folder, one, JobResult(None, "", log, (), 0.0, 0.0, 0.0), scorer)


def files(folder: Path) -> dict[str, str]:
    return {
        path.name: path.read_text() if path.suffix != ".safetensors" else "arrays" for path in sorted(folder.iterdir())
    }


def test_what_a_failed_training_left_is_not_taken_for_the_mended_ones(tmp_path: Path) -> None:
    trained(tmp_path, "a", "failed", "weights", "val")
    assert set(files(tmp_path / "a")) == {"log.txt", "program.py", "weights.safetensors", "val_predictions.safetensors"}
    trained(tmp_path, "a", "mended", "test", repairs=1)
    assert files(tmp_path / "a") == {
        "log.txt": "mended",
        "program.py": "mended",
        "test_predictions.safetensors": "arrays",
    }


def test_of_a_twin_that_failed_no_files_are_taken_since_it_may_have_been_mended(tmp_path: Path) -> None:
    trained(tmp_path, "a", "mended since", "weights", "val", "test", repairs=1)
    trained(tmp_path, "b", "an earlier answer", "val")
    twin = child(1, 1, id="b", files={"program.py": "as the first answer of a"}, repairs=1)
    adopt(tmp_path, evaluation(child(1, 0, id="a"), failure="nan", objectives=None), twin)
    assert files(tmp_path / "b") == {"program.py": "as the first answer of a"}


def test_the_files_of_an_equal_program_are_its_twins_too(tmp_path: Path) -> None:
    trained(tmp_path, "a", "good", "weights", "val", "test")
    known = evaluation(child(1, 0, id="a"))
    for _ in range(2):  # the second as after a stop
        adopt(tmp_path, known, child(1, 1, id="b", files={"program.py": "good"}))
    adopt(tmp_path, known, child(1, 0, id="a"))
    assert files(tmp_path / "b") == files(tmp_path / "a")
