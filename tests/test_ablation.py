"""The ablation's numbers are what they say: checked against scipy and by hand, and read from real ledgers by the real command."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_world import small_run
from scipy import stats
from world import GUARD_S, ROOT, tiny_task

sys.path.insert(0, str(ROOT / "benchmarks"))

from ablation import ARMS, budget, chosen, pairs, prepared, settings
from ablation_report import _anytime, read
from ablation_retrained import Front, read_front, retrained_table
from ablation_tests import Paired, band, half_width, holm, least_p, paired, sign_flip_p

from graph.config import ConfigError, Search
from graph.pareto import hypervolume
from graph.run import RunError
from memory.final import Final, as_csv
from memory.ledger import Ledger
from memory.records import Candidate
from tasks import Objective

OBJECTIVES = (Objective("val_error", "%", "min", 90.0), Objective("params", "", "min", 20000.0))


def test_the_permutation_test_agrees_with_scipy_and_with_counting() -> None:
    seen = [0.3, 0.1, 0.25, -0.05, 0.4, 0.2]
    theirs = stats.permutation_test(
        (seen,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    assert sign_flip_p(seen) == pytest.approx(theirs.pvalue)
    assert sign_flip_p([1.0, 1.0, 1.0, 1.0, 1.0]) == 2 / 2**5 == least_p(5)
    assert sign_flip_p([0.0, 0.0]) == 1.0
    assert 0 < sign_flip_p(np.ones(20)) <= 0.001


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_holm_never_lowers_p_keeps_the_order_and_reaches_no_more_than_bonferroni(ps: list[float]) -> None:
    corrected = [t.corrected for t in holm([Paired((0.0,), p, None) for p in ps])]
    for p, c in zip(ps, corrected, strict=True):
        assert p <= c <= min(1.0, p * len(ps)) + 1e-12
    by_p = [c for _, c in sorted(zip(ps, corrected, strict=True))]
    assert by_p == sorted(by_p)


def test_holm_by_hand() -> None:
    tests = [Paired((0.0,), p, None) for p in (0.04, 0.01, 0.03)]
    assert [t.corrected for t in holm(tests)] == pytest.approx([0.06, 0.03, 0.06])


def test_a_comparison_is_paired_on_the_seeds_that_both_arms_have() -> None:
    found = paired({1: 0.5, 2: 0.7, 4: 9.0}, {1: 0.4, 2: 0.4, 3: 9.0})
    assert found.differences == pytest.approx((0.1, 0.3))
    assert found.effect == pytest.approx(0.2 / np.std([0.1, 0.3], ddof=1))
    assert paired({1: 1.0}, {1: 2.0}).effect is None


def test_intervals_agree_with_scipy_and_hold_the_mean() -> None:
    values = [1.0, 2.0, 4.0, 3.5]
    low, high = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert half_width(values) == pytest.approx((high - low) / 2)
    assert half_width([1.0]) is None
    curves = np.array([[0.1, 0.2], [0.3, 0.4], [0.2, 0.6]])
    below, above = band(curves)
    assert (below <= curves.mean(axis=0)).all()
    assert (curves.mean(axis=0) <= above).all()


def test_the_anytime_curve_counts_every_training_and_ends_with_the_volume_of_all() -> None:
    def one(id: str, error: float | None, params: float = 5000.0) -> Candidate:
        values = None if error is None else {"val_error": error, "params": params}
        return Candidate(id, 1, 0, "mutate", objectives=values, status="evaluated" if values else "failed")

    seed, better, failed, twin = one("seed", 45.0), one("a", 9.0), one("b", None), one("c", 9.0, 1000.0)
    curve = _anytime([seed, better, failed, twin], {"seed": 1, "a": 3, "b": 1}, OBJECTIVES)
    assert len(curve) == 5
    assert curve[0] == pytest.approx(0.5 * 0.75)
    assert curve[1:4] == pytest.approx((0.9 * 0.75,) * 3)
    assert curve[-1] == pytest.approx(hypervolume([seed, better, twin], OBJECTIVES))


@given(st.integers(1, 60), st.integers(1, 12))
def test_every_arm_has_exactly_the_budget(children: int, population: int) -> None:
    for arm in ARMS.values():
        config = settings(arm, {"task": "mnist1d"}, children, population)
        assert config.search.children == children
        assert config.sandbox.slots == 1
    assert Search(**{k.split(".")[1]: v for k, v in budget("", children, population).items()}).children == children


def test_arms_are_named_on_the_command_line_and_the_offline_arm_is_there_for_language_models_alone() -> None:
    said = argparse.Namespace(model=None, arms=None, arm=["few:search.eot=0.1,personas.critic=['plain','reviewer']"])
    arms = chosen(said, {})
    assert next(iter(arms)) == "full"
    assert "offline" not in arms
    assert arms["few"] == {"search.eot": "0.1", "personas.critic": "['plain','reviewer']"}
    assert "offline" in chosen(argparse.Namespace(model="m", arms=None, arm=[]), {})
    with pytest.raises(ConfigError, match="no-such"):
        chosen(argparse.Namespace(model=None, arms="full,no-such", arm=[]), {})
    with pytest.raises(ConfigError, match="key=value"):
        list(pairs("search.eot"))


def test_a_run_of_other_settings_is_refused_and_a_half_made_one_is_made_again(tmp_path: Path) -> None:
    config = settings({}, {"task": "mnist1d"}, 4, 2)
    folder = prepared("full", 1, config, {}, tmp_path)
    assert prepared("full", 1, config, {}, tmp_path) == folder
    with pytest.raises(RunError, match="something else than this run"):
        prepared("full", 1, settings({}, {"task": "mnist1d"}, 6, 2), {}, tmp_path)
    (folder / "ledger.sqlite").unlink()
    assert prepared("full", 1, config, {}, tmp_path) == folder
    with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
        assert ledger.meta()["arm"] == {"name": "full", "settings": {}}


@pytest.mark.slow
def test_a_study_is_run_once_and_reported_from_its_ledgers(tmp_path: Path) -> None:
    out = tmp_path / "study"
    command = [sys.executable, str(ROOT / "benchmarks" / "ablation.py"), "--out", str(out)]
    asked = ["--task", str(tiny_task(tmp_path)), "--seeds", "2", "--children", "2", "--arms", "full,sequential"]
    first = subprocess.run([*command, *asked], capture_output=True, text=True, check=False, timeout=GUARD_S)
    assert first.returncode == 0, first.stderr
    made = {p.name: p.read_bytes() for p in out.iterdir() if p.is_file()}
    assert set(made) == {"table.md", "runs.csv", "anytime.png", "anytime.svg"}
    assert "| sequential | 2 |" in first.stdout
    again = subprocess.run([*command, *asked], capture_output=True, text=True, check=False, timeout=GUARD_S)
    assert "done" not in again.stderr
    only = subprocess.run([*command, "--report-only"], capture_output=True, text=True, check=False, timeout=GUARD_S)
    assert first.stdout == again.stdout == only.stdout
    assert {p.name: p.read_bytes() for p in out.iterdir() if p.is_file()} == made
    seeds = []
    for arm in ("full", "sequential"):
        with Ledger.open(out / "runs" / f"{arm}-1" / "ledger.sqlite", read_only=True) as ledger:
            result = read(ledger)
            assert (result.arm, result.children) == (arm, 2)
            assert len(result.anytime) == result.trainings == len(ledger.evaluations("done"))
            seeds.append(ledger.known("seed").behaviour)
    assert seeds[0] == seeds[1]


def test_a_front_that_was_trained_anew_is_told_by_the_scores_that_chose_it_by_fresh_ones_and_by_the_test(
    tmp_path: Path,
) -> None:
    with small_run(tmp_path / "ledger.sqlite") as ledger:
        assert read_front(tmp_path, ledger) is None
        assert retrained_table({}) == []
        one, other = [c.id for c in ledger.candidates(status="evaluated") if c.operator != "seed"][:2]
        (tmp_path / "report").mkdir()
        finals = [
            Final("seed", 12.0, (14.0,), (13.0,), ()),
            Final(one, 4.5, (8.0, 10.0), (17.0, 19.0), ("nan",)),
            Final(other, 1.0, (), (), ("nan", "nan", "nan")),
        ]
        (tmp_path / "report" / "retrained.csv").write_text(as_csv(finals, "val_error"), newline="")
        found = read_front(tmp_path, ledger)
        params = ledger.known(one).objectives["params"]  # type: ignore[index]
    assert found is not None
    assert (found.size, found.leader) == (1, {"chosen": 4.5, "fresh": 9.0, "test": 18.0})  # who failed is left out
    for score, error in found.leader.items():
        assert found.volume[score] == pytest.approx((1 - error / 100) * (1 - params / 10000))
    worse = Front(found.seed, 2, {score: value - 0.1 for score, value in found.volume.items()}, found.leader)
    table = retrained_table({"full": [found], "other": [worse]})
    assert table[-1].startswith("| other | 1 | 2.0 |")
    assert table[-1].endswith("| -0.1000 |")
    assert table[-2].endswith("| – |")
