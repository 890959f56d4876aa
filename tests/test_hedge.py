"""A second request beside a slow one: when it goes, which answer counts, what is said of its price."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from asking import question
from endpoint import Endpoint
from hypothesis import given
from hypothesis import strategies as st

from agents.chat import Chat
from agents.hedge import LEAST, Pulse, raced
from agents.settings import ModelChoice, Sampling
from memory.ledger import Ledger
from memory.records import ModelCall


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-0123456789")
    with Ledger.create(tmp_path / "ledger.sqlite", {}) as made:
        yield made


def asked(ledger: Ledger, choice: ModelChoice, times: int, **sampling: Any) -> list[ModelCall]:
    async def all_of() -> list[ModelCall]:
        chat = Chat(ledger, [choice], Sampling(backoff_s=0.01, timeout_s=60, **sampling))
        return [await chat.ask(question(n, choice.id)) for n in range(times)]

    return asyncio.run(all_of())


@given(st.lists(st.floats(0, 1000), max_size=300))
def test_at_most_one_call_in_twenty_is_asked_twice_and_none_of_the_first(times_s: list[float]) -> None:
    """However slow an endpoint becomes."""
    pulse, twice = Pulse(), 0
    for number, took_s in enumerate(times_s):
        patience_s = pulse.patience_s()
        assert patience_s is None or number >= LEAST
        if patience_s is not None:
            assert patience_s in times_s
            pulse.sent_again()
            twice += 1
        pulse.answered(took_s)
    assert twice <= 0.05 * len(times_s)


def test_the_first_answer_counts_and_the_other_request_is_given_up() -> None:
    ended: list[str] = []

    async def answer(name: str, after_s: float, fails: bool = False) -> str:
        try:
            await asyncio.sleep(after_s)
        except asyncio.CancelledError:
            ended.append(name)
            raise
        if fails:
            raise ValueError(name)
        return name

    def race(first: Coroutine[Any, Any, str], second: Coroutine[Any, Any, str] | None) -> Any:
        async def other() -> Coroutine[Any, Any, str] | None:
            return second

        return asyncio.run(raced(first, other, 0.01))

    assert race(answer("a", 60), answer("b", 0)) == (None, "b")
    assert ended == ["a"]
    assert race(answer("a", 0.1), answer("b", 60)) == ("a", None)
    assert ended == ["a", "b"]
    assert race(answer("a", 0.1), None) == ("a", None)
    assert race(answer("a", 0.1), answer("b", 0, fails=True)) == ("a", None)
    assert race(answer("a", 0.1, fails=True), answer("b", 0.2)) == (None, "b")
    with pytest.raises(ValueError, match="a"):
        race(answer("a", 0.1, fails=True), answer("b", 0, fails=True))


def test_a_slow_call_is_answered_by_its_second_request(ledger: Ledger) -> None:
    with Endpoint(lambda body: ("yes", "stop"), hang_s=60) as server:
        server.faults = {LEAST: "hang"}
        choice = ModelChoice(name="m", base_url=server.url, usd_per_million_in=1e4)
        calls = asked(ledger, choice, LEAST + 1, hedge=True)
        assert len(server.requests) == LEAST + 2
        assert server.requests[-1] == server.requests[-2]
    assert calls[-1].reply == "yes"
    assert calls[-1].tokens_in == 100
    (hedged,) = [event.data for event in ledger.events() if event.kind == "hedged"]
    assert hedged["key"] == calls[-1].key
    assert hedged["answered"] == ["second"]
    assert "cost" in hedged["unknown"]


@pytest.mark.parametrize("sampling", [{"hedge": False}, {"hedge": True, "parallel": 1}], ids=["off", "no place free"])
def test_no_second_request_goes_unless_it_is_wished_for_and_has_a_place(
    ledger: Ledger, sampling: dict[str, Any]
) -> None:
    with Endpoint(lambda body: ("yes", "stop"), hang_s=0.3) as server:
        server.faults = {LEAST: "hang"}  # and then breaks off
        choice = ModelChoice(name="m", base_url=server.url)
        assert asked(ledger, choice, LEAST + 1, **sampling)[-1].reply == "yes"
    assert [event.kind for event in ledger.events()] == ["retried"]
