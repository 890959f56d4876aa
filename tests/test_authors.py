"""One author makes every child: its role follows the operator, and it may change what the child's scope allows, nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from endpoint import Body, Endpoint
from memory_world import META, child, close, record, seed

import genome
from agents.authors import ModelAuthor
from agents.chat import Chat
from agents.scope import scope_of
from agents.settings import ModelChoice, Sampling
from memory.ledger import Ledger
from memory.records import Candidate
from tasks import load_task

TASK = load_task("mnist1d")
SEGMENTS = list(genome.segments(TASK.files))
PLANNED = {"status": "planned", "objectives": None, "persona": "plain", "intent": "tune"}


def ordered(number: int, segment: str | None, **changes: object) -> Candidate:
    return child(2, number, **{**PLANNED, "segment": segment, "files": {}, **changes})


def world(folder: Path) -> Ledger:
    """The seed and a committed child that differs from it in head and stem."""
    ledger = Ledger.create(folder / "ledger.sqlite", META)
    root = record(ledger, seed(files=TASK.files))
    texts = genome.segments(TASK.files)
    changed = genome.replace(TASK.files, {name: texts[name] + f"\nmark_{name} = 1\n" for name in ("head", "stem")})
    record(ledger, child(1, 0, segment=None, files=changed), root)
    close(ledger, 0, ("seed",), ("seed",))
    close(ledger, 1, ("seed", "g01-00"), ("seed",))
    return ledger


def test_a_scope_is_the_segment_ordered_those_that_differ_or_all(tmp_path: Path) -> None:
    with world(tmp_path) as ledger:
        root, other = ledger.known("seed"), ledger.known("g01-00")
        assert list(scope_of(ordered(0, "body"), [root])) == ["body"]
        assert list(scope_of(ordered(0, None), [root])) == SEGMENTS
        assert list(scope_of(ordered(0, None, segments=("head", "stem")), [root])) == ["stem", "head"]
        crossed = scope_of(ordered(0, None, operator="cross"), [root, other])
        assert list(crossed) == genome.changed_segments(root.files, other.files) == ["stem", "head"]
        assert crossed == {name: genome.segments(root.files)[name] for name in crossed}


@pytest.mark.parametrize("segment", [*SEGMENTS, None])
async def test_the_offline_model_changes_a_segment_of_the_scope_and_the_brief_names_it(
    segment: str | None, tmp_path: Path
) -> None:
    with world(tmp_path) as ledger:
        author = ModelAuthor(TASK, ledger, Chat(ledger, [ModelChoice(name="offline")], Sampling()), 1, "By its loss.")
        changed = set()
        for number in range(8):
            one = ordered(number, segment)
            ledger.put_candidate(one)
            proposal = await author.propose(one, 0)
            assert proposal.failure is None
            names = genome.changed_segments(TASK.files, proposal.files)
            assert len(names) == 1
            changed.update(names)
            call = ledger.call(author.key(one, 0))
            assert call is not None
            assert (call.agent, call.key) == ("architect", f"{one.id}/architect/0")
            told = re.findall(r"^Segments? to change.*: (.*)$", call.messages[1]["content"], re.MULTILINE)
            assert told == [", ".join(f"`{name}`" for name in ([segment] if segment else SEGMENTS))]
    assert changed == {segment} if segment else len(changed) > 1


async def test_one_author_speaks_as_the_breeder_of_a_cross(tmp_path: Path) -> None:
    with world(tmp_path) as ledger:
        author = ModelAuthor(TASK, ledger, Chat(ledger, [ModelChoice(name="offline")], Sampling()), 1, "By its loss.")
        one = ordered(0, None, operator="cross", parents=("seed", "g01-00"), intent=None)
        ledger.put_candidate(one)
        proposal = await author.propose(one, 0)
        call = ledger.call("g02-00/breeder/0")
    assert proposal.failure is None
    assert set(genome.changed_segments(TASK.files, proposal.files)) <= {"stem", "head"}
    assert call is not None
    assert call.agent == "breeder"
    assert "Segments that differ: `stem`, `head`" in call.messages[1]["content"]


@pytest.mark.parametrize(
    ("segment", "failure", "changed"),
    [(None, None, ["stem", "head"]), ("head", None, ["stem", "head"]), ("body", "unparsable", [])],
)
async def test_a_reply_may_change_one_segment_beside_those_of_the_scope(
    segment: str | None, failure: str | None, changed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {name: genome.segments(TASK.files)[name] + f"\nmark_{name} = 1" for name in ("head", "stem")}
    blocks = "\n\n".join(f"```python segment={name}\n{text}\n```" for name, text in texts.items())

    def both(body: Body) -> tuple[str, str]:
        return f"Both change.\n\n{blocks}\n", "stop"

    with Endpoint(both) as endpoint, world(tmp_path) as ledger:
        monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
        monkeypatch.setenv("OPENAI_API_KEY", "key")
        author = ModelAuthor(TASK, ledger, Chat(ledger, [ModelChoice(name="loopback")], Sampling()), 1, "By its loss.")
        one = ordered(0, segment, model="loopback")
        ledger.put_candidate(one)
        proposal = await author.propose(one, 0)
        asked = endpoint.requests[-1]["messages"][-1]["content"]
    assert proposal.failure == failure, proposal.message
    assert genome.changed_segments(TASK.files, proposal.files) == changed
    assert ("one or several of your choice" in asked) == (segment is None)
