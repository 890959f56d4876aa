"""Final candidates are trained anew by the real command: with seeds of their own, once, and the test split is opened once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from world import SMALL, evolve, summary_of, tiny_task

from graph.resolve import resolve
from graph.run import create
from memory.final import Final, as_html, explanation, mean, table
from memory.ledger import Ledger
from memory.seeds import fresh_seeds
from memory.verify import verify


def test_the_interval_is_that_of_students_t_and_there_is_none_of_one_training() -> None:
    values = [3.0, 4.0, 5.5]
    low, high = stats.t.interval(0.95, 2, np.mean(values), stats.sem(values))
    assert mean(values).half == pytest.approx((high - low) / 2)
    assert str(mean([3.0])) == "3"


def test_the_table_sets_the_fresh_mean_beside_the_score_that_chose_and_counts_failures() -> None:
    lucky = Final("g01-00", 3.0, (4.0, 5.0), (4.5, 5.5), ("nan",))
    broken = Final("g01-01", 2.0, (), (), ("crash", "crash"))
    _, first, second = table([lucky, broken], "val_error")
    assert first[0:2] == ["g01-00", "3"]
    assert first[3:] == ["+1.5", str(mean([4.5, 5.5])), "2 of 3 (nan)"]
    assert second == ["g01-01", "2", "–", "–", "–", "0 of 2 (crash, crash)"]
    assert "winner&#x27;s curse" in as_html([lucky], "val_error", 3)
    assert "3 more" in explanation(3)


@pytest.mark.slow
def test_the_front_is_trained_anew_once_and_the_test_split_opened_once(tmp_path: Path) -> None:
    folder = Path(os.environ["EVOLVE_RUNS"]) / "first"
    task = tiny_task(tmp_path)
    with (task / "task.toml").open("a") as file:  # with an objective that every training's audit measures
        file.write('\n[[objective]]\nname = "flops"\ngoal = "min"\nreference = 1e6\n')
    summary_of(evolve("run", str(task), "--name", "first", "--json", *SMALL, "--generations", "1"))
    shutil.copytree(folder, folder.with_name("plain"))
    done = summary_of(evolve("report", "first", "--retrain", "2", "--json"))
    with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
        assert verify(ledger) == []
        (opening,) = ledger.openings()
        fresh = [e for e in ledger.evaluations("done") if e.train_seed in fresh_seeds(1, 2)]
        meta = ledger.meta()
    assert opening.reason == "report of the front, 2 fresh training(s) each"
    assert set(opening.candidates) == {f["id"] for f in done["retrained"]} == {r["id"] for r in done["rows"]}
    assert len(fresh) == 2 * len(done["rows"])
    assert meta["retrain_seeds"] == fresh_seeds(1, 2)
    measured = {(e.candidate, e.train_seed): e.objectives for e in fresh}
    for one in done["retrained"]:
        mine = [measured[one["id"], seed] for seed in fresh_seeds(1, 2)]
        assert one["validation"] == [values["val_error"] for values in mine if values]
    assert "Trained anew" in (folder / "report" / "report.html").read_text()
    # asked for one more, only what is missing is trained
    more = evolve("report", "first", "--retrain", "3", "--json")
    assert more.stderr.count("trained ") == len(done["rows"])
    again = summary_of(more)["retrained"]
    for before, after in zip(done["retrained"], again, strict=True):
        assert after["validation"][:2] == before["validation"]
        assert after["test"][:2] == before["test"]
    # what the search measured and chose is as it was
    assert summary_of(evolve("report", "plain", "--json"))["rows"] == done["rows"]


def test_a_run_that_has_not_finished_is_not_trained_anew(tmp_path: Path) -> None:
    folder = Path(os.environ["EVOLVE_RUNS"]) / "begun"
    create(resolve(None, {"task": "mnist1d"}, {}), folder)
    done = evolve("report", "begun", "--retrain", "2")
    assert done.returncode == 1
    assert "evolve resume begun" in done.stderr
    with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
        assert ledger.openings() == []
