"""How fast a model is asked: what a minute may hold, what its endpoint asks for, and who waits for whom."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asking import question
from endpoint import Endpoint
from hypothesis import given
from hypothesis import strategies as st

from agents.chat import Chat
from agents.pace import Line, Sent, Window, estimate, span_s
from agents.settings import ModelChoice, Sampling
from memory.ledger import Ledger

ANSWER = ("yes", "stop")


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-0123456789")
    with Ledger.create(tmp_path / "ledger.sqlite", {}) as made:
        yield made


asks = st.lists(st.tuples(st.floats(0, 90), st.integers(1, 500)), max_size=40)


@given(asks=asks, requests=st.integers(0, 5), tokens=st.integers(0, 1200))
def test_no_minute_holds_more_than_it_may(asks: list[tuple[float, int]], requests: int, tokens: int) -> None:
    window, now, sent = Window(requests, tokens), 1000.0, list[Sent]()
    for gap_s, cost in asks:
        now += gap_s
        waited = window.wait_s(now, cost)
        assert waited >= 0
        now += waited
        assert window.wait_s(now, cost) <= 1e-6  # what it says is enough
        sent.append(Sent(now, cost))
        window.take(now, cost)
    for last in sent:
        minute = [one for one in sent if last.at - 60 + 1e-6 < one.at <= last.at]
        assert not requests or len(minute) <= requests
        assert not tokens or sum(one.tokens for one in minute) <= tokens or len(minute) == 1


def test_a_question_larger_than_a_minute_goes_alone() -> None:
    window = Window(0, 100)
    window.take(0.0, 10)
    assert window.wait_s(5.0, 1000) == 55.0
    window.take(60.0, 1000)
    assert window.wait_s(61.0, 1) == 59.0


def test_what_a_question_really_cost_takes_the_place_of_what_was_thought() -> None:
    async def both() -> list[str]:
        line, order = Line(Window(0, 1000), asyncio.Semaphore(4)), list[str]()
        first = await line.place(900, lambda: False)
        assert first is not None

        async def second() -> None:
            await line.place(900, lambda: False)
            order.append("second")

        waits = asyncio.create_task(second())
        await asyncio.sleep(0.05)
        order.append("counted")
        line.leave(first, 50)  # or the second would wait for a minute
        await waits
        return order

    assert asyncio.run(both()) == ["counted", "second"]
    assert estimate([{"role": "user", "content": "x" * 400}], 4096) == 4196


def test_calls_of_a_model_go_in_the_order_in_which_they_came() -> None:
    async def eight() -> tuple[list[int], list[float]]:
        line, order, at = Line(Window(2, 0, length_s=0.05), asyncio.Semaphore(8)), list[int](), list[float]()

        async def one(number: int) -> None:
            place = await line.place(1, lambda: False)
            assert place is not None
            order.append(number)
            at.append(place.at)
            line.leave(place, None)

        await asyncio.gather(*map(one, range(8)))
        return order, at

    order, at = asyncio.run(eight())
    assert order == list(range(8))
    assert all(later - earlier >= 0.05 for earlier, later in zip(at, at[2:], strict=False))


def test_a_call_that_is_given_up_leaves_the_line_and_takes_nothing() -> None:
    async def two() -> list[Sent | None]:
        slots, rests = asyncio.Semaphore(2), list[bool]()
        line = Line(Window(1, 0), slots)
        await line.place(1, lambda: False)
        waiting = [asyncio.create_task(line.place(1, lambda: bool(rests))) for _ in range(2)]
        await asyncio.sleep(0.05)
        rests.append(True)
        found = await asyncio.gather(*waiting)
        assert not slots.locked()
        return found

    assert asyncio.run(two()) == [None, None]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7.66s", 7.66),
        ("6m0s", 360.0),
        ("120ms", 0.12),
        ("1h2m3s", 3723.0),
        ("12", 12.0),
        ("", None),
        ("soon", None),
        ("2026-01-01T00:00:00Z", None),
    ],
)
def test_spans_of_time_are_read_as_endpoints_write_them(text: str, seconds: float | None) -> None:
    assert span_s(text) == pytest.approx(seconds)


def sent_while_another_is_answered(
    ledger: Ledger, slow: Endpoint, models: list[ModelChoice], questions: int, **sampling: Any
) -> list[str]:
    """Asks the first model so many questions and then, once it has got its first request, the other one three; the replies of
    those."""

    async def run() -> list[str]:
        chat = Chat(ledger, models, Sampling(backoff_s=0.01, timeout_s=30, **sampling))
        waiting = [asyncio.create_task(chat.ask(question(n, models[0].id))) for n in range(questions)]
        while not slow.requests:
            await asyncio.sleep(0.01)
        while slow.retry_after != "0.2" and not ledger.last_event("retried"):
            await asyncio.sleep(0.01)
        others = [(await chat.ask(question(100 + n, models[1].id))).reply for n in range(3)]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return others

    return asyncio.run(run())


def test_a_model_at_its_limit_keeps_no_other_from_being_asked(ledger: Ledger) -> None:
    """With one place for both: what waits for the next minute does not hold it."""
    with Endpoint(lambda body: ANSWER) as slow, Endpoint(lambda body: ANSWER) as free:
        models = [
            ModelChoice(name="m", base_url=slow.url, requests_per_minute=2),
            ModelChoice(name="m", base_url=free.url),
        ]
        assert sent_while_another_is_answered(ledger, slow, models, 5, parallel=1) == ["yes"] * 3
        assert len(slow.requests) <= 2
        assert len(free.requests) == 3


def test_tokens_of_a_minute_are_kept_by_what_a_question_may_cost(ledger: Ledger) -> None:
    with Endpoint(lambda body: ANSWER, hang_s=60) as slow, Endpoint(lambda body: ANSWER) as free:
        slow.faults = dict.fromkeys(range(10), "hang")  # so what it costs stays unknown
        models = [
            ModelChoice(name="m", base_url=slow.url, tokens_per_minute=2100),
            ModelChoice(name="m", base_url=free.url),
        ]
        given = {"max_tokens": 1000, "parallel": 8}
        assert sent_while_another_is_answered(ledger, slow, models, 5, **given) == ["yes"] * 3
        assert len(slow.requests) <= 2


def test_the_count_of_an_endpoint_makes_room_for_the_next_question(ledger: Ledger) -> None:
    """Four questions of 1,001 tokens at most, and of 150 as they are counted, fit into a minute of 2,000."""
    with Endpoint(lambda body: ANSWER) as server:
        choice = ModelChoice(name="m", base_url=server.url, tokens_per_minute=2000)

        async def four() -> list[float]:
            chat = Chat(ledger, [choice], Sampling(max_tokens=1000))
            calls = [await chat.ask(question(n, choice.id)) for n in range(4)]
            return [call.begun_at for call in calls]

        begun = asyncio.run(four())
        assert len(server.requests) == 4
    assert begun[-1] - begun[0] < 60  # none of them waited for the next minute


def test_a_wait_that_an_endpoint_asks_for_holds_all_calls_of_its_model_and_no_others(ledger: Ledger) -> None:
    with Endpoint(lambda body: ANSWER) as slow, Endpoint(lambda body: ANSWER) as free:
        slow.faults, slow.retry_after = {0: "429"}, "30"
        models = [ModelChoice(name="m", base_url=slow.url), ModelChoice(name="m", base_url=free.url)]
        assert sent_while_another_is_answered(ledger, slow, models, 1) == ["yes"] * 3

        async def more() -> list[asyncio.Task[Any]]:
            chat = Chat(ledger, models, Sampling(backoff_s=0.01))
            slow.faults = {1: "429"}
            first = asyncio.create_task(chat.ask(question(50, models[0].id)))
            while len([e for e in ledger.events() if e.kind == "retried"]) < 2:
                await asyncio.sleep(0.01)
            tasks = [first, *(asyncio.create_task(chat.ask(question(60 + n, models[0].id))) for n in range(4))]
            await asyncio.wait(tasks, timeout=0.2)
            assert not any(task.done() for task in tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            return tasks

        asyncio.run(more())
        assert len(slow.requests) == 2


def test_calls_go_on_after_the_wait(ledger: Ledger) -> None:
    with Endpoint(lambda body: ANSWER) as server:
        server.faults = {0: "429"}
        choice = ModelChoice(name="m", base_url=server.url)

        async def three() -> list[str]:
            chat = Chat(ledger, [choice], Sampling(backoff_s=0.01, parallel=1))
            return [c.reply for c in await asyncio.gather(*(chat.ask(question(n, choice.id)) for n in range(3)))]

        assert asyncio.run(three()) == ["yes"] * 3
        assert len(server.requests) == 4
    (retried,) = [event for event in ledger.events() if event.kind == "retried"]
    assert all(call.begun_at - retried.at > 0.15 for call in ledger.calls())


def test_nothing_is_sent_while_an_endpoint_says_that_nothing_remains(ledger: Ledger) -> None:
    with Endpoint(lambda body: ANSWER) as slow, Endpoint(lambda body: ANSWER) as free:
        slow.headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "30s"}
        free.headers = {"x-ratelimit-remaining-requests": "7", "x-ratelimit-reset-requests": "30s"}
        models = [ModelChoice(name="m", base_url=slow.url), ModelChoice(name="m", base_url=free.url)]
        assert sent_while_another_is_answered(ledger, slow, models, 3, parallel=1) == ["yes"] * 3
        assert len(slow.requests) == 1


def test_a_call_tells_when_it_was_asked_for_when_it_was_sent_and_when_it_ended(ledger: Ledger) -> None:
    ticks = iter(range(100, 200))
    with Endpoint(lambda body: ANSWER) as server:
        choice = ModelChoice(name="m", base_url=server.url)
        chat = Chat(ledger, [choice], Sampling(), clock=lambda: float(next(ticks)))
        call = asyncio.run(chat.ask(question(0, choice.id)))
    assert (call.asked_at, call.begun_at, call.latency_s) == (100.0, 101.0, 1.0)
    assert ledger.call(call.key) == call
