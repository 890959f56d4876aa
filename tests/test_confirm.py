"""Confirmation: whoever is kept is trained often enough and audited, and nobody else is."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from graph.confirm import Standing, wanted

LEAST = 3


def front(programs: Sequence[Standing]) -> list[Standing]:
    """Those that no other one dominates, the first of equals alone."""
    firsts = {p.costs: p for p in reversed(programs)}.values()
    return [
        p
        for p in programs
        if p in firsts
        and not any(q.costs != p.costs and all(a <= b for a, b in zip(q.costs, p.costs, strict=True)) for q in firsts)
    ]


costs = st.tuples(st.integers(0, 9).map(float), st.integers(0, 5).map(float))
programs = st.lists(st.tuples(costs, st.integers(1, 4), st.booleans()), min_size=1, max_size=8).map(
    lambda rows: [Standing(f"p{k}", k // 3, k % 3, cost, n, sound) for k, (cost, n, sound) in enumerate(rows)]
)


@given(programs, st.integers(1, 4))
def test_nothing_is_wanted_exactly_when_all_who_are_kept_are_trained_and_audited(
    kept: list[Standing], least: int
) -> None:
    assert bool(wanted(kept, least)) is any(p.n < least or not p.audited for p in kept)


@given(programs, st.integers(1, 4), st.randoms())
def test_no_training_or_audit_is_asked_for_that_is_not_lacking_and_the_order_given_says_nothing(
    kept: list[Standing], least: int, rng: random.Random
) -> None:
    known = {p.id: p for p in kept}
    now = wanted(kept, least)
    assert all(known[i].n + times <= least for i, times in now.again.items())
    assert not any(known[i].audited for i in now.audit)
    shuffled = wanted(rng.sample(kept, len(kept)), least)
    assert (shuffled, list(shuffled.again)) == (now, list(now.again))


@given(programs)
def test_the_leader_comes_first_and_comes_alone_where_not_everyone_is_asked_for(kept: list[Standing]) -> None:
    leader = min(kept, key=lambda p: (p.costs, p.committed, p.place))
    everyone, alone = wanted(kept, LEAST), wanted(kept, LEAST, everyone=False)
    asked = [*everyone.again, *everyone.audit]
    if leader.n < LEAST:
        assert asked[0] == leader.id
        assert list(alone.again) == [leader.id]
    else:
        assert not alone.again
    assert set(alone.audit) == set(everyone.audit) == {p.id for p in kept if not p.audited}


@given(programs, st.randoms())
def test_whoever_would_be_the_best_is_the_leader_whatever_the_others_score(
    kept: list[Standing], rng: random.Random
) -> None:
    best = rng.choice(kept)
    marked = [replace(p, leads=p is best) for p in kept]
    everyone, alone = wanted(marked, LEAST), wanted(marked, LEAST, everyone=False)
    assert alone.again == ({best.id: LEAST - best.n} if best.n < LEAST else {})
    assert next(iter(everyone.again), best.id) == best.id or best.n >= LEAST


@given(programs, st.randoms(), st.booleans())
def test_asking_until_nothing_is_wanted_ends_with_every_elite_confirmed_whatever_the_findings(
    found: list[Standing], rng: random.Random, everyone: bool
) -> None:
    """Trainings move scores either way and audits strike; each program costs at most so many trainings and one audit."""
    now, rounds = {p.id: p for p in found}, 0
    while lack := wanted(front(list(now.values())), LEAST, everyone):
        rounds += 1
        for i, times in lack.again.items():
            error = float(rng.randint(0, 9))
            now[i] = replace(now[i], n=now[i].n + times, costs=(error, *now[i].costs[1:]))
        for i in lack.audit:
            if rng.random() < 0.3:
                del now[i]
            else:
                now[i] = replace(now[i], audited=True)
    assert rounds <= LEAST * len(found)
    elites = front(list(now.values()))
    assert all(p.audited for p in elites)
    confirmed = elites if everyone else sorted(elites, key=lambda p: p.costs)[:1]
    assert all(p.n >= LEAST for p in confirmed)
    before = {p.id: p for p in found}
    assert all(p.n <= max(LEAST, before[p.id].n) for p in now.values())


def test_a_lucky_sibling_and_an_old_elite_are_trained_as_often_as_a_newcomer() -> None:
    old, sibling, newcomer = (
        Standing("g01-03", 1, 3, (9.0, 10.0), 1, True),
        Standing("g02-00", 2, 0, (8.0, 20.0), 2),
        Standing("g02-01", 2, 1, (7.0, 30.0), 1),
    )
    assert wanted([old, sibling, newcomer], 3).again == {"g02-01": 2, "g02-00": 1, "g01-03": 1}


def test_of_nobody_nothing_is_wanted() -> None:
    assert not wanted([], 3)


def test_the_simulation_of_the_rules_compares_them_at_equal_numbers_of_trainings() -> None:
    script = Path(__file__).parents[1] / "benchmarks" / "confirmation.py"
    said = subprocess.run(
        [sys.executable, script, "--runs", "3", "--trainings", "120"], capture_output=True, encoding="utf-8", check=True
    )
    rules = [line.split("|") for line in said.stdout.splitlines() if line.count("|") == 8 and "±" in line]
    assert len(rules) == 4 * 10
    assert all(100 <= float(cells[-2]) <= 140 for cells in rules)
