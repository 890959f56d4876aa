"""Whatever a candidate sends, what the host makes of it is a number or that candidate's failure, and never an error of ours."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from agents.blame import of_candidate
from agents.bounds import frame_bounds
from agents.scorer import Scorer
from sandbox.contract import Frame, Limits
from tasks import Data, ScoreError, load_task

TASK = load_task(Path(__file__).parent.parent / "tasks" / "mnist1d")
DATA = Data(Path(), Path(), {"val": np.arange(6) % 3, "test": np.arange(6) % 3}, "")
ODD: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.lists(st.none(), max_size=2)
)
META = st.fixed_dictionaries(
    {},
    optional={
        "split": st.sampled_from(["val", "test"]) | ODD,
        "step": ODD | st.just(10**400),
        "train_loss": ODD | st.just(-(10**400)),
    },
)
KINDS = st.sampled_from(["f4", "f8", "f2", "i8", "u8", "u1", "?"]).map(np.dtype)
ARRAY = arrays_of.arrays(
    KINDS, st.just((6, 3)) | arrays_of.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=6)
)
FRAME = st.builds(
    Frame, st.sampled_from(["predict", "weights", "other"]), META,
    st.dictionaries(st.sampled_from(["scores", "running_mean", "w", ""]), ARRAY, max_size=3),
)  # fmt: skip


@given(st.lists(FRAME, max_size=5))
def test_no_frames_are_more_than_a_candidates_failure(frames: list[Frame]) -> None:
    scorer = Scorer(TASK, DATA)
    with np.errstate(all="ignore"):
        for frame in frames:
            if not scorer(frame):
                assert scorer.failure
        found: dict[str, float] = {}
        with contextlib.suppress(ScoreError):
            found = of_candidate(scorer.objectives)
        assert found.keys() in (set(), {"val_error", "params"})
        assert all(map(np.isfinite, found.values()))
        of_candidate(scorer.files)


@given(ODD | st.just(10**400))
def test_a_training_loss_is_kept_where_it_is_a_number_and_changes_no_score(told: Any) -> None:
    scorer = Scorer(TASK, DATA)
    meta = {"split": "val", "step": 5}
    for said in (meta, {**meta, "train_loss": told}):
        assert scorer(Frame("predict", said, {"scores": np.eye(3)[[0, 1, 2, 0, 1, 2]]}))
    plain, hinted = scorer.curve
    loss = hinted.pop("train_loss", None)
    assert hinted == plain == {"step": 5.0, "score": 0.0}
    assert loss is None or (np.isfinite(loss) and loss == float(told))
    assert loss is not None or type(told) not in (int, float) or not abs(told) < 1e300


def test_an_error_that_nobody_thought_of_is_told_to_the_author() -> None:
    def work(given: object) -> None:
        raise RecursionError(f"too deep for {given}\n" * 1000)

    with pytest.raises(ScoreError, match="RecursionError: too deep for this") as caught:
        of_candidate(work, "this")
    assert len(str(caught.value)) < 400


class Shape(NamedTuple):
    """A task's data, as far as bounds look at it."""

    metric: str
    labels: tuple[int, ...]
    outputs: int  # numbers that a program gives for each example


@pytest.mark.parametrize("shape", [Shape("error_percent", (50,), 10), Shape("mse", (50,), 1), Shape("mse", (50, 7), 7)])
def test_predictions_as_a_task_wants_them_fit_and_many_more_do_not(tmp_path: Path, shape: Shape) -> None:
    labels = np.arange(np.prod(shape.labels)).reshape(shape.labels) % 10
    np.save(tmp_path / "train_y.npy", labels)
    task = replace(TASK, metric=shape.metric)
    data = Data(tmp_path, tmp_path, {"val": labels, "test": labels[:9]}, "")
    (predict, *_) = frame_bounds(task, data, {"steps": 1000, "every": 100}, Limits())["train"]
    needed = 50 * shape.outputs * 4
    assert (predict.kind, predict.frames >= 11) == ("predict", True)
    assert needed <= predict.array_bytes <= 2 * needed
