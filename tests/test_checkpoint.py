"""When LangGraph's checkpoint knows of more than the ledger, it is not gone on from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from graph.checkpoint import ahead
from graph.config import resolve
from memory.ledger import Ledger
from tests.memory_world import META, child, seed


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """The seed is measured; of two children of the first generation one is done."""
    with Ledger.create(tmp_path / "ledger.sqlite", META) as ledger:
        ledger.put_candidate(seed())
        ledger.put_selection(0, ["seed"], ["seed"], ["seed"], {})
        ledger.put_candidate(child(1, 0))
        ledger.put_candidate(child(1, 1, status="proposed", objectives=None))
        yield ledger


def state(generation: int, children: list[str], *coming: str, done: int = 0) -> Any:
    tasks = [SimpleNamespace(result={} if n < done else None) for n in range(max(done, 1))]
    return SimpleNamespace(values={"generation": generation, "children": children}, next=coming, tasks=tasks)


CHILDREN = ["g01-00", "g01-01"]


@pytest.mark.parametrize(
    ("known", "more"),
    [
        (state(0, [], "seed"), False),
        (state(0, [], "plan"), False),
        (state(1, CHILDREN, "child"), False),
        (state(1, CHILDREN, "child", done=1), False),
        (state(1, CHILDREN, "child", done=2), True),  # a child that the ledger does not know to be done
        (state(1, [*CHILDREN, "g01-02"], "child"), True),  # or does not know
        (state(1, CHILDREN, "audit"), True),
        (state(1, [], "reflect"), True),  # a generation that is not closed there
        (state(2, ["g02-00"], "child"), True),
        (state(1, []), True),  # the end of a run that has not finished
        (SimpleNamespace(values={}, next=(), tasks=()), False),  # nothing yet, or a checkpoint that is gone
    ],
)
def test_a_checkpoint_is_ahead_when_the_ledger_lacks_what_it_rests_on(ledger: Ledger, known: Any, more: bool) -> None:
    assert ahead(known, ledger, resolve(None, {"task": "mnist1d"}, {})) is more


def test_a_reflection_that_is_not_there_is_missed_where_lessons_are_wanted(ledger: Ledger) -> None:
    ledger.put_selection(1, ["seed"], ["seed"], ["seed"], {})
    for eot, more in (("0", False), ("0.5", True)):
        assert ahead(state(1, [], "plan"), ledger, resolve(None, {"task": "mnist1d", "search.eot": eot}, {})) is more
