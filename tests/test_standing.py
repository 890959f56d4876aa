"""An author is told where the search stands: the best so far, what may be chance, where a new program could add most."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agents.standing import kept_at, standing, standing_at
from memory.ledger import Ledger
from memory.names import audit
from memory.records import Candidate, Commit, Selection
from memory.scores import Noise
from memory.yardstick import Chance
from tasks import Objective
from tests.memory_world import META, child, close, record, seed

ERROR, SIZE = Objective("val_error", "%", "min", 90.0), Objective("params", "", "min", 20_000.0)
SPEED = Objective("speed", "Hz", "max", 1.0)
CHANCE = Chance("val_error", 90.0, Noise(1.0, "constant"), {})
EXACT = Chance("val_error", 90.0, Noise(0.0, "constant"), {})
VALUES = st.lists(st.tuples(st.floats(0, 200), st.floats(0, 30_000), st.floats(0, 3)), max_size=30)


def made(generation: int, error: float, size: float, trainings: int = 1) -> Candidate:
    return child(generation, 0, objectives={"val_error": error, "params": size}, scores=(error,) * trainings)


def start(error: float = 12.0, size: float = 5210.0) -> Candidate:
    return seed(objectives={"val_error": error, "params": size})


def test_two_objectives_are_a_table_with_chance_and_the_widest_gaps() -> None:
    kept = [made(3, 9.0, 800), start(), made(1, 2.0, 9000, 3), made(2, 3.1, 2400)]
    assert standing(kept, (ERROR, SIZE), CHANCE).splitlines() == [
        "program | val_error (%) | params | trainings",
        "g01-00 | 2 | 9000 | 3",
        "g02-00 | 3.1 | 2400 | 1",
        "g03-00 | 9 | 800 | 1",
        "seed | 12 | 5210 | 1",
        "At the level of the best, two trainings that differ by 2.8 % or less may differ by chance.",
        "A program with params below 800 could add most to the front (beyond g03-00).",
        "A program with val_error below 9 % and params below 2400 could fill its widest gap (between g02-00 and g03-00).",
    ]


def test_a_gap_between_two_programs_may_be_the_widest_of_all() -> None:
    kept = [made(1, 1.0, 19_000), made(2, 80.0, 100)]
    assert standing(kept, (ERROR, SIZE), EXACT).splitlines()[3:] == [
        "A program with val_error below 80 % and params below 19000 could add most to the front (between g01-00 and g02-00)."
    ]


def test_what_is_to_be_maximised_must_be_above() -> None:
    fast = child(1, 0, objectives={"val_error": 60.0, "speed": 1.9})
    slow = child(2, 0, objectives={"val_error": 2.0, "speed": 1.1})
    assert standing([fast, slow], (ERROR, SPEED), EXACT).splitlines()[1:] == [
        "g02-00 | 2 | 1.1",
        "g01-00 | 60 | 1.9",
        "A program with val_error below 60 % and speed above 1.1 Hz could add most to the front (between g02-00 and g01-00).",
    ]


def test_of_one_objective_the_best_is_to_be_beaten_and_of_three_the_table_is_all() -> None:
    best = made(1, 2.0, 9000)
    assert (
        standing([best, start()], (ERROR,), EXACT).splitlines()[-1] == "The one to beat is g01-00: val_error below 2 %."
    )
    three = child(1, 0, objectives={"val_error": 2.0, "params": 1.0, "speed": 2.0})
    assert standing([three], (ERROR, SIZE, SPEED), EXACT).splitlines()[1:] == ["g01-00 | 2 | 1 | 2"]


def test_where_nothing_is_in_the_box_its_corner_is_to_be_beaten() -> None:
    told = standing([start(error=95.0)], (ERROR, SIZE), EXACT)
    assert told.splitlines()[-1] == (
        "A program with val_error below 90 % and params below 20000 could add most to the front (nothing is there yet)."
    )
    assert standing([], (ERROR, SIZE), CHANCE) == ""


@given(VALUES, st.sampled_from([(ERROR,), (ERROR, SIZE), (ERROR, SIZE, SPEED)]))
def test_however_many_are_kept_the_table_is_short_and_holds_the_seed_and_the_best_of_each(
    values: list[tuple[float, float, float]], objectives: tuple[Objective, ...]
) -> None:
    kept = [
        child(n + 1, 0, objectives={"val_error": error, "params": size, "speed": speed})
        for n, (error, size, speed) in enumerate(values)
    ]
    start = seed(objectives={"val_error": 12.0, "params": 5210.0, "speed": 1.5})
    told = standing([*kept, start], objectives, CHANCE)
    rows = [line for line in told.splitlines() if line[:1] in "gs" and " | " in line]
    ids = [row.split(" | ")[0] for row in rows]
    assert len(told) < 900
    assert len(ids) == min(9, len(kept) + 1)
    assert "seed" in ids
    by_id = {one.id: one.objectives or {} for one in (*kept, start)}
    for o in objectives:
        best = min if o.goal == "min" else max
        assert best(by_id[id][o.name] for id in ids) == best(one[o.name] for one in by_id.values())
    errors = [by_id[id]["val_error"] for id in ids]
    assert errors == sorted(errors)
    assert told == standing([start, *reversed(kept)], objectives, CHANCE)  # whoever came first


def test_what_a_later_audit_struck_still_stands_as_of_an_earlier_commit(tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "ledger.sqlite", META) as ledger:
        record(ledger, start())
        close(ledger, 0, (), ("seed",))
        lucky = record(ledger, made(1, 2.0, 900))
        close(ledger, 1, (lucky.id,), ("seed",))
        before = standing_at(ledger, (ERROR, SIZE), 1)
        assert "g01-00 | 2 | 900" in before
        ledger.put_candidate(replace(lucky, status="failed", failure="audit", objectives=None))
        ledger.put_commit(Commit(2, (), (audit(lucky.id),)))
        ledger.put_selection(Selection((), ("seed",), number=2))
        assert standing_at(ledger, (ERROR, SIZE), 1) == before
        assert [one.id for one in kept_at(ledger, 2)] == ["seed"]
        assert [one.id for one in kept_at(ledger, 1)] == ["g01-00", "seed"]
