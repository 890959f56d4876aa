"""A training that cannot win is stopped, by what earlier generations showed; whoever leads by chance is trained again."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_world import child, small_run
from trainers import trainer_bench
from world import SMALL, differences, evolve, ledger_of, problems, runs, summary_of, tiny_task

from agents.racing import Race, Rival
from agents.rivals import Races
from agents.settings import Racing
from commands.run import PAPER
from graph.run import read_config
from memory.records import Commit
from tasks import Fidelity, load_task

STEPS = 100
scores = st.floats(0, 90, allow_subnormal=False)
curves = st.lists(scores, min_size=10, max_size=10).map(lambda ys: tuple((10.0 * (n + 1), y) for n, y in enumerate(ys)))
rivals = st.lists(st.builds(Rival, st.one_of(st.none(), st.integers(0, 100)), curves), max_size=8).map(tuple)


def race(
    rivals: tuple[Rival, ...], size: int | None = 50, keep: float = 0.5, margin: float = 2.0, least: int = 1
) -> Race:
    return Race(STEPS, (0.1, 0.3), keep, least, margin, rivals, size)


def looks(ys: list[float]) -> list[dict[str, float]]:
    return [{"step": 10.0 * (n + 1), "score": y} for n, y in enumerate(ys)]


@given(rivals, scores)
def test_who_leads_every_rival_is_never_stopped(others: tuple[Rival, ...], score: float) -> None:
    best = min([score, *(r.at(10) or 0.0 for r in others)])
    assert race(others, margin=0.0).hopeless(looks([best])) == ""


@given(rivals, scores)
def test_a_program_smaller_than_all_rivals_is_never_stopped(others: tuple[Rival, ...], score: float) -> None:
    larger = tuple(r for r in others if r.size is not None and r.size > 0)
    assert race(larger, size=0, margin=0.0).hopeless(looks([score])) == ""


@given(rivals, scores, st.floats(0, 50, allow_subnormal=False))
def test_a_better_score_is_never_stopped_where_a_worse_one_goes_on(
    others: tuple[Rival, ...], score: float, worse: float
) -> None:
    if race(others).hopeless(looks([score + worse])) == "":
        assert race(others).hopeless(looks([score])) == ""


@given(rivals, st.lists(scores, min_size=1, max_size=10))
def test_a_child_is_looked_at_on_its_rungs_only(others: tuple[Rival, ...], ys: list[float]) -> None:
    if len(ys) not in (1, 3):
        assert race(others).hopeless(looks(ys)) == ""


@given(rivals, scores)
def test_there_is_no_race_against_too_few(others: tuple[Rival, ...], score: float) -> None:
    assert race(others, least=len(others) + 1, margin=0.0).hopeless(looks([score])) == ""


def test_the_reason_names_the_step_the_score_and_the_rivals() -> None:
    others = tuple(Rival(10, ((10.0, y), (100.0, 1.0))) for y in (5.0, 20.0, 60.0))
    assert race(others).hopeless(looks([22.0])) == ""  # the second of three had 20, and 2 more is chance
    why = race(others).hopeless(looks([22.5]))
    assert "step 10 of 100" in why
    assert "22.5" in why
    assert "3 programs no larger" in why


def test_the_rivals_that_are_kept_are_those_that_are_read_anew(tmp_path: Path) -> None:
    """Whoever an audit strikes after its commit is a rival of nobody that is ordered later."""
    quick = Fidelity("quick", {"steps": STEPS}, 60.0, 2048)
    with small_run(tmp_path / "ledger.sqlite") as ledger:

        def races() -> Races:
            return Races(load_task("mnist1d"), quick, ledger, Racing(least=1), 0)

        kept = races()
        sizes = []
        for after, struck in ((0, ""), (1, ""), (3, "g01-00"), (1, "")):
            if struck:
                ledger.put_candidate(replace(ledger.known(struck), status="failed", failure="audit", objectives=None))
                ledger.put_commit(Commit(3, (), (f"audit/{struck}",)))
            one = child(after + 1, 0)
            found, anew = kept.race_of(one), races().race_of(one)
            assert found is not None
            assert anew is not None
            assert Counter(found.rivals) == Counter(anew.rivals)
            sizes.append(len(found.rivals))
        assert sizes == [1, 2, 3, 1]  # with the struck one the third would have four, the last one two
        seed_too = ledger.known("seed")
        assert kept.race_of(seed_too) is None


async def test_a_hopeless_training_is_stopped_on_its_rung_and_costs_no_step_more(tmp_path: Path) -> None:
    """It learns nothing and would sleep for an hour after its rung: only the stop can end it there."""
    last = "        return self.linear(self.flatten(x))"
    rest = "        self.calls = getattr(self, 'calls', 0) + self.training\n        if self.calls > 200: __import__('time').sleep(3600)\n"
    racing = Racing(rungs=(0.5,), keep=0.5, least=1, margin=0.0)
    async with trainer_bench(tmp_path, steps=400, racing=racing) as bench:
        slow = bench.child("slow", "optimiser", "lr=0.01", "lr=0.0")
        files = {"program.py": slow.files["program.py"].replace(last, rest + last)}
        assert files != slow.files
        done = await bench.settle(replace(slow, size=5210, files=files))
        assert done.failure == "stopped"
        assert "stopped at step 200 of 400" in done.message
        _, second = bench.ledger.evaluations("done")
        assert len(second.curve) == 1
        smaller = await bench.settle(replace(slow, id="small", size=10, behaviour="another"))
        assert smaller.failure is None  # nobody so small was measured before


@pytest.mark.slow
def test_the_published_form_neither_races_nor_trains_twice(tmp_path: Path) -> None:
    """What is said beside `--paper` holds; all else is as published."""
    assert PAPER["search.eot_form"] == "paper"
    size = ("--generations", "1", "--initial", "2", "--sandbox", "jail", "--set", "search.eot_form=evidence")
    summary_of(evolve("run", str(tiny_task(tmp_path)), "--name", "published", "--json", "--paper", *size))
    config = read_config(runs() / "published")
    assert (config.racing.rungs, config.search.reruns, config.search.eot_form) == ((), 0, "evidence")
    assert config.sampling.temperature == (0.05, 0.4)
    with ledger_of("published") as ledger:
        assert not [e for e in ledger.events() if e.kind == "confirmed"]
        assert not [c for c in ledger.candidates() if c.failure == "stopped"]


@pytest.mark.slow
def test_a_run_that_races_and_confirms_is_the_same_at_any_number_of_slots(tmp_path: Path) -> None:
    task = tiny_task(tmp_path, steps=60)
    said = ("racing.rungs=[0.5]", "racing.margin=0", "racing.least=1", "search.reruns=2")
    settings = [part for setting in said for part in ("--set", setting)]
    for name, slots in (("one", "1"), ("two", "2")):
        told = summary_of(evolve("run", str(task), "--name", name, "--json", *SMALL, *settings, "--slots", slots))
    assert differences(runs() / "one", runs() / "two") == []
    assert problems("one") == []
    with ledger_of("one") as ledger:
        confirmed = {e.data["candidate"]: e.data for e in ledger.events() if e.kind == "confirmed"}
        kept = {one["id"] for one in told["front"]}
        assert kept
        assert kept <= confirmed.keys()
        for name, data in confirmed.items():
            # who falls behind after the second training is not trained a third time
            assert len(data["scores"]) in ((3,) if name in kept else (2, 3)), name
            found = ledger.known(name).objectives or {}
            assert found["val_error"] == pytest.approx(sum(data["scores"]) / len(data["scores"]))
        stopped = [c for c in ledger.candidates() if c.failure == "stopped"]
        assert stopped
        assert all("stopped at step" in c.message for c in stopped)
