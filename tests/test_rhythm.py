"""The Critic is asked when there is enough that is new, and only where somebody can cite what it says."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import instant
from graph.rhythm import Rhythm
from memory.ledger import Ledger
from memory.records import Commit


@given(st.integers(1, 12), st.lists(st.integers(0, 12), max_size=30))
def test_between_two_reflections_there_are_as_many_children_as_were_asked_for(least: int, sizes: list[int]) -> None:
    rhythm = Rhythm(least, overlap=False)
    begun = [0]
    for number, size in enumerate(sizes, 1):
        rhythm.follow([Commit(number, tuple(f"g{number:02d}-{n:02d}" for n in range(size)))])
        if rhythm.begun == number:
            assert rhythm.since == begun[-1]
            begun.append(number)
    for since, number in itertools.pairwise(begun):
        assert sum(sizes[since:number]) >= least > sum(sizes[since : number - 1])
    assert sum(sizes[begun[-1] :]) < least


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ({"strategy": "one-plus-one", "generations": 5, "population": 4}, []),  # nobody of it cites
        ({"strategy": "trajectories", "generations": 3, "initial": 6, "population": 4}, [1, 2]),
        ({"generations": 3, "initial": 6, "population": 4}, [1, 2]),
        ({"generations": 3, "initial": 6, "population": 4, "eot": 0.0}, []),
        ({"generations": 3, "initial": 6, "population": 4, "eot_form": "paper"}, []),
    ],
)
def test_a_run_reflects_once_for_each_population_of_children_and_not_when_no_more_are_made(
    search: dict[str, object], expected: list[int], tmp_path: Path
) -> None:
    with instant.quick_replies():
        instant.begin(instant.settings("mnist1d", **search), tmp_path / "run")
        asyncio.run(instant.go(tmp_path / "run"))
    with Ledger.open(tmp_path / "run" / "ledger.sqlite", read_only=True) as ledger:
        assert [one.generation for one in ledger.reflections()] == expected
        for one in ledger.reflections():
            before = max((x.generation for x in ledger.reflections() if x.generation < one.generation), default=0)
            new = {c.id for c in ledger.candidates() if before < (c.committed or 0) <= one.generation}
            assert new <= set(one.shown), "all that is new was shown"
