"""Each test breaks a sound run in one way and expects exactly that to be said."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from memory.ledger import Ledger
from memory.records import Commit, Selection
from memory.verify import verify
from tests.memory_world import call, child, evaluation, evidence, lesson, record, seed, small_run


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Ledger]:
    with small_run(tmp_path / "ledger.sqlite") as ledger:
        yield ledger


def change(id: str, **changes: object) -> Callable[[Ledger], None]:
    def apply(run: Ledger) -> None:
        one = run.candidate(id)
        assert one is not None
        run.put_candidate(replace(one, **changes))  # type: ignore[arg-type]

    return apply


def train_twice(run: Ledger) -> None:
    again = evaluation(child(1, 0), "running", key="another")
    run.open_ticket(again)
    run.close_ticket(replace(evaluation(child(1, 0)), key="another"))


def leave_a_ticket(run: Ledger) -> None:
    run.open_ticket(evaluation(child(1, 0), "running", train_seed=1))


def skip_an_attempt(run: Ledger) -> None:
    run.put_call(call("g01-00", attempt=2))


def call_of_nobody(run: Ledger) -> None:
    run.put_call(call(None, key="x/architect/0", agent="architect"))


def select_the_unborn(run: Ledger) -> None:
    run.put_selection(Selection(("g09-00",), (), {}, number=3))
    run.put_commit(Commit(3, ()))


def select_with_a_hole(run: Ledger) -> None:
    run.put_selection(Selection(("seed",), (), {}, number=4))
    run.put_commit(Commit(4, ()))


def select_the_failed(run: Ledger) -> None:
    run.put_selection(Selection(("g01-01",), (), {}, number=3))
    run.put_commit(Commit(3, ()))


def select_nothing_committed(run: Ledger) -> None:
    run.put_selection(Selection(("seed",), (), {}, number=3))


def commit_twice(run: Ledger) -> None:
    run.put_commit(Commit(3, ("g02-00",)))
    run.put_commit(Commit(2, ("g02-00",)))  # written already, and what a child says is left


def count_too_early(run: Ledger) -> None:
    again = evaluation(child(2, 0), "running", train_seed=5)
    run.open_ticket(again)
    run.close_ticket(evaluation(child(2, 0), train_seed=5))
    run.count([again.key], 0)


def forget_a_selection(run: Ledger) -> None:
    record(run, child(3, 0), seed())


def invent_evidence(run: Ledger) -> None:
    run.put_evidence(evidence(child(2, 0), seed()))


def rest_on_nothing(run: Ledger) -> None:
    run.put_lesson(lesson(2, evidence=("g07-00",)))


BREAKS: list[tuple[Callable[[Ledger], None], str]] = [
    (change("g01-00", objectives=None), "g01-00 is evaluated, yet its objectives are None"),
    (change("g01-00", objectives={"val_error": 1.0}), "expected finite ['params', 'val_error']"),
    (change("g01-00", failure="nan"), "g01-00 is evaluated, yet has failure nan"),
    (change("g01-01", objectives={"val_error": 1.0}), "g01-01 is failed, yet has objectives"),
    (change("g01-01", failure=None), "g01-01 failed without a failure kind"),
    (change("g02-01", parents=("g01-00", "ghost")), "parent ghost, which is not in the ledger"),
    (change("g02-01", parents=("g01-00", "g02-00")), "parent g02-00, which was not committed when it was ordered"),
    (change("g02-01", parents=("g01-00", "g01-01")), "parent g01-01, which is failed"),
    (change("g02-01", lessons=("L09-9",)), "cites lesson L09-9, which is not in the ledger"),
    (change("g02-01", index=5), "generation 2 has places [0, 5]"),
    (train_twice, "program fp-g01-00 was trained 2 times at quick with seed 0"),
    (leave_a_ticket, "evaluation key-g01-00-1 of g01-00 is still running"),
    (skip_an_attempt, "g01-00/architect have attempts [0, 2]"),
    (call_of_nobody, "x/architect/0 of the architect belongs to no candidate"),
    (select_the_unborn, "selection 3 has g09-00 in its population, which did not exist then"),
    (select_the_failed, "selection 3 has g01-01 in its population, which is failed"),
    (select_with_a_hole, "selections are of generations [0, 1, 2, 4]"),
    (forget_a_selection, "generation 3 was never selected"),
    (select_nothing_committed, "selection 3 is of no commit"),
    (commit_twice, "commit 3 takes in g02-00, which commit 2 did already"),
    (count_too_early, "counts from commit 0 on, before g02-00 does"),
    (invent_evidence, "evidence seed -> g02-00: that is no parent of the child"),
    (rest_on_nothing, "lesson L01-2 rests on g07-00"),
]


def test_a_sound_run_has_no_problems(run: Ledger) -> None:
    assert verify(run) == []


@pytest.mark.parametrize(("damage", "expected"), BREAKS, ids=[expected for _, expected in BREAKS])
def test_damage_is_named_and_nothing_else(run: Ledger, damage: Callable[[Ledger], None], expected: str) -> None:
    damage(run)
    problems = verify(run)
    assert [expected in problem for problem in problems] == [True], problems


def test_an_open_child_is_a_problem_once_it_is_committed(run: Ledger) -> None:
    change("g01-01", status="proposed", failure=None)(run)
    run.add_event("stopped", {})
    assert verify(run) == ["committed, yet open: g01-01"]


def test_a_parent_that_its_audit_struck_after_its_children_were_ordered_is_none(run: Ledger) -> None:
    run._db.run("UPDATE candidates SET audited = NULL WHERE id = 'g01-00'")
    run.put_commit(Commit(3, (), ("audit/g01-00",)))
    run.put_selection(Selection(("g02-00",), ("g02-00",), number=3))
    change("g01-00", status="failed", failure="audit", objectives=None)(run)
    assert verify(run) == []
    run.put_selection(Selection(("g01-00",), (), number=4))
    run.put_commit(Commit(4, ()))
    assert verify(run) == ["selection 4 has g01-00 in its population, which is failed"]


def test_an_unfinished_run_may_have_open_tickets_and_generations(run: Ledger) -> None:
    run.add_event("resumed", {})
    record(run, child(3, 0, status="proposed", objectives=None), seed())
    leave_a_ticket(run)
    assert verify(run) == []


def test_an_evaluation_shared_by_equal_programs_serves_both(run: Ledger) -> None:
    run.add_event("resumed", {})
    run.put_candidate(child(3, 0, fingerprint="fp-g01-00"))
    assert verify(run) == []
    run.put_candidate(child(3, 0, behaviour="b-g01-00"))  # to behave alike at first is not to be equal
    assert verify(run) == ["g03-00 is evaluated, yet no evaluation of its program is done"]


WRITER = """
import sys, time
from pathlib import Path
from memory.ledger import Ledger
from tests.memory_world import META, child, close, lesson, record, seed
with Ledger.create(Path(sys.argv[1]), META) as ledger:
    ledger.add_event("started", {})
    root = record(ledger, seed())
    close(ledger, 0, ("seed",), ("seed",))
    print("begun", flush=True)
    for generation in range(1, 10_000):
        made = [child(generation, n, lessons=(f"L{generation - 1:02d}-1",) if generation > 1 else ()) for n in range(3)]
        for one in made:
            record(ledger, one, root)
            time.sleep(0.005)
        ids = [one.id for one in made]
        close(ledger, generation, tuple(ids), tuple(ids))
        ledger.put_lesson(lesson(1, generation, evidence=(ids[0],)))
"""


def test_a_run_that_is_being_written_raises_no_alarm(tmp_path: Path) -> None:
    place = tmp_path / "ledger.sqlite"
    root = Path(__file__).parent.parent
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(place)], cwd=root, stdout=subprocess.PIPE)
    try:
        assert writer.stdout is not None
        writer.stdout.readline()
        sizes = set[int]()
        while len(sizes) <= 20:  # as long as it takes a busy machine
            assert writer.poll() is None
            with Ledger.open(place, read_only=True) as ledger:
                assert verify(ledger) == []
                sizes.add(len(ledger.candidates()))
    finally:
        writer.kill()
        writer.wait()


def test_what_is_read_in_a_snapshot_is_of_one_moment(run: Ledger) -> None:
    with Ledger.open(run.path, read_only=True) as viewer:
        with viewer.snapshot():
            before = viewer.candidates()
            run.put_candidate(child(2, 2))
            with viewer.snapshot():
                assert viewer.candidates() == before
        assert len(viewer.candidates()) == len(before) + 1
