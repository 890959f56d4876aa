"""What authors are told of the past: whatever parent it came of, against the parent at hand, as it was known then."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_world import META, child, close, record, seed

import genome
from agents.history import lineage, mishaps, short, tried
from graph.commit import commit
from memory.ledger import Ledger
from memory.records import Commit
from tasks import load_task

TASK = load_task("mnist1d")


def changed(files: dict[str, str], **marks: int) -> dict[str, str]:
    texts = genome.segments(files)
    return genome.replace(files, {name: f"{texts[name]}\nmark_{name} = {value}\n" for name, value in marks.items()})


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """The seed; a wide head and a wide stem of it; a child of the wide stem with that head; one that failed; one that came later."""
    made = Ledger.create(tmp_path / "ledger.sqlite", META)
    root = record(made, seed(files=TASK.files))
    made.put_surroundings("seed", genome.surroundings(root.files))
    close(made, 0, ("seed",), ("seed",))
    stem, head = changed(TASK.files, stem=1), changed(TASK.files, head=1)
    for one in (
        child(1, 0, segment="stem", files=stem, rationale="A wider stem. It sees more.", fingerprint="a"),
        child(1, 1, segment="head", files=head, rationale="A wider head.", fingerprint="b"),
        child(
            1, 2, segment="head", files=changed(TASK.files, head=2), status="failed", failure="shape",
            message="25 is not 30", objectives=None, rationale="Odd.", fingerprint="c",
        ),
    ):  # fmt: skip
        record(made, one)
    commit(made, TASK, 1, Commit(1, ("g01-00", "g01-01", "g01-02")), {})
    close(made, 1, ("seed", "g01-00", "g01-01"), ("seed",))
    record(made, child(2, 0, parents=("g01-00",), segment="head", files=changed(stem, head=1), fingerprint="d"))
    commit(made, TASK, 1, Commit(2, ("g02-00",)), {})
    close(made, 2, ("seed", "g02-00"), ("seed",))
    return made


def test_what_was_tried_of_a_segment_is_told_from_any_parent_with_the_same_surroundings(ledger: Ledger) -> None:
    told = tried(ledger, ledger.known("seed"), "head", 2)
    assert [line.split("]")[0] for line in told.split("\n")] == ["- [g01-00", "- [g01-01", "- [g01-02"]
    assert "A wider head." in told
    assert "failed: shape" in told
    # of a parent that is no parent of theirs
    assert "[g01-01] stem: " in tried(ledger, ledger.known("g02-00"), "stem", 2)


def test_where_nothing_was_tried_of_a_program_its_siblings_are_told(ledger: Ledger) -> None:
    told = tried(ledger, ledger.known("g01-00"), None, 1)
    assert [line.split(" ")[1] for line in told.split("\n")] == ["[g01-01]", "[g01-02]"]
    assert "[g01-01] stem, head: " in told, "where it differs from this program, not from its own parent"
    assert tried(ledger, ledger.known("seed"), None, 0) == "Nothing yet."


def test_nothing_is_told_that_came_after_a_child_was_ordered(ledger: Ledger) -> None:
    assert "g02-00" in tried(ledger, ledger.known("g01-00"), "head", 2)
    assert "g02-00" in tried(ledger, ledger.known("g01-00"), None, 2)
    for segment in ("head", None):
        assert "g02-00" not in tried(ledger, ledger.known("g01-00"), segment, 1)
    assert mishaps(ledger, 0) == "Nothing."
    assert "25 is not 30" in mishaps(ledger, 1)


def test_a_lineage_is_told_step_by_step_with_what_it_dropped(ledger: Ledger) -> None:
    assert lineage(ledger, ledger.known("seed"), 2) == "It is the program that the search began with."
    first, second = lineage(ledger, ledger.known("g02-00"), 2).split("\n")
    assert first.startswith("- [g01-00] stem: ")
    assert second.startswith("- [g02-00] head: ")
    assert "A wider stem. It sees more." in first
    ledger.put_candidate(
        child(3, 0, parents=("g02-00",), segment="head", files=changed(TASK.files, stem=1), fingerprint="e")
    )
    assert "dropped on the way: `mark_head = 1`" in lineage(ledger, ledger.known("g03-00"), 2)


@given(st.text(max_size=2000), st.integers(20, 400))
def test_a_shortened_text_is_a_beginning_on_one_line(text: str, most: int) -> None:
    told = short(text, most)
    assert len(told) <= most + len(" ...")
    assert "\n" not in told
    assert " ".join(text.split()).startswith(told.removesuffix(" ..."))
