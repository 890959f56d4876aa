"""A score on fresh examples is told with its interval, and numbers that honest programs hardly reach are pointed out."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_world import child, close, record, seed
from safetensors.numpy import save_file
from scipy import stats
from typer.testing import CliRunner

from cli import app
from graph.resolve import resolve
from graph.run import create
from memory.fresh import Facts, binomial_tail, by_candidate, facts_of, fresh_score, implausible
from memory.ledger import Ledger
from memory.records import Audit
from tasks import Data, load_task

MNIST = Facts("error_percent", 500, 10, 90.0)


def audit(measured: dict[str, float], candidate: str = "g01-00") -> Audit:
    return Audit(f"key-{candidate}-{len(measured)}", candidate, measured=measured)


# ---- the interval


@given(st.integers(1, 20_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_error_rate_has_the_interval_of_wilson(case: tuple[int, int]) -> None:
    wrong, n = case
    found = fresh_score("error_percent", {"fresh": 100 * wrong / n, "fresh_n": n})
    low, high = stats.binomtest(wrong, n).proportion_ci(0.95, "wilson")
    assert found is not None
    assert (found.low, found.high) == pytest.approx((100 * low, 100 * high), abs=1e-6)
    assert found.n == n


def test_a_mean_has_its_standard_error_to_either_side_and_no_interval_without() -> None:
    measured = {"fresh": 0.5, "fresh_n": 4000.0, "fresh_se": 0.1}
    found = fresh_score("mse", measured)
    assert found is not None
    assert (found.value, found.low, found.high, found.n) == pytest.approx((0.5, 0.304, 0.696, 4000), abs=1e-3)
    assert fresh_score("mse", {**measured, "fresh_se": 1.0}).low == 0  # type: ignore[union-attr]
    assert str(fresh_score("mse", {"fresh": 0.5, "fresh_n": 10.0})) == "0.5"
    assert fresh_score("mse", {"flops": 3.0}) is None


def test_of_several_audits_counts_the_first_that_drew_fresh_examples() -> None:
    plain, first, second = (
        audit(one) for one in ({"flops": 1.0}, {"fresh": 5.0, "fresh_n": 10.0}, {"fresh": 9.0, "flops": 1.0, "x": 0.0})
    )
    assert by_candidate([plain, first, second]) == {"g01-00": first}
    assert by_candidate([plain]) == {"g01-00": plain}


# ---- what is hard to believe


@given(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0, 1))
def test_the_tail_is_that_of_the_binomial(case: tuple[int, int], share: float) -> None:
    assert binomial_tail(*case, share) == pytest.approx(stats.binom.cdf(*case, share), rel=1e-6, abs=1e-300)


@pytest.mark.parametrize(
    ("objectives", "measured", "facts", "says"),
    [
        ({"val_error": 0.0, "params": 5000.0}, {}, MNIST, ["val_error is 0 on 500 examples"]),
        ({"val_error": 0.0}, {}, Facts(), ["val_error is 0"]),
        ({"val_error": 5.0, "params": 9.0}, {}, MNIST, ["9 parameters for 10 outputs"]),
        (
            {"val_error": 2.0, "params": 5000.0},
            {"fresh": 60.0, "fresh_n": 10_000.0},
            MNIST,
            ["val_error 2 is 60.00 (59.04 to 60.96) on 10,000 fresh examples (by chance: less than 1e-12)"],
        ),
        ({"val_error": 7.0}, {"untrained": 40.0}, MNIST, ["val_error 40 before any training, where guessing gives 90"]),
        (
            {"loss": 0.1},
            {"fresh": 0.9, "fresh_n": 2000.0, "fresh_se": 0.02},
            Facts("mse", 500, 1, 1.0),
            ["loss 0.1 is 0.900 (0.861 to 0.939) on 2,000 fresh examples (by chance: less than 1e-12)"],
        ),
        # honest: what the seed and lucky children of mnist1d have
        ({"val_error": 7.4, "params": 5210.0}, {"fresh": 7.9, "fresh_n": 10_000.0, "untrained": 90.2}, MNIST, []),
        ({"val_error": 4.8, "params": 10.0}, {"fresh": 6.8, "fresh_n": 10_000.0, "untrained": 82.0}, MNIST, []),
        ({"loss": 0.5}, {"fresh": 0.52, "fresh_n": 2000.0, "fresh_se": 0.02}, Facts("mse", 500, 1, 1.0), []),
        ({"val_error": 2.0, "params": 1.0}, {"fresh": 60.0, "fresh_n": 10_000.0, "untrained": 1.0}, Facts(), []),
        ({}, {"fresh": 60.0, "fresh_n": 10_000.0}, MNIST, []),
    ],
)
def test_implausible_numbers_are_told_and_honest_ones_are_not(
    objectives: dict[str, float], measured: dict[str, float], facts: Facts, says: list[str]
) -> None:
    assert implausible(child(1, 0, objectives=objectives), audit(measured), facts) == says


@given(st.floats(0.5, 50), st.integers(0, 2**32 - 1))
def test_of_a_thousand_honest_programs_about_one_is_doubted(error: float, number: int) -> None:
    rng = np.random.default_rng(number)
    wrong = rng.binomial(500, error / 100, 2000)
    fresh = {"fresh": error, "fresh_n": 10_000.0}
    odds = [binomial_tail(int(k), 500, error / 100) < 1e-3 for k in np.unique(wrong)]
    doubted = sum(int((wrong == k).sum()) for k, one in zip(np.unique(wrong), odds, strict=True) if one)
    assert doubted <= 12
    assert implausible(child(1, 0, objectives={"val_error": error}), audit(fresh), MNIST) == []


def test_the_facts_are_those_of_the_validation_labels(tmp_path: Path) -> None:
    task = load_task("mnist1d")
    labels = {"val": np.array([0, 1, 1, 3])}
    assert facts_of(task, Data(tmp_path, tmp_path, labels, "")) == Facts("error_percent", 4, 4, 50.0)


# ---- where it is shown


@pytest.fixture
def run() -> Path:
    """A run of mnist1d with the seed, whose audit drew fresh examples, and a child whose numbers nobody should believe."""
    folder = Path(os.environ["EVOLVE_RUNS"]) / "r1"
    create(resolve(None, {"task": "mnist1d", "search.reruns": 0}, {}), folder)
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        root = record(ledger, seed(objectives={"val_error": 11.0, "params": 5210.0}))
        record(ledger, child(1, 0, objectives={"val_error": 0.0, "params": 9.0}), root)
        close(ledger, 0, ("seed",), ("seed",))
        close(ledger, 1, ("seed", "g01-00"), ("g01-00",))
        ledger.put_audit(audit({"fresh": 11.5, "fresh_n": 10_000.0}, "seed"))
        for name in ("seed", "g01-00"):
            (folder / "candidates" / name).mkdir(parents=True)
            place = folder / "candidates" / name / "test_predictions.safetensors"
            save_file({"scores": np.eye(10, dtype=np.float32)[np.zeros(1000, int)]}, place)
    return folder


def test_the_report_shows_the_fresh_score_with_its_interval_everywhere(run: Path) -> None:
    shown = CliRunner().invoke(app, ["report", "r1"])
    assert shown.exit_code == 0, shown.stderr
    first, second = shown.stdout.splitlines()[1:]
    assert first.split(maxsplit=5)[5] == "11.50 (10.89 to 12.14)"
    assert second.split()[-1] == "–"
    assert "g01-00 is hard to believe: val_error is 0 on 500 examples; 9 parameters for 10 outputs" in shown.stderr
    rows = json.loads(CliRunner().invoke(app, ["report", "r1", "--json"]).stdout)["rows"]
    expected = fresh_score("error_percent", {"fresh": 11.5, "fresh_n": 10_000})
    assert expected is not None
    assert [row["fresh"] for row in rows] == [asdict(expected), None]
    assert [len(row["doubts"]) for row in rows] == [0, 2]
    with (run / "report" / "front.csv").open() as file:
        kept = list(csv.DictReader(file))
    assert [row["fresh_error_percent"] for row in kept] == ["11.5", ""]
    assert [row["fresh_n"] for row in kept] == ["10000", ""]
    page = (run / "report" / "report.html").read_text()
    assert "<td>11.50 (10.89 to 12.14)</td>" in page
    assert "g01-00: val_error is 0 on 500 examples" in page


def test_the_front_points_out_what_is_hard_to_believe(run: Path) -> None:
    shown = CliRunner().invoke(app, ["front", "r1"])
    assert "g01-00 is hard to believe: val_error is 0" in shown.stderr
    with Ledger.open(run / "ledger.sqlite") as ledger:
        ledger.set_meta("facts", asdict(MNIST))
    (found,) = json.loads(CliRunner().invoke(app, ["front", "r1", "--json"]).stdout)["front"]
    assert found["doubts"] == ["val_error is 0 on 500 examples", "9 parameters for 10 outputs"]
