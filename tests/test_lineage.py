"""Lines that were dropped and come back are found, whatever the way between."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from genome.lineage import added, code_lines, dropped, most
from memory.ledger import Ledger
from memory.lineage import added_by, lineage, returned
from memory.records import Candidate
from tests.memory_world import META, child, seed

words = st.lists(st.sampled_from(["a = 1", "b = 2", "c = 3", "d = 4", "e = 5"]), max_size=6)
programs = st.lists(words, min_size=2, max_size=6)


def files(lines: list[str]) -> dict[str, str]:
    return {"program.py": "\n".join(lines)}


def test_a_line_counts_by_its_code() -> None:
    text = """
    # a remark
    x = 1  # said
  x = 1
    y = "#no comment"  # but this
    z = 'it\\'s # one'
    )
    ],
    return x
"""
    assert list(code_lines({"a.py": text, "b.py": "x = 1\nlast"}).items()) == [
        ("x = 1", 3),
        ('y = "#no comment"', 1),
        ("z = 'it\\'s # one'", 1),
        ("return x", 1),
        ("last", 1),
    ]


def test_a_line_that_never_ends_takes_no_time() -> None:
    began = time.perf_counter()
    for text in ("'" * 20_000, "'\\" * 20_000, "'\"" * 20_000 + "#", "a" * 100_000, "#" * 100_000):
        code_lines({"program.py": text})
    assert time.perf_counter() - began < 5


@given(programs, words)
def test_what_comes_back_was_in_an_ancestor_and_not_in_the_parent(line: list[list[str]], child: list[str]) -> None:
    *older, parent = line
    new, back = added(code_lines(files(child)), Counter(parent), most(map(Counter, older)))
    for text in {*child, *parent}:
        assert new[text] == max(0, child.count(text) - parent.count(text))
        had = max(program.count(text) for program in older)
        assert back[text] == min(new[text], max(0, had - parent.count(text)))
    assert {text for text in back if text not in parent} <= set(dropped([files(program) for program in line]))


@given(programs)
def test_what_was_dropped_is_told_once_and_newest_first(line: list[list[str]]) -> None:
    found = dropped([files(program) for program in line])
    assert set(found) == {text for program in line for text in program} - set(line[-1])
    assert len(found) == len(set(found))
    left = [max(at for at, program in enumerate(line) if text in program) for text in found]
    assert left == sorted(left, reverse=True)


def test_of_no_lineage_nothing_was_dropped() -> None:
    assert dropped([]) == dropped([files(["a = 1"])]) == []


def test_a_run_counts_what_came_back_over_all_children_by_their_first_parents(tmp_path: Path) -> None:
    def program(generation: int, index: int, parents: tuple[str, ...], *lines: str) -> Candidate:
        return child(generation, index, parents=parents, files=files(list(lines)))

    with Ledger.create(tmp_path / "ledger.sqlite", META) as ledger:
        made = [
            seed(files=files(["a = 1", "b = 2"])),
            program(1, 0, ("seed",), "a = 1", "c = 3"),  # adds c, drops b
            program(1, 1, ("seed",), "a = 1", "b = 2", "d = 4"),  # adds d
            program(2, 0, ("g01-00", "g01-01"), "b = 2", "d = 4", "c = 3"),  # b comes back, d is new to its line
            program(3, 0, ("g02-00",), "a = 1", "e = 5"),  # a comes back
            child(3, 1, parents=("g02-00",), files={}),  # never became a program
        ]
        for one in made:
            ledger.put_candidate(one)
        assert returned(ledger) == (4, 1 + 1 + 2 + 2, 1 + 1)
        assert [one.id for one in lineage(ledger, "g03-00")] == ["seed", "g01-00", "g02-00", "g03-00"]
        each = [added_by(ledger, one) for one in made[1:5]]
        assert [list(one.back) for one in each] == [[], [], ["b = 2"], ["a = 1"]]
        assert sum(one.lines.total() for one in each) == 6
