"""What the Critic's model says is held to what the steps measured, written once, and lent by its record."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from endpoint import Endpoint
from memory_world import META, child, close, lesson, record, seed

from agents.chat import Chat
from agents.critic import Critic
from agents.settings import Memory, ModelChoice, Sampling
from memory.index import Index
from memory.ledger import Ledger
from memory.records import Lesson
from tasks import load_task

REPLY = """```toml
[[lesson]]
claim = "A narrower head cuts parameters and error"
applies = "to the head"
segment = "head"
evidence = ["g01-00", "g09-99"]
effect = { val_error = "down", params = "down" }

[[lesson]]
claim = "Dropout lowers the error"
applies = "always"
segment = "body"
evidence = ["g01-01"]
effect = { val_error = "down" }

[[lesson]]
claim = "A wider stem costs nothing"
applies = "always"
segment = "nowhere"
evidence = ["g01-02"]
effect = { val_error = "same", params = "same" }

[[lesson]]
claim = "This rests on nothing"
applies = "never"
segment = ""
evidence = ["g07-00"]
effect = {}
```"""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    noisy = {"objectives": [META["objectives"][0] | {"noise": 2.4}, *META["objectives"][1:]]}
    with Ledger.create(tmp_path / "ledger.sqlite", META | noisy) as made:
        root = record(made, seed())
        record(made, child(1, 0), root)
        record(made, child(1, 1, segment="body", objectives={"val_error": 29.0, "params": 5210.0}), root)
        record(made, child(1, 2, segment="stem", objectives={"val_error": 19.5, "params": 6000.0}), root)
        close(made, 0, ("seed",), ("seed",))
        close(made, 1, ("seed",), ("seed",))
        yield made


def critic(ledger: Ledger, url: str) -> Critic:
    index = Index(None)
    index.add(ledger.evidence(), "r1")
    chat = Chat(ledger, (ModelChoice(name="loopback", base_url=url),), Sampling(), None)
    return Critic(load_task("mnist1d"), ledger, index, chat, 1, Memory(lessons=4))


def reflect(ours: Critic) -> list[Lesson]:
    thought = asyncio.run(ours.consider(1, 0, ["g01-00"], "plain", "loopback", 0.1))
    assert thought is not None
    return ours.conclude(thought)


def test_lessons_are_kept_corrected_or_refused_and_why_is_written_down_once(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    with Endpoint(lambda _: (REPLY, "stop")) as endpoint:
        ours = critic(ledger, endpoint.url)
        first, second = reflect(ours)
        again = reflect(critic(ledger, endpoint.url))
        assert len(endpoint.requests) == 1
    assert again == [first, second] == ledger.lessons()
    assert (first.evidence, first.effect, first.segment) == (
        ("g01-00",),
        {"val_error": "down", "params": "down"},
        "head",
    )
    assert (first.measured, first.supporting) == ({"val_error": -5.0, "params": -210.0}, 1)
    assert (second.effect, second.segment) == ({"val_error": "same", "params": "up"}, "stem")
    (reflection,) = ledger.reflections()
    assert [(v["lesson"], v["done"], v["why"]) for v in reflection.verdicts] == [
        ("L01-1", "refused", "val_error was called down, the steps say up (+9)"),
        ("L01-2", "corrected", "params was called same, the steps say up (+790)"),
        ("L01-3", "refused", "it cites no step that was shown"),
    ]


def test_lent_are_the_segment_s_own_lessons_by_record_and_none_that_was_settled_or_has_faded(ledger: Ledger) -> None:
    root = ledger.known("seed")
    plain = lesson(0)
    for one in (
        plain,
        lesson(1, segment=None),
        lesson(2, segment="body"),
        lesson(3, into="L01-0"),
        lesson(4, against="L01-0"),
        lesson(5),
        lesson(6, generation=3),
    ):
        ledger.put_lesson(one)
    loss = {"val_error": 30.0, "params": 9000.0}
    for n in range(8):
        record(ledger, child(2, n, lessons=("L01-5",), objectives=loss), root)
    for n in range(8, 16):
        record(ledger, child(2, n), root)
    close(ledger, 2, ("seed",), ("seed",))
    ours = critic(ledger, "http://127.0.0.1:9")
    assert [one.id for one in ours.lend(3, 2, "head", 9)] == ["L01-0", "L01-1"]
    assert [one.id for one in ours.lend(3, 2, "head", 1)] == ["L01-0"]
    assert [one.id for one in ours.lend(3, 2, None, 9)] == ["L01-0", "L01-2", "L01-1"]
    # before anything was measured of it, the fifth was as good as any
    assert "L01-5" in [one.id for one in ours.lend(2, 1, "head", 9)]
