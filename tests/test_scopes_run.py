"""What authors are asked for, in a whole run: only what can be done, as wide as was drawn, and what was said is what was stored."""

from __future__ import annotations

import asyncio
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
from world import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

from ablation_counts import Counts

import genome
from agents.briefs import Briefs
from agents.critic import Critic
from agents.prompts import possible
from agents.scope import scope_of
from agents.settings import Memory, Racing
from agents.terms import terms
from benchmarks import instant
from memory.index import Index
from memory.ledger import Ledger
from tasks import load_task


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scopes") / "run"
    with instant.quick_replies():
        instant.begin(instant.settings("mnist1d", generations=6, initial=12, population=10), folder)
        asyncio.run(instant.go(folder))
    return folder


def test_every_scope_is_drawn_and_no_kind_of_mutation_that_its_segment_does_not_allow(run: Path) -> None:
    with Ledger.open(run / "ledger.sqlite", read_only=True) as ledger:
        known = {one.id: one for one in ledger.candidates()}
        mutants = [one for one in known.values() if one.operator == "mutate"]
        assert {one.scope for one in mutants} == {"segment", "refine", "rewrite"}
        assert all(one.scope is None for one in known.values() if one.operator != "mutate")
        for one in mutants:
            texts = genome.segments(known[one.parents[0]].files)
            assert (one.scope == "segment") == (one.segment is not None)
            asked = [texts[one.segment]] if one.segment else list(texts.values())
            assert one.intent in possible(asked), one.id


def test_prompts_show_programs_that_were_known_and_none_of_the_parents(run: Path) -> None:
    with Ledger.open(run / "ledger.sqlite", read_only=True) as ledger:
        known = {one.id: one for one in ledger.candidates()}
        later = [one for one in known.values() if one.generation > 1]
        assert any(one.context for one in later)
        for one in later:
            assert not {*one.context} & {*one.parents}
            assert all((known[id].committed or 0) <= one.after for id in one.context)


def test_a_prompt_made_again_from_the_ledger_is_the_one_that_was_sent(run: Path) -> None:
    """So nothing that came later is in it: what was tried, who leads, how a program came about, what it is worth."""
    task = load_task("mnist1d")
    with Ledger.open(run / "ledger.sqlite", read_only=True) as ledger:
        briefs = Briefs(task, ledger, terms(task, task.fidelities["quick"], Racing(), task.least(2)))
        looked = 0
        for child in ledger.candidates():
            call = ledger.call(f"{child.id}/{'breeder' if child.operator == 'cross' else 'architect'}/0")
            if call is None or child.lessons:  # a lesson says what is known of it now
                continue
            parents = [ledger.known(id, child.after) for id in child.parents]
            assert briefs.write(child, parents, scope_of(child, parents)) == call.messages[-1]["content"], child.id
            looked += 1
        assert looked > 20


def test_an_ablation_counts_what_the_prompts_of_a_run_showed(run: Path) -> None:
    with Ledger.open(run / "ledger.sqlite", read_only=True) as ledger:
        counts = Counts()
        counts.take(ledger)
        later = [one for one in ledger.candidates() if one.generation > 1]
        assert counts.later == len(later)
        assert 0 < counts.shown["a lesson"] == sum(bool(one.lessons) for one in later) < len(later)
        assert 0 < counts.shown["another whole program"] == sum(bool(one.context) for one in later)
        assert 0 < counts.shown["a program that was tried"] <= len(later)
        assert counts.impossible == 0


def test_with_one_scope_all_are_of_it(tmp_path: Path) -> None:
    with instant.quick_replies():
        settings = instant.settings("mnist1d", generations=2, initial=6, population=6, scopes=["rewrite"])
        instant.begin(settings, tmp_path / "run")
        asyncio.run(instant.go(tmp_path / "run"))
    with Ledger.open(tmp_path / "run" / "ledger.sqlite", read_only=True) as ledger:
        assert {one.scope for one in ledger.candidates() if one.operator == "mutate"} == {"rewrite"}


def test_the_first_question_to_the_critic_can_be_made_again_too(run: Path) -> None:
    task, nobody = load_task("mnist1d"), cast(Any, None)
    with Ledger.open(run / "ledger.sqlite", read_only=True) as ledger:
        first = ledger.reflections()[0]
        call, chosen = ledger.call(f"reflect-g{first.generation:02d}/critic/0"), ledger.selection(first.generation)
        assert call is not None
        assert chosen is not None
        seed = int(ledger.meta()["seed"])
        with closing(Index(None, "hash", ledger)) as index:
            critic = Critic(task, ledger, index, nobody, seed, Memory())
            shown, brief = critic.brief(first.generation, 0, chosen.population)
        assert brief == call.messages[-1]["content"]
        assert {one.step.child for one in shown.all} >= set(ledger.commit(first.generation).children)  # type: ignore[union-attr]
