"""A run borrows once a generation and keeps what came; it gives what held, and says so when it holds no more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from memory_world import child, close, lesson, record, seed
from test_shared_memory import lent, shown

from agents.library import Library
from memory.ledger import Ledger
from memory.records import Lesson
from memory.service import lesson_record
from memory.settling import Settled
from memory.shared import FolderMemory, run_key
from tasks import load_task
from tests.memory_world import META

LOSS = {"val_error": 30.0, "params": 9000.0}


def as_it_is(one: Lesson) -> Settled:
    return Settled((one,))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.create(tmp_path / "ledger.sqlite", META) as made:
        record(made, seed())
        close(made, 0, ("seed",), ("seed",))
        yield made


def offered(run: str, score: float, **changes: object) -> Lesson:
    return lent(run, record={"held": True, "score": score}, **changes)


def test_what_was_borrowed_in_a_generation_does_not_change_with_what_is_shared(ledger: Ledger, tmp_path: Path) -> None:
    shared = FolderMemory(tmp_path / "shared")
    shared.give("a", [offered("a", 0.1)], [])
    task = load_task("mnist1d")
    Library(task, ledger, shared, None).borrow(2, 3, as_it_is)
    shared.give("b", [offered("b", 0.9)], [])
    Library(task, ledger, shared, None).borrow(2, 3, as_it_is)  # after a crash
    assert [one.id for one in ledger.lessons()] == ["a/L01-1"]
    Library(task, ledger, shared, None).borrow(3, 3, as_it_is)
    assert [one.id for one in ledger.lessons()] == ["a/L01-1", "b/L01-1"]
    with Ledger.create(tmp_path / "again.sqlite", META) as again:
        for generation in (2, 3):
            Library(task, again, None, ledger).borrow(generation, 3, as_it_is)
        assert again.lessons() == ledger.lessons()
        assert [one.generation for one in again.lessons()] == [1, 2]
    shared.close()


def test_lessons_of_the_same_task_come_first_and_names_that_this_task_lacks_are_left_out(
    ledger: Ledger, tmp_path: Path
) -> None:
    shared = FolderMemory(tmp_path / "shared")
    foreign = {"segment": "gate", "effect": {"val_error": "down", "energy": "up"}, "measured": {"energy": 1.0}}
    shared.give("a", [offered("a", 0.9, **foreign)], [])
    shared.give("b", [offered("b", 0.1, task="mnist1d", segment="body")], [])
    shared.give("c", [offered("c", 0.5)], [])
    shared.give("d", [replace(offered("d", 0.9), record={"held": False, "score": 0.9})], [])
    library = Library(load_task("mnist1d"), ledger, shared, None)
    library.borrow(2, 2, as_it_is)
    assert [one.id for one in ledger.lessons()] == ["b/L01-1", "c/L01-1"]
    library.borrow(3, 9, as_it_is)
    taken = {one.id: one for one in ledger.lessons()}
    assert set(taken) == {"a/L01-1", "b/L01-1", "c/L01-1"}
    assert (taken["a/L01-1"].segment, taken["a/L01-1"].effect, taken["a/L01-1"].measured) == (
        None,
        {"val_error": "down"},
        {},
    )
    shared.close()


def test_a_lesson_is_given_when_it_held_and_marked_when_it_fades(ledger: Ledger, tmp_path: Path) -> None:
    shared = FolderMemory(tmp_path / "shared")
    task = load_task("mnist1d")
    root = ledger.known("seed")
    ledger.put_lesson(lesson(0))
    ledger.put_lesson(lesson(1, segment="body"))  # nobody cites it, and one step is not enough
    ledger.put_lesson(lesson(2, segment="body", supporting=3))
    for n in range(2):
        record(ledger, child(2, n, lessons=("L01-0",)), root)
        record(ledger, child(2, 2 + n, objectives=LOSS), root)
    close(ledger, 2, ("seed",), ("seed",))
    library = Library(task, ledger, shared, None)
    library.give(lesson_record(ledger), [])
    run = run_key(ledger.meta())
    assert {one.id: one.record["held"] for one in shared.lessons()} == {f"{run}/L01-0": True, f"{run}/L01-2": True}
    assert shared.lessons()[0].record["improved"] == 2
    assert shared.lessons()[0].evidence == (f"{run}/g01-00",)
    for n in range(8):
        record(ledger, child(3, n, lessons=("L01-0",), objectives=LOSS), root)
        record(ledger, child(3, 8 + n), root)
    close(ledger, 3, ("seed",), ("seed",))
    library.give(lesson_record(ledger), [])
    assert {one.id: one.record["held"] for one in shared.lessons()} == {f"{run}/L01-0": False, f"{run}/L01-2": True}
    library.borrow(4, 9, as_it_is)
    assert not any(one.borrowed for one in ledger.lessons()), "nobody borrows from itself"
    shared.close()


def test_a_shared_memory_that_fails_costs_a_warning_and_not_the_run(ledger: Ledger, tmp_path: Path) -> None:
    shared = FolderMemory(tmp_path / "shared")
    shared.close()
    library = Library(load_task("mnist1d"), ledger, shared, None)
    library.borrow(2, 3, as_it_is)
    library.give(lesson_record(ledger), [shown("x", 1)])
    assert [event.kind for event in ledger.events()] == ["warning", "warning"]
    assert ledger.lessons() == []
