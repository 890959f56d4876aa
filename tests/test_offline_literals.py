"""The offline model on programs of plain values: words stay within their vocabulary, and a child is another program."""

from __future__ import annotations

import ast
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import genome
from agents.exhibits import describe_step
from agents.offline.critic import read_steps
from agents.offline.literals import blend, exchange
from memory.records import Evidence
from memory.steps import Exhibit
from tasks import literals, load_task

NK = load_task("nk").files
WORDS = literals(NK["program.py"])["OPERATIONS"]
NK_TOP = genome.segments(NK)["top"]
OTHERS = {
    "program.py": """KINDS = ("a", "b")
# EVOLVE-BLOCK-START one
ONE = {"kind": "a", "size": 16, "rate": 0.1, "on": True, "free": "text", "none": None}
# EVOLVE-BLOCK-END
"""
}


@given(st.integers(0, 10_000), st.sampled_from(("stem", "middle", "top")), st.floats(0, 1))
def test_an_exchange_changes_words_of_one_segment_within_the_vocabulary(seed: int, segment: str, bold: float) -> None:
    edit = exchange(NK, segment, random.Random(seed), bold)
    assert edit is not None
    child = genome.replace(NK, {segment: edit.text})
    genome.check(child, NK, ("STEM", "MIDDLE", "TOP"), ())
    assert genome.changed_segments(NK, child) == [segment]
    for name in ("STEM", "MIDDLE", "TOP"):
        assert set(literals(child["program.py"])[name]) <= set(WORDS)


def test_each_refused_edit_makes_the_next_one_bolder_and_none_comes_twice() -> None:
    rng, refused = random.Random(3), list[str]()
    for _ in range(4):
        edit = exchange(NK, "top", rng, 0.0, refused)
        assert edit is not None
        assert edit.text not in refused
        refused.append(edit.text)
    changed = [sum(a != b for a, b in zip(text.split(), NK_TOP.split(), strict=True)) for text in refused]
    assert changed == [1, 2, 3, 4]


def test_a_lesson_makes_a_word_likelier() -> None:
    def share(likes: dict[str, float]) -> float:
        texts = [exchange(NK, "top", random.Random(n), 0.0, (), likes) for n in range(300)]
        return sum("conv3" in edit.text for edit in texts if edit) / 300

    assert share({"conv3": 0.1}) < share({}) < share({"conv3": 10.0})


@given(st.integers(0, 10_000))
def test_numbers_and_switches_change_and_what_has_no_vocabulary_stays(seed: int) -> None:
    edit = exchange(OTHERS, "one", random.Random(seed), 0.8)
    assert edit is not None
    child = literals(genome.replace(OTHERS, {"one": edit.text})["program.py"])["ONE"]
    assert (child["free"], child["none"]) == ("text", None)
    assert child["kind"] in ("a", "b")
    assert (type(child["size"]), type(child["rate"]), type(child["on"])) == (int, float, bool)
    assert child != ast.literal_eval('{"kind": "a", "size": 16, "rate": 0.1, "on": True, "free": "text", "none": None}')


@given(st.integers(0, 10_000))
def test_a_merge_takes_some_and_not_all_of_what_differs(seed: int) -> None:
    rng = random.Random(seed)
    edit = exchange(NK, "stem", rng, 1.0)
    assert edit is not None
    theirs, mine = edit.text, genome.segments(NK)["stem"]
    merged = blend(NK, "stem", theirs, rng)
    assert merged is not None
    for a, b, c in zip(mine.split(), theirs.split(), merged.text.split(), strict=True):
        assert c in (a, b)
    assert merged.text not in (mine, theirs)


@pytest.mark.parametrize("text", ["def f():\n    return 1", "ONE = f(1)", "ONE = [1, 2", "import os"])
def test_code_is_no_plain_value(text: str) -> None:
    files = genome.replace(OTHERS, {"one": f"{text}\n"})
    assert exchange(files, "one", random.Random(0), 0.5) is None


def test_the_critic_tells_exchanges_apart_by_their_words() -> None:
    child = genome.replace(NK, {"top": NK_TOP.replace('"skip"', '"conv3"', 1)})
    step = Evidence("g01-00", "seed", 1, "mutate", "top", "tune", "plain", genome.diff(NK, child), {"val_loss": -0.1})
    [found] = read_steps(describe_step(Exhibit(step, "win", 1.0)))
    assert (found.kind, found.example) == ("more conv3 and fewer skip", "`conv3`")
