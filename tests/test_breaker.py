"""A model that fails time after time rests, another one answers for it, and it comes back."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asking import question
from endpoint import Body, Endpoint, Reply
from world import SMALL, differences, evolve, ledger_of, problems, runs, summary_of

from agents.breaker import Rota
from agents.chat import Chat, ModelStopped
from agents.settings import ModelChoice, Sampling
from memory.ledger import Ledger
from memory.records import ModelCall

A, B, C = ModelChoice(name="a"), ModelChoice(name="b"), ModelChoice(name="c", weight=9)
KEY = "sk-very-secret-0123456789"
BROKEN: Reply = (503, {"error": {"message": "overloaded"}})


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> list[Any]:
    return []


@pytest.fixture
def rota(clock: Clock, told: list[Any]) -> Rota:
    sampling = Sampling(breaker=3, rest_s=10)
    return Rota([A, B], sampling, lambda kind, data: told.append((kind, data["model"], data.get("rest_s"))), clock)


def who(rota: Rota, drawn: ModelChoice = A) -> str:
    return rota.turn(drawn, random.Random(0)).choice.name


def fail(rota: Rota, choice: ModelChoice, times: int, questions: int = 2) -> None:
    turn = rota.turn(choice, random.Random(0))
    for n in range(times):
        rota.failed(turn, f"q{n % questions}", "503")


def test_failures_in_a_row_rest_a_model_and_one_question_after_the_rest_tries_it(
    rota: Rota, clock: Clock, told: list[Any]
) -> None:
    fail(rota, A, 2)
    rota.answered(A)
    fail(rota, A, 2)
    assert who(rota) == "a"
    fail(rota, A, 1)
    assert who(rota) == "b"
    clock.now += 10
    assert [who(rota), who(rota)] == ["a", "b"]  # one trial, and the others wait for what comes of it
    rota.answered(A)
    assert [who(rota), who(rota)] == ["a", "a"]
    assert told == [("rested", "a", 10.0), ("recovered", "a", None)]


def test_a_trial_that_fails_doubles_the_rest_and_late_news_does_not(rota: Rota, clock: Clock, told: list[Any]) -> None:
    before = rota.turn(A, random.Random(0))
    fail(rota, A, 3)
    rota.failed(before, "late", "timeout")
    assert rota.over(before)
    for _ in range(6):
        clock.now += 1000
        trial = rota.turn(A, random.Random(0))
        assert not rota.over(trial)
        rota.failed(trial, "q", "503")
        assert rota.over(trial)
    assert [rest_s for _, _, rest_s in told] == [10, 20, 40, 80, 160, 160, 160]


def test_failures_of_one_question_rest_no_model(rota: Rota) -> None:
    fail(rota, A, 20, questions=1)
    assert who(rota) == "a"


def test_the_last_model_that_is_left_never_rests(rota: Rota, told: list[Any]) -> None:
    fail(rota, A, 3)
    fail(rota, B, 20)
    assert (who(rota, A), who(rota, B)) == ("b", "b")
    assert len(told) == 1


def test_a_run_with_one_model_or_without_breaker_rests_none(told: list[Any]) -> None:
    for models, breaker in (([A], 3), ([A, B], 0)):
        rota = Rota(models, Sampling(breaker=breaker), lambda *said: told.append(said))
        fail(rota, A, 20)
        rota.rest(A, "401")
        assert who(rota) == "a"
    assert told == []


def test_who_answers_instead_is_drawn_by_weight_from_the_generator_alone() -> None:
    def drawn(seed: int) -> str:
        rota = Rota([A, B, C], Sampling(), lambda *_: None)
        rota.rest(A, "401")
        return rota.turn(A, random.Random(seed)).choice.name

    counts = Counter(drawn(seed) for seed in range(200))
    assert set(counts) == {"b", "c"}
    assert counts["c"] > 4 * counts["b"]
    assert drawn(7) == drawn(7)


# over real HTTP


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with Ledger.create(tmp_path / "ledger.sqlite", {"seed": 1}) as made:
        yield made


def said(ledger: Ledger, *kinds: str) -> list[tuple[str, str]]:
    return [(event.kind, event.data["model"]) for event in ledger.events() if event.kind in kinds]


def test_a_sick_model_is_answered_for_and_comes_back(ledger: Ledger) -> None:
    sick = [True]

    def moody(body: Body) -> Reply | None:
        return BROKEN if sick[0] else None

    with Endpoint(lambda body: ("one", "stop"), quirk=moody) as one, Endpoint(lambda body: ("two", "stop")) as two:
        a, b = ModelChoice(name="m", base_url=one.url), ModelChoice(name="m", base_url=two.url)
        sampling = Sampling(backoff_s=0.01, retries=20, breaker=4, rest_s=0.5)

        async def story() -> list[ModelCall]:
            chat = Chat(ledger, [a, b], sampling)
            calls = await asyncio.gather(*(chat.ask(question(n, a.id)) for n in range(4)))
            while ("rested", a.id) not in said(ledger, "rested"):
                await asyncio.sleep(0.01)
            sick[0] = False
            await asyncio.sleep(0.6)
            return [*calls, await chat.ask(question(10, a.id)), await chat.ask(question(11, a.id))]

        calls = asyncio.run(story())
    assert [call.reply for call in calls] == ["two"] * 4 + ["one"] * 2
    assert [call.stand_in for call in calls] == [b.id] * 4 + [""] * 2
    assert said(ledger, "rested", "recovered") == [("rested", a.id), ("recovered", a.id)]
    assert [ledger.call(call.key) for call in calls] == calls


@pytest.mark.parametrize(
    ("quirk", "fault"),
    [((401, {"error": {"message": "bad key"}}), ""), (None, "hang"), (None, "cut"), (BROKEN, "")],
    ids=["key", "timeout", "cut", "503"],
)
def test_one_question_that_meets_a_model_which_answers_nobody_goes_to_another(
    ledger: Ledger, quirk: Reply | None, fault: str
) -> None:
    with Endpoint(quirk=lambda body: quirk) as one, Endpoint(lambda body: ("two", "stop")) as two:
        one.faults = dict.fromkeys(range(20), fault) if fault else {}
        a, b = ModelChoice(name="m", base_url=one.url), ModelChoice(name="m", base_url=two.url)
        chat = Chat(ledger, [a, b], Sampling(backoff_s=0.01, retries=1, timeout_s=1 if fault == "hang" else 30))
        call = asyncio.run(chat.ask(question(0, a.id)))
    assert (call.reply, call.stand_in) == ("two", b.id)
    assert said(ledger, "rested") == [("rested", a.id)]
    assert KEY not in str(ledger.events())


def test_a_question_that_breaks_a_model_fails_alone_and_goes_to_no_other(ledger: Ledger) -> None:
    def brittle(body: Body) -> Reply | None:
        return BROKEN if "poison" in body["messages"][-1]["content"] else None

    with Endpoint(lambda body: ("one", "stop"), quirk=brittle) as one, Endpoint() as two:
        a, b = ModelChoice(name="m", base_url=one.url), ModelChoice(name="m", base_url=two.url)
        chat = Chat(ledger, [a, b], Sampling(backoff_s=0.01, retries=7, breaker=3))
        call = asyncio.run(chat.ask(question(0, a.id, "poison")))
        assert two.requests == []
    assert "overloaded" in call.refusal
    assert said(ledger, "rested", "unanswered") == [("unanswered", a.id)]


def test_where_no_model_answers_the_run_stops(ledger: Ledger) -> None:
    with Endpoint(quirk=lambda body: BROKEN) as one, Endpoint(quirk=lambda body: BROKEN) as two:
        a, b = ModelChoice(name="m", base_url=one.url), ModelChoice(name="m", base_url=two.url)
        chat = Chat(ledger, [a, b], Sampling(backoff_s=0.01, retries=2))
        with pytest.raises(ModelStopped, match=f"model 'm': {two.url} answered 503"):
            asyncio.run(chat.ask(question(0, a.id)))
        assert len(one.requests) == len(two.requests) == 3 + 2
    assert ledger.calls() == []


@pytest.mark.slow
def test_a_run_with_a_sick_model_ends_with_children_of_the_other_and_is_replayed() -> None:
    with Endpoint(quirk=lambda body: BROKEN) as sick, Endpoint() as well:
        models = ("--model", f"m,base_url={sick.url}", "--model", f"m,base_url={well.url}")
        quick = ("--set", "sampling.backoff_s=0.05", "--set", "sampling.retries=2", "--set", "sampling.rest_s=0.5")
        done = evolve("run", "nk", "--name", "s", "--json", *SMALL, *models, *quick, env={"OPENAI_API_KEY": KEY})
        summary_of(done)
        assert sick.requests
        assert f"model m at {sick.url} rests for 0.5 s, others answer for it" in done.stderr
    assert problems("s") == []
    with ledger_of("s") as ledger:
        made = [c for c in ledger.candidates() if c.operator != "seed"]
        assert {c.model for c in made} == {f"m at {well.url}"}
        assert {c.stand_in for c in ledger.calls()} == {"", f"m at {well.url}"}
    summary_of(evolve("replay", "s", "--json"))
    assert differences(runs() / "s", runs() / "s-replay") == []
