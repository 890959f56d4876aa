"""What the Critic's model says is held to what the steps measured, written once, and lent by its record."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from endpoint import Endpoint
from memory_world import META, child, close, evaluation, lesson, record, seed

from agents.chat import Chat
from agents.critic import Critic
from agents.settings import Memory, ModelChoice, Sampling
from memory.index import Index
from memory.ledger import Ledger
from memory.records import Commit, Lesson, Selection
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


HEAD = "# EVOLVE-BLOCK-START head\nnn.Flatten(), nn.Linear(64, {})\n# EVOLVE-BLOCK-END\n"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    noisy = {"objectives": [META["objectives"][0] | {"noise": 2.4}, *META["objectives"][1:]]}
    with Ledger.create(tmp_path / "ledger.sqlite", META | noisy) as made:
        root = record(made, seed(files={"program.py": HEAD.format(10)}))
        record(made, child(1, 0), root)
        record(made, child(1, 1, segment="body", objectives={"val_error": 29.0, "params": 5210.0}), root)
        record(made, child(1, 2, segment="stem", objectives={"val_error": 19.5, "params": 6000.0}), root)
        for n in range(3, 10):
            record(made, child(1, n, objectives={"val_error": 25.0 + n, "params": 5210.0}), root)
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
        ("L01-0", "corrected", "it cites what was not shown: g09-99"),
        ("L01-1", "refused", "val_error was called down, the steps say up (+9)"),
        ("L01-2", "corrected", "params was called same, the steps say up (+790)"),
        ("L01-3", "refused", "it cites no step that was shown"),
    ]


def lesson_of(evidence: str, **more: str) -> str:
    told = "".join(f"{name} = {value}\n" for name, value in more.items())
    return f'[[lesson]]\nclaim = "a narrower head"\nsegment = "head"\nevidence = {evidence}\neffect = {{}}\n{told}'


def told(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, *replies: str) -> tuple[list[list[Lesson]], list[str]]:
    """What became of these replies, one reflection after the other, and what the Critic was asked each time."""
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    found: list[list[Lesson]] = []
    with Endpoint(lambda _: (f"```toml\n{replies[len(found)]}\n```", "stop")) as endpoint:
        ours = critic(ledger, endpoint.url)
        for number in range(1, len(replies) + 1):
            if number > 1:
                for n in range(2):
                    error = {"val_error": 10.0 + n, "params": 5000.0}
                    record(ledger, child(number, n, objectives=error), ledger.known("seed"))
                close(ledger, number, ("seed",), ("seed",))
            thought = asyncio.run(ours.consider(number, number - 1, ["g01-00"], "plain", "loopback", 0.1))
            assert thought is not None
            found.append(ours.conclude(thought))
    return found, [call.messages[1]["content"] for call in ledger.calls(agent="critic")]


def test_a_condition_that_the_cited_code_does_not_meet_is_left_out_and_the_next_prompt_says_so(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    conditions = {"present": '["nn.Flatten()", "Conv1d"]', "absent": '["Linear", "AdaptiveAvgPool1d", "no such word"]'}
    first = lesson_of('["g01-00"]', **conditions)
    ((lesson,), _), (asked, again) = told(ledger, monkeypatch, first, lesson_of('["g02-00"]', revises='"L09-9"'))
    assert (lesson.present, lesson.absent) == (("Flatten",), ("AdaptiveAvgPool1d",))
    assert "There are none yet." in asked
    became = again.partition("## What became of your last lessons")[2].partition("\n## ")[0]
    assert "[L01-0] `a narrower head` corrected: `not every step that it cites began with such code" in became
    assert "present Conv1d, absent Linear, absent no such word" in became
    assert ledger.reflections()[-1].verdicts[0]["why"] == "it revises L09-9, which is no lesson"


def test_every_new_child_is_shown_and_the_best_in_full(ledger: Ledger) -> None:
    ours = Critic(
        load_task("mnist1d"),
        ledger,
        Index(None),
        Chat(ledger, (ModelChoice(name="offline"),), Sampling(), None),
        1,
        Memory(evidence=3),
    )
    thought = asyncio.run(ours.consider(1, 0, ["g01-08"], "plain", "offline", 0.1))
    assert thought is not None
    assert {one.step.child for one in thought.shown} == {f"g01-{n:02d}" for n in range(10)}
    prompt = thought.call.messages[1]["content"]
    full = prompt.partition("## Measured steps")[2].partition("\n## Other")[0]
    assert {line.split()[1] for line in full.splitlines() if line.startswith("### ")} > {"g01-00", "g01-08"}
    assert re.search(r"^- val_error: 20 -> 15, change -5, noise 2\.\d+$", full, re.MULTILINE)
    assert "author: `a smaller head`" in full
    assert "- g01-03 <- seed, segment head, intent simplify: val_error +8, params +0, loss. `a smaller head`" in prompt
    assert "at most 5 lessons" in prompt


def test_what_was_measured_again_changes_the_lesson_that_rests_on_it(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,), _ = told(ledger, monkeypatch, lesson_of('["g01-00"]'))
    assert first[0].effect["val_error"] == "down"
    again = evaluation(ledger.known("g01-00"), "running", 7)
    ledger.open_ticket(again)
    ledger.close_ticket(
        evaluation(ledger.known("g01-00"), train_seed=7, objectives={"val_error": 24.0, "params": 5000.0})
    )
    ledger.put_commit(Commit(2, (), ("again/g01-00/1",)))
    ledger.count([again.key], 2)
    ledger.put_selection(Selection(("seed",), ("seed",), {}, 2))
    with Endpoint(lambda _: (f"```toml\n{lesson_of('[]')}\n```", "stop")) as endpoint:
        ours = critic(ledger, endpoint.url)
        thought = asyncio.run(ours.consider(2, 0, ["g01-00"], "plain", "loopback", 0.1))
        assert thought is not None
        ours.conclude(thought)
    (revised,) = ledger.lessons()
    assert (revised.effect, revised.measured["val_error"]) == ({"val_error": "same", "params": "down"}, -0.5)
    assert ledger.reflections()[-1].verdicts[0] == {
        "lesson": "L01-0",
        "done": "revised",
        "why": "measured again, val_error was down, now same (-0.5)",
    }


def test_a_revised_lesson_becomes_part_of_the_one_that_names_it(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(ledger, monkeypatch, lesson_of('["g01-00"]'), lesson_of('["g02-00", "g02-01"]', revises='"L01-0"'))
    old, new = ledger.lessons()
    assert (old.into, new.evidence) == ("L02-0", ("g02-00", "g02-01", "g01-00"))
    assert {"lesson": "L01-0", "done": "merged", "why": "L02-0 revises it"} in ledger.reflections()[-1].verdicts


FLAT = {"head": "nn.Flatten(), nn.Linear(64, 10)"}


def lent(ours: Critic, generation: int, texts: dict[str, str], most: int = 9, number: int = 0) -> list[str]:
    return [one.id for one in ours.lend(generation, generation - 1, texts, random.Random(number), most)]


def test_lent_are_lessons_that_apply_to_the_code_and_none_that_was_settled_or_has_faded(ledger: Ledger) -> None:
    root = ledger.known("seed")
    for one in (
        lesson(0),
        lesson(1, segment=None),
        lesson(2, segment="body"),
        lesson(3, into="L01-0"),
        lesson(4, against="L01-0"),
        lesson(5),
        lesson(6, generation=3),
        lesson(7, present=("Flatten",), absent=("AdaptiveAvgPool1d",)),
        lesson(8, segment=None, present=("Flatten", "Conv1d")),
    ):
        ledger.put_lesson(one)
    loss = {"val_error": 30.0, "params": 9000.0}
    for n in range(8):
        record(ledger, child(2, n, lessons=("L01-5",), objectives=loss), root)
    for n in range(8, 16):
        record(ledger, child(2, n), root)
    close(ledger, 2, ("seed",), ("seed",))
    ours = critic(ledger, "http://127.0.0.1:9")
    assert set(lent(ours, 3, FLAT)) == {"L01-0", "L01-1", "L01-7"}
    assert set(lent(ours, 3, {"head": "nn.AdaptiveAvgPool1d(1), nn.Flatten()"})) == {"L01-0", "L01-1"}
    assert set(lent(ours, 3, {**FLAT, "body": "nn.Conv1d(1, 2, 3)"})) == {"L01-0", "L01-1", "L01-2", "L01-7", "L01-8"}
    assert lent(ours, 3, {}) == []
    assert lent(ours, 3, FLAT, 2, 5) == lent(ours, 3, FLAT, 2, 5)
    assert {lent(ours, 3, FLAT, 1, number)[0] for number in range(40)} == {"L01-0", "L01-1", "L01-7"}
    # before anything was measured of it, the fifth was as good as any
    assert "L01-5" in lent(ours, 2, FLAT)
