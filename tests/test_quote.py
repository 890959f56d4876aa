"""What a candidate or a model wrote stays inside its quotes, in every prompt of every agent."""

from __future__ import annotations

import asyncio
import functools
import re
import tempfile
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_world import META, child, close, evidence, lesson, record, seed

import genome
from agents.authors import ModelAuthor
from agents.chat import Chat
from agents.contract import Rephrasing
from agents.critic import Critic
from agents.prompts import wordings
from agents.quote import MOST, block, clean, span
from agents.scribe import Scribe
from agents.settings import Memory, ModelChoice, Sampling
from memory.index import Index
from memory.ledger import Ledger
from memory.records import Candidate, Wording
from tasks import load_task

TASK = load_task("mnist1d")
WORD = "Ignore"  # stands in every hostile text and nowhere in our prompts
PIECES = [
    "```", "````\n", "\n```\n", "`", "``", "~~~\n", f"\n# {WORD} all\n", "\n## Your change\n", "</evidence>", "\n",
    "\x1b[2J", "\u202e", "`\u200b``", "\r# x\r", "\x0c### g01-00 <- seed\n", "\u2028# y", "\n===\n", "\n---\n", "{{task}}",
    "\n> q\n", "\x00", "\t", "\n   ```python\n", "\ud800", "\n- [L09-9] a lesson",
]  # fmt: skip
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=8).map(lambda parts: WORD + "".join(parts))


def read(prompt: str) -> tuple[list[str], str]:
    """The headings of a prompt and what of it stands outside of quotes, read as CommonMark has it."""
    headings, bare, fence = [], [], ""
    for line in prompt.split("\n"):
        mark = re.match(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})", line)
        if fence:
            if mark and line.strip() == mark[1] and mark[1].startswith(fence):
                fence = ""
        elif mark:
            fence = mark[1]
        else:
            bare.append(line)
            if re.match(r" {0,3}(#{1,6}( |$)|=+ *$|-+ *$)", line):
                headings.append(line)
    assert not fence
    return headings, re.sub(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", "", "\n".join(bare))


@given(st.text() | HOSTILE)
def test_a_block_is_one_fence_and_holds_the_text_without_control_characters(text: str) -> None:
    quoted = block(text, "python", 10**6)
    assert read(f"{quoted}\n# after") == (["# after"], "# after")
    inside = "\n".join(quoted.split("\n")[1:-1])
    assert inside == clean(text).strip("\n")
    assert not [c for c in quoted if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in "\n\t"]


@given(st.text() | HOSTILE)
def test_a_span_is_one_line_and_leaves_nothing_outside(text: str) -> None:
    quoted = span(text)
    assert "\n" not in quoted
    assert read(f"- {quoted} after") == ([], "-  after")


@given(st.text(), st.integers(2, 50))
def test_a_long_text_is_cut_in_the_middle_and_says_so(text: str, most: int) -> None:
    long = f"{text}{'a' * most}{most * 'z'}"
    shown = block(long, most=most)
    assert "characters ..." in shown
    assert shown.split("\n")[-2].endswith("z" * (most // 2))
    assert len(shown) < most + 100 + 2 * (text.count("`") + 4)


def test_code_comes_through_as_it_is() -> None:
    code = TASK.files["program.py"]
    assert block(code, "python", 10**6) == f"```python\n{code.strip(chr(10))}\n```"
    assert clean("määh\t→ 日本\n") == "määh\t→ 日本\n"
    assert len(block("x" * 10**6)) < MOST + 100


def program(text: str) -> dict[str, str]:
    """The task's program with this text in its head."""
    return genome.replace(TASK.files, {"head": f"{genome.segments(TASK.files)['head']}\n{text}\n"})


async def prompts(text: str, folder: Path) -> list[str]:
    """What every agent is asked when all that candidates and models wrote is this text."""
    code = program(text)
    with Ledger.create(folder / "ledger.sqlite", META) as ledger:
        chat = Chat(ledger, [ModelChoice(name="offline")], Sampling())
        root = record(ledger, seed(files=TASK.files))
        common: dict[str, Any] = {"persona": "plain", "intent": "tune", "files": code, "rationale": text}
        for number, failure in enumerate((None, "crash")):
            one = child(1, number, status="failed" if failure else "evaluated", failure=failure, message=text, **common)
            one = one if failure is None else Candidate(**{**one.__dict__, "objectives": None})
            record(ledger, one)
            changed = genome.diff(root.files, code)
            ledger.put_evidence(evidence(one, root, diff=changed, message=text))
        close(ledger, 0, ("seed",), ("seed",))
        close(ledger, 1, ("seed", "g01-00"), ("seed",))
        ledger.put_lesson(lesson(0, claim=text, applies=text))
        ledger.put_lesson(lesson(1, claim=text, applies=""))
        plain = {"status": "planned", "objectives": None, "lessons": ("L01-0", "L01-1"), **common}
        mutant = child(2, 0, **plain)
        paired = child(2, 1, **{**plain, "pair": ("g01-00", "head")})
        crossed = child(2, 2, **{**plain, "operator": "cross", "parents": ("seed", "g01-00"), "segment": None})
        for one in (mutant, paired, crossed):
            ledger.put_candidate(one)
        author = ModelAuthor(TASK, ledger, chat, 1, "By its loss.")
        await author.propose(mutant, 0)
        await author.propose(paired, 0)
        await author.propose(crossed, 0)
        await author.propose(Candidate(**{**mutant.__dict__, "failure": "crash", "message": text}), 1)
        critic = Critic(TASK, ledger, Index(None), chat, 1, Memory(lessons=4))
        thought = await critic.consider(1, 0, [], "plain", "offline", 0.3)
        assert thought is not None
        critic.conclude(thought)
        base = Wording("intent/tune", 1, wordings()["intent/tune"])
        told = Wording("intent/tune", 2, text, 1)
        await Scribe(TASK, ledger, chat, 1).rephrase(1, Rephrasing(0, told, (base, told), ""), "plain", "offline", 0.3)
        await Scribe(TASK, ledger, chat, 1).rephrase(1, Rephrasing(1, base, (base, told), ""), "plain", "offline", 0.3)
        found = {call.key: call.messages for call in ledger.calls()}
    asked = [m["content"] for key in sorted(found) for m in found[key] if m["role"] != "assistant"]
    assert len([key for key in found if not key.startswith("g01")]) == 7
    return asked


@functools.cache
def tame() -> list[str]:
    """The prompts when a harmless word is in the place of what is hostile."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(prompts(WORD, Path(folder)))


@settings(max_examples=25)
@given(HOSTILE)
def test_no_text_of_a_candidate_or_a_model_leaves_its_quotes_in_any_prompt(text: str) -> None:
    with tempfile.TemporaryDirectory() as hostile:
        asked = asyncio.run(prompts(text, Path(hostile)))
    expected = tame()
    assert [read(one)[0] for one in asked] == [read(one)[0] for one in expected]
    for one in asked:
        assert WORD not in read(one)[1]
        assert not [c for c in one if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in "\n\t"]


def test_every_agent_is_shown_what_it_must_judge(tmp_path: Path) -> None:
    asked = asyncio.run(prompts(WORD, tmp_path))
    roles = ["Architect", "Architect", "Breeder", "Critic", "Scribe"]
    shown = [re.findall(r"^# Role: (\w+)", one)[0] for one in asked if one.startswith("# Role") and WORD in one]
    assert set(shown) == set(roles)
    assert any("Your answer was not accepted." in one and WORD in one for one in asked)


@pytest.mark.parametrize("text", ["", "\n", "`", "a\r\nb"])
def test_edges_of_quotes(text: str) -> None:
    assert read(f"{block(text)}\n{span(text)}") == ([], "")
