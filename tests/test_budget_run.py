"""Runs that end by what they may spend, by the real command: each within its bound, each gone on with, each repeated by its replay."""

from __future__ import annotations

import pytest
from endpoint import Endpoint
from world import differences, evolve, ledger_of, problems, runs, summary_of

from commands.run import PAPER

TABLE = ("nk", "--json", "--set", "search.eot=0.25")
AHEAD = ("--set", "search.overlap=6")


@pytest.mark.parametrize("overlap", [(), AHEAD], ids=["a barrier", "overlap"])
def test_a_run_ends_with_the_evaluations_it_may_make_and_goes_on_when_more_are_given(overlap: tuple[str, ...]) -> None:
    first = summary_of(evolve("run", *TABLE, "--name", "r", *overlap, "--max-evaluations", "45"))
    assert 40 <= first["evaluations"] <= 45
    assert first["children"] > 26  # two generations of the default size: generations bound nothing here
    assert problems("r") == []
    more = summary_of(evolve("resume", "r", "--max-evaluations", "70", "--json"))
    assert 65 <= more["evaluations"] <= 70
    assert problems("r") == []
    again = summary_of(evolve("replay", "r", "--json"))
    assert (again["evaluations"], again["front"]) == (more["evaluations"], more["front"])
    assert differences(runs() / "r", runs() / "r-replay") == []


def test_a_finished_run_goes_on_with_more_generations_as_if_it_had_been_asked_for_them_at_once() -> None:
    settings = ("--set", "search.refine=0")
    summary_of(evolve("run", *TABLE, "--name", "r", "--generations", "2", *settings))
    done = summary_of(evolve("resume", "r", "--generations", "4", "--json"))
    assert done["children"] == 16 + 3 * 10
    with ledger_of("r") as ledger:
        assert [e.kind for e in ledger.events() if e.kind in ("finished", "extended")] == [
            "finished", "extended", "finished",
        ]  # fmt: skip
    assert problems("r") == []


def test_a_run_ends_when_an_elite_is_as_wished() -> None:
    done = summary_of(evolve("run", *TABLE, "--name", "r", "--until", "val_loss < 0.52 and cost < 12"))
    assert done["children"] < 16 + 5 * 10
    assert any(one["objectives"]["val_loss"] < 0.52 and one["objectives"]["cost"] < 12 for one in done["front"])
    refused = evolve("resume", "r", "--generations", "9")
    assert refused.returncode == 2
    assert "has an elite with val_loss < 0.52" in refused.stderr


def test_tokens_and_money_end_a_run_within_what_was_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    with Endpoint(lambda _: ("```python segment=loci\nGENES = [0]\n```", "stop")) as endpoint:
        model = ("--model", f"paid,base_url={endpoint.url}", "--set", "search.repairs=0", *AHEAD)
        spent = summary_of(evolve("run", *TABLE, "--name", "t", *model, "--max-tokens", "3000"))
        each = sum(spent["tokens"].values()) / spent["model_calls"]
        assert 3000 - 8 * each <= sum(spent["tokens"].values()) <= 3000 + 8 * each
    unpriced = evolve("run", *TABLE, "--max-usd", "1")
    assert (unpriced.returncode, "usd_per_million" in unpriced.stderr) == (2, True)


def test_hours_end_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    done = summary_of(evolve("run", *TABLE, "--name", "r", "--max-hours", "0.0005"))
    assert done["children"] > 0
    assert problems("r") == []
    with ledger_of("r") as ledger:
        assert ledger.finished()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--until", "val_loss <"), "budget.until: expected e.g. 'val_error < 2 and params < 3000'"),
        (("--until", "speed < 2"), "the task has no objective speed; it has: val_loss, cost"),
        (("--generations", "0"), "search.generations is 0 and no budget bounds the run"),
        (("--max-evaluations", "-1"), "budget.evaluations"),
        (("--max-hours", "nan"), "budget.hours"),
    ],
)
def test_a_bound_that_cannot_be_one_is_told_in_one_line(flags: tuple[str, ...], said: str) -> None:
    done = evolve("run", "nk", *flags)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("key", ["--generations", "--max-evaluations", "--max-tokens"])
def test_a_bound_that_leaves_a_finished_run_nothing_to_do_is_refused_and_changes_nothing(key: str) -> None:
    summary_of(evolve("run", *TABLE, "--name", "r", "--generations", "1", "--set", "search.initial=4"))
    before = (runs() / "r" / "config.toml").read_bytes()
    refused = evolve("resume", "r", key, "1")
    assert refused.returncode == 2
    assert "leaves run 'r' nothing to do" in refused.stderr
    assert (runs() / "r" / "config.toml").read_bytes() == before


def test_the_published_system_neither_overlaps_nor_refines() -> None:
    assert (PAPER["search.overlap"], PAPER["search.refine"]) == (0, 0)
