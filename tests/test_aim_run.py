"""Whole runs that are after something of their own, by the real command: required, leading, weighed, in a box of the user's."""

from __future__ import annotations

import asyncio
import csv
import json
from pathlib import Path

import pytest
from world import differences, evolve, ledger_of, problems, runs, summary_of

from benchmarks import instant
from commands.run import PAPER
from graph.pareto import hypervolume, objectives_of
from graph.resolve import resolve
from memory.aim import BEST
from memory.elites import elites, leader, seed_of
from memory.goal import meets
from memory.ledger import Ledger
from memory.verify import verify

TABLE = ("nk", "--json", "--set", "search.eot=0.25")


def test_what_is_required_holds_of_every_elite_and_what_leads_says_which_is_the_best(tmp_path: Path) -> None:
    require = "val_loss <= seed - 0.1 and cost < 25"
    done = summary_of(evolve("run", *TABLE, "--name", "r", "--generations", "3", "--require", require, "--aim", "cost"))
    seed = done["seed_candidate"]["objectives"]
    assert done["front"]
    assert all(meets(require, one["objectives"], seed) for one in done["front"])
    assert done["best"] == min(done["front"], key=lambda one: one["objectives"]["cost"])
    assert (done["required"], done["unmet"]) == (require, "")
    assert problems("r") == []
    with ledger_of("r") as ledger:  # the seed does not meet it, so no archive ever held it
        assert not any("seed" in selection.archive for selection in ledger.selections())
        assert all(selection.population for selection in ledger.selections())
    best = done["best"]["id"]
    status = dict(line.split(None, 1) for line in evolve("status", "r").stdout.splitlines())
    assert (status["required"], status["best"].partition(":")[0]) == (require, best)
    assert status["chosen"] == "the elite ahead in cost; within the noise of it val_loss decides"
    front = evolve("front", "r")
    assert [line.split()[0] for line in front.stdout.splitlines() if line.endswith("best")] == [best]
    assert BEST in front.stderr
    exported = evolve("export", "r", "--to", str(tmp_path / "out"))
    assert exported.stderr.startswith(f"{best}: ")
    assert "chosen: the elite ahead in cost" in exported.stderr
    evolve("report", "r")
    assert f"Best program: {best}" in (runs() / "r" / "report" / "report.html").read_text()
    assert {row["id"] for row in csv.DictReader((runs() / "r" / "report" / "front.csv").open())} == {
        "seed", *(one["id"] for one in done["front"]),
    }  # fmt: skip
    again = summary_of(evolve("replay", "r", "--json"))
    assert again["front"] == done["front"]
    assert differences(runs() / "r", runs() / "r-replay") == []


def test_a_run_in_which_nothing_meets_what_is_required_ends_well_and_says_how_near_it_came(tmp_path: Path) -> None:
    told = evolve("run", "nk", "--name", "r", "--generations", "2", "--require", "val_loss < seed * 0.1")
    assert told.returncode == 0, told.stderr
    (line,) = [line for line in told.stdout.splitlines() if line.startswith("best")]
    assert "none: no elite meets what is required, val_loss < seed * 0.1: the nearest, g0" in line
    assert "nothing meets what is required yet" in told.stderr
    assert problems("r") == []
    with ledger_of("r") as ledger:
        near = min(
            (c.objectives or {})["val_loss"] for c in ledger.candidates(status="evaluated")
        )  # one condition: the nearest is the lowest
        assert f"has val_loss {near:.6f}".rstrip("0") in line
    facts = json.loads(evolve("status", "r", "--json").stdout)
    assert (facts["best"], facts["front"]) == (None, [])
    assert facts["unmet"] in line
    assert json.loads(evolve("front", "r", "--json").stdout)["best"] is None
    exported = evolve("export", "r", "--to", str(tmp_path / "out"))
    assert exported.returncode == 1
    assert facts["unmet"] in exported.stderr
    assert evolve("report", "r").returncode == 0


def test_a_run_whose_best_is_its_seed_says_so() -> None:
    told = evolve("run", "nk", "--name", "r", "--generations", "1", "--require", "val_loss >= seed and cost >= seed")
    assert told.returncode == 0, told.stderr
    assert "(seed)" in told.stdout
    assert "the seed itself, no child came out ahead of it" in told.stdout
    assert "the seed itself" in evolve("status", "r").stdout


def test_enough_may_be_said_by_the_seed() -> None:
    done = summary_of(evolve("run", *TABLE, "--name", "r", "--until", "val_loss < seed - 0.1 and cost <= seed * 1.5"))
    assert done["children"] < 16 + 5 * 10
    seed = done["seed_candidate"]["objectives"]
    assert any(meets("val_loss < seed - 0.1 and cost <= seed * 1.5", one["objectives"], seed) for one in done["front"])


def test_a_box_and_weights_of_the_users_own_hold_for_selection_chances_and_report() -> None:
    own = ("--set", "aim.reference={cost = 30, val_loss = 0.6}", "--set", "aim.weights={val_loss = 1, cost = 2}")
    one = ("--strategy", "one-plus-one", "--generations", "12", *own)
    done = summary_of(evolve("run", *TABLE, "--name", "r", *one))
    with ledger_of("r") as ledger:
        objectives = objectives_of(ledger.meta())
        assert [(o.name, o.reference) for o in objectives] == [("val_loss", 0.6), ("cost", 30.0)]
        last = ledger.last_selection()
        assert last is not None
        kept = list(ledger.outcomes(last.archive).values())
        assert last.data["hypervolume"] == pytest.approx(hypervolume(kept, objectives))

        def summed(id: str) -> float:
            told = ledger.known(id).objectives or {}
            return told["val_loss"] / 0.6 + 2 * told["cost"] / 30

        assert done["best"]["id"] == min((elite.program.id for elite in elites(ledger)), key=summed)
        chain = [summed(selection.population[0]) for selection in ledger.selections()]
        assert chain == sorted(chain, reverse=True)
    assert "2 cost" in done["chosen"]


def test_of_noisy_scores_the_program_that_is_confirmed_first_is_the_best(tmp_path: Path) -> None:
    flags = {
        "task": "mnist1d", "search.generations": 4, "search.initial": 8, "search.population": 5,
        "aim.require": "params < 7000 and val_error <= seed + 3", "aim.first": "params",
    }  # fmt: skip
    instant.begin(resolve(None, flags, {}), tmp_path / "r")
    asyncio.run(instant.go(tmp_path / "r"))
    with Ledger.open(tmp_path / "r" / "ledger.sqlite", read_only=True) as ledger:
        assert verify(ledger) == []
        found, seed = elites(ledger), seed_of(ledger)
        assert seed is not None
        assert found
        for elite in found:
            assert meets(flags["aim.require"], elite.program.objectives or {}, seed.objectives)
            assert elite.program.n >= 3
        best = leader(ledger, found)
        assert best is not None
        assert (best.objectives or {})["params"] == min((e.program.objectives or {})["params"] for e in found)
    instant.replay(tmp_path / "r", tmp_path / "again")
    asyncio.run(instant.go(tmp_path / "again"))
    assert differences(tmp_path / "r", tmp_path / "again") == []


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--require", "val_loss <= seed / 2"), "aim.require: expected e.g. 'val_error < 2 and params < 3000'"),
        (("--require", "speed <= seed"), "aim.require: the task has no objective speed; it has: val_loss, cost"),
        (("--until", "val_loss < seed +"), "budget.until: expected e.g."),
        (("--aim", "speed"), "aim.first: the task has no objective speed; it has: val_loss, cost"),
        (("--set", "aim.weights={speed = 1}"), "aim.weights: the task has no objective speed; it has: val_loss, cost"),
        (("--set", "aim.weights={cost = -1}"), "aim.weights.cost: Input should be greater than or equal to 0"),
        (("--set", "aim.weights={cost = 0}"), "aim.weights: every weight is 0"),
        (("--set", "aim.reference={speed = 1}"), "aim.reference: the task has no objective speed"),
        (("--set", "aim.reference={cost = 0}"), "aim.reference: cost is minimised from its reference to 0"),
        (("--set", "aim.reference={cost = inf}"), "aim.reference.cost: Input should be a finite number"),
        (("--set", "aim.need=cost"), "unknown setting 'aim.need'"),
    ],
)
def test_an_aim_that_cannot_be_one_is_told_in_one_line(flags: tuple[str, ...], said: str) -> None:
    done = evolve("run", "nk", "--name", "r", *flags)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (runs() / "r").exists()


def test_the_published_system_is_after_nothing_of_its_own() -> None:
    file = {
        "task": "nk",
        "aim.require": "cost < 3",
        "aim.first": "cost",
        "aim.weights": {"cost": 1.0},
        "aim.reference": {"cost": 9.0},
    }
    assert resolve(None, file | PAPER, {}).aim == resolve(None, {"task": "nk"}, {}).aim
