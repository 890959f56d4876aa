"""Several children of one call: one reply, split at its headings, paid for once, each idea judged and mended by itself."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from endpoint import Body, Endpoint
from hypothesis import given
from hypothesis import strategies as st
from test_table_tasks import task_at
from world import differences

from agents.ideas import NoIdea, asked_for, idea_of, split
from graph.create import create
from graph.resolve import resolve
from graph.run import go
from memory.ledger import Ledger
from memory.verify import verify


def block(shape: str) -> str:
    return f"```python segment=shape\nSHAPE = {shape}\n```"


@pytest.mark.parametrize(
    "heading",
    ["### Idea {}", "## Idea {}: smaller", "# **Idea {}**", "**Idea {}: smaller**", "Idea {}:", "> ### idea #{}"],
)
def test_ideas_are_told_apart_however_their_headings_are_written(heading: str) -> None:
    texts = [f"Because.\n\n{block(f'[{n}, 4, 4]')}" for n in (1, 2, 3)]
    reply = "Here they are.\n\n" + "\n\n".join(
        f"{heading.format(n)}\n\n{text}" for n, text in enumerate(texts, start=1)
    )
    assert split(reply) == texts


@given(
    st.lists(
        st.text(st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp"], blacklist_characters="`~>#*"), min_size=1)
        .map(str.strip)
        .filter(lambda said: said and not said.lower().startswith("idea")),
        min_size=2,
        max_size=6,
    )
)
def test_what_stands_under_a_heading_is_that_idea_and_a_heading_in_a_block_is_code(said: list[str]) -> None:
    texts = [f"{one}\n\n```python segment=shape\n### Idea 1\nSHAPE = {n}\n```" for n, one in enumerate(said)]
    reply = "\n\n".join(f"### Idea {n}\n\n{text}" for n, text in enumerate(texts, start=1))
    assert split(reply) == texts
    assert [idea_of(reply, n, len(texts)) for n in range(len(texts))] == [(text, "stop") for text in texts]


def test_an_idea_whose_block_is_left_open_ends_at_the_next_heading() -> None:
    left_open = block("[1, 4, 4]").removesuffix("```")
    first, second = split(f"### Idea 1\n{left_open}\n### Idea 2\n{block('[2, 4, 4]')}")
    assert "[1, 4, 4]" in first
    assert "[2" not in first
    assert "[2, 4, 4]" in second


def test_a_reply_without_headings_is_one_idea_and_the_others_are_missing() -> None:
    assert idea_of(block("[1, 1, 1]"), 0, 2) == (block("[1, 1, 1]"), "stop")
    with pytest.raises(NoIdea, match="no idea 2: the reply holds 1 of the 2 ideas that were asked for"):
        idea_of(block("[1, 1, 1]"), 1, 2)


def test_of_a_reply_that_was_cut_off_the_last_idea_alone_is_not_whole() -> None:
    reply = f"### Idea 1\n{block('[1, 1, 1]')}\n### Idea 2\n```python segment=shape\nSHAPE ="
    assert [idea_of(reply, n, 3, "length")[1] for n in (0, 1)] == ["stop", "length"]
    with pytest.raises(NoIdea, match="2 of the 3"):
        idea_of(reply, 2, 3, "length")


def made(task: Path, folder: Path, replay_of: Path | None = None, **settings: Any) -> Ledger:
    """A whole run in this process, and its ledger to be read."""
    said = {"search.generations": 2, "search.initial": 5, "search.population": 4, "search.ideas": 3, "search.eot": 0}
    flags = {"task": str(task), **said, **{key.replace("__", "."): value for key, value in settings.items()}}
    create(resolve(None, flags, {}), folder, replay_of)
    asyncio.run(go(folder, None))
    return Ledger.open(folder / "ledger.sqlite", read_only=True)


@pytest.mark.parametrize("overlap", [0, 4])
def test_a_run_asks_once_for_several_children_and_its_replay_repeats_it(tmp_path: Path, overlap: int) -> None:
    bounds = {"search__overlap": overlap}
    with made(Path("nk"), tmp_path / "runs" / "one", **bounds) as ledger:
        assert verify(ledger) == []
        children = [c for c in ledger.candidates() if c.generation]
        asking = {c.id for c in children if c.asked_by is None}
        assert {key for call in ledger.calls() if (key := call.candidate) and call.key.endswith("/0")} == asking
        assert len(asking) < len(children) == 9
        for one in children:
            first = ledger.known(one.asked_by or one.id)
            alike = ("generation", "operator", "parents", "segment", "intent", "persona", "model", "temperature")
            assert [getattr(one, name) for name in alike] == [getattr(first, name) for name in alike]
        measured = [c.fingerprint for c in children if c.status == "evaluated"]
        assert len(set(measured)) == len(measured) >= 5
    with made(Path("nk"), tmp_path / "runs" / "two", tmp_path / "runs" / "one", **bounds):
        assert differences(tmp_path / "runs" / "one", tmp_path / "runs" / "two") == []


def test_each_idea_is_mended_by_itself_and_a_missing_one_costs_no_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three ideas the second is beside the contract and the third is not there."""

    def answer(body: Body) -> tuple[str, str]:
        if len(body["messages"]) > 2:
            return f"Mended.\n\n{block('[2, 2, 1]')}\n", "stop"
        return f"### Idea 1\n\nSmall.\n\n{block('[1, 1, 1]')}\n\n### Idea 2\n\nOdd.\n\n{block('[9, 9, 9]')}\n", "stop"

    evaluate = 'from tasks import ScoreError, literal\n\n\ndef evaluate(files, data, seed):\n    shape = literal(files, "SHAPE")\n'
    evaluate += '    if 9 in shape:\n        raise ScoreError("contract", "9 is no size")\n'
    evaluate += '    return {"waste": float(sum(shape)), "room": float(max(shape))}\n'
    task = task_at(tmp_path / "shapes", evaluate)
    with Endpoint(answer) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        settings = {"search__initial": 3, "search__generations": 1, "models": [{"name": "loopback"}]}
        with made(task, tmp_path / "runs" / "one", **settings) as ledger:
            assert verify(ledger) == []
            small, odd, none = ledger.candidates(generation=1)
            call = ledger.call("g01-01/architect/1")
            assert len(ledger.calls()) == 2
    assert [(c.status, c.repairs, c.asked_by, c.idea) for c in (small, odd)] == [
        ("evaluated", 0, None, 0),
        ("evaluated", 1, "g01-00", 1),
    ]
    assert (none.failure, none.repairs) == ("unparsable", 0)
    assert none.message == "no idea 3: the reply holds 2 of the 3 ideas that were asked for"
    assert call is not None
    _, brief, own, complaint = (m["content"] for m in call.messages)
    assert asked_for(3).strip() not in brief
    assert "[9, 9, 9]" in own
    assert "[1, 1, 1]" not in own
    assert "9 is no size" in complaint
