"""A whole run over real HTTP in the OpenAI form: through every fault of a server and every bad reply of a model."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from endpoint import FAULTS, Body, Endpoint, Reply, answer_offline
from world import SMALL, differences, evolve, ledger_of, runs, story, summary_of, tiny_task

from memory.ledger import Ledger

TASK = "nk"  # a table: what is promised here has no part in a training
KEY = "sk-very-secret-0123456789"
PATIENT = ("--model", "loopback", "--set", "sampling.backoff_s=0.05", "--set", "sampling.timeout_s=60")
HANGS_S = 8  # so long a server is waited for that never answers: a busy machine has answered by then


def environment(server: Endpoint) -> dict[str, str]:
    return {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY}


class Calm(NamedTuple):
    """A run over HTTP that nothing disturbed: its folder, what it said, and the server, closed."""

    folder: Path
    result: dict[str, Any]
    server: Endpoint


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Calm:
    place = tmp_path_factory.mktemp("calm")
    with Endpoint() as server:
        env = environment(server) | {"EVOLVE_RUNS": str(place), "EVOLVE_CACHE": str(shared_cache)}
        done = evolve("run", TASK, "--name", "calm", "--json", *SMALL, *PATIENT, env=env)
    return Calm(place / "calm", summary_of(done), server)


def test_a_run_over_http_records_every_call_as_it_was_sent(calm: Calm) -> None:
    requests = calm.server.requests
    assert calm.result["model_calls"] == len(requests)
    assert set(calm.server.keys) == {f"Bearer {KEY}"}
    sent = sorted(
        str((r["temperature"], r["max_completion_tokens"] if "max_completion_tokens" in r else r["max_tokens"]))
        for r in requests
    )
    with Ledger.open(calm.folder / "ledger.sqlite", read_only=True) as ledger:
        calls = ledger.calls()
        assert sorted(str((c.sampling["temperature"], c.sampling["max_tokens"])) for c in calls) == sent
        assert {c.model for c in calls} == {"loopback"}
        assert not any(c.offline for c in calls)
        assert calm.result["tokens"] == {"in": 100 * len(calls), "out": 50 * len(calls)}


@pytest.mark.slow
def test_every_passing_fault_of_a_server_is_outlived_and_costs_no_child(calm: Calm) -> None:
    with Endpoint() as rough:
        rough.faults = dict(enumerate(FAULTS))
        given = (*SMALL, *PATIENT, "--set", f"sampling.timeout_s={HANGS_S}")
        summary_of(evolve("run", TASK, "--name", "rough", "--json", *given, env=environment(rough)))
        assert len(rough.requests) == len(calm.server.requests) + len(FAULTS)
    assert differences(calm.folder, runs() / "rough") == []
    with ledger_of("rough") as ledger:
        assert sum(e.kind == "retried" for e in ledger.events()) == len(FAULTS)


BAD = (
    ("", "stop"),
    ("I am sorry, but I cannot help with that.", "stop"),
    ("Use a wider kernel; it sees more of the signal.", "stop"),
    ("```python segment=stem\nclass Stem(nn.Module):\n    def __init__(self):\n        super().", "length"),
    ("```python segment=tail\nx = 1\n```", "stop"),
    ("```python segment=stem\nclass Stem(nn.Module:\n    pass\n```", "stop"),
    ("x" * 200_000, "stop"),
    ("<think>\n```python segment=stem\nclass Stem: pass\n```\n", "length"),
    ("An idea \ud83d without code.", "stop"),
    ("```python segment=stem\nclass Stem(nn.Module:  # \ud83d\n    pass\n```", "stop"),
)


@pytest.mark.slow
def test_bad_replies_become_failure_kinds_or_are_repaired(tmp_path: Path) -> None:
    """Each bad first answer goes back with the exact error; the second answer is sound and the child is measured."""
    task = tiny_task(tmp_path)
    given: list[int] = []

    def answer(body: Body) -> tuple[str, str]:
        first_try = len(body["messages"]) == 2 and "# Role: Architect" in body["messages"][1]["content"]
        if first_try and len(given) < len(BAD):
            given.append(1)
            return BAD[len(given) - 1]
        return answer_offline(body)

    size = ("--generations", "1", "--initial", str(len(BAD)), "--slots", "2", "--sandbox", "jail")
    with Endpoint(answer) as server:
        result = summary_of(
            evolve("run", str(task), "--name", "bad", "--json", *size, *PATIENT, env=environment(server))
        )
        complaints = [r["messages"][-1]["content"] for r in server.requests if len(r["messages"]) == 4]
    assert len(complaints) >= len(BAD)
    assert all(c.startswith("Your answer was not accepted.") for c in complaints)
    assert any("token limit" in c for c in complaints)
    assert result["children"] == len(BAD)
    assert result["evaluations"] >= 1 + len(BAD) // 2
    with ledger_of("bad") as ledger:
        firsts = [c.failure for c in ledger.calls() if c.key.endswith("/0")]
    assert all(firsts), firsts


@pytest.mark.slow
def test_a_dead_endpoint_stops_the_run_with_everything_kept_and_resume_goes_on() -> None:
    with Endpoint() as server:
        env = environment(server)
        server.faults = {n: "503" for n in range(3, 60)}
        fast = (*PATIENT, "--set", "sampling.retries=1")
        done = evolve("run", TASK, "--name", "d", "--quiet", *SMALL, *fast, env=env)
        assert done.returncode == 1
        assert len(done.stderr.strip().splitlines()) == 1
        assert "evolve resume d" in done.stderr
        assert "503" in done.stderr
        paid = story(runs() / "d")["calls"]
        assert paid
        server.faults = {}
        summary_of(evolve("resume", "d", "--json", env=env))
    ended = story(runs() / "d")["calls"]
    assert {key: ended[key] for key in paid} == paid


def test_a_refused_key_is_told_at_once_and_never_shown() -> None:
    with Endpoint() as server:
        server.faults = {n: "401" for n in range(60)}
        done = evolve("run", TASK, "--name", "k", *SMALL, *PATIENT, env=environment(server))
    assert done.returncode == 1
    assert "401" in done.stderr
    everything = (
        done.stderr + done.stdout + "".join(str(p.read_bytes()) for p in (runs() / "k").rglob("*") if p.is_file())
    )
    assert KEY not in everything


def test_a_named_model_without_an_endpoint_is_refused_before_anything_is_made() -> None:
    done = evolve("run", TASK, "--name", "n", "--quiet", *SMALL, *PATIENT)
    assert done.returncode == 2
    assert not (runs() / "n").exists()
    assert "OPENAI_API_KEY" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


ONE = ("--generations", "1", "--initial", "3", "--slots", "1", "--sandbox", "jail", "--set", "search.eot=0")


@pytest.mark.slow
def test_a_refused_question_fails_its_child_and_no_resume_is_needed() -> None:
    asked: list[str] = []
    one_by_one = threading.Lock()

    def picky(body: Body) -> Reply | None:
        if len(body["messages"]) == 1:
            return None
        question = body["messages"][-1]["content"]
        with one_by_one:
            asked.append(question)
        if question == asked[0]:
            return 400, {"error": {"message": "filtered by the content management policy", "code": "content_filter"}}
        return None

    with Endpoint(quirk=picky) as server:
        done = evolve(
            "run",
            TASK,
            "--name",
            "f",
            *ONE,
            "--set",
            "search.initial=4",
            *PATIENT,
            env=environment(server),
        )
        assert done.returncode == 0, done.stderr
    with ledger_of("f") as ledger:
        fates = [c.failure for c in ledger.candidates(generation=1)]
        refused = [c for c in ledger.candidates() if c.failure == "unanswered"]
        assert len(fates) == 4
        assert 0 < fates.count("unanswered") == len(refused) < 4
        for child in ledger.candidates(generation=1):
            question = ledger.calls(candidate=child.id)[0].messages[-1]["content"]
            assert (child.failure == "unanswered") == (question == asked[0]), child.id
        assert all("content management policy" in c.message and c.repairs == 0 for c in refused)
    assert done.stderr.count("its child fails") == len(refused)
    assert "the model refused the question" in evolve("transcript", "f").stdout
    again = summary_of(evolve("replay", "f", "--json"))
    assert again["failures"].get("unanswered") == len(refused)
    assert differences(runs() / "f", runs() / "f-replay") == []


@pytest.mark.slow
def test_models_are_told_apart_by_address_and_a_colon_belongs_to_the_name() -> None:
    with Endpoint() as one, Endpoint() as two:
        names = (
            f"claude-v2:0,weight=2,base_url={one.url}",
            f"claude-v2:0,base_url={two.url},weight=2",
            f"m:²,base_url={two.url}",
        )
        flags = [part for name in names for part in ("--model", name)]
        summary_of(
            evolve(
                "run",
                TASK,
                "--name",
                "t",
                "--json",
                *ONE,
                "--set",
                "search.initial=8",
                *flags,
                env={"OPENAI_API_KEY": KEY},
            )
        )
        with ledger_of("t") as ledger:
            drawn = {c.id: str(c.model) for c in ledger.candidates(generation=1)}
            calls = {c.candidate: c.model for c in ledger.calls()}
        assert {name.partition(" at ")[0] for name in drawn.values()} == {"claude-v2:0", "m:²"}
        assert all(drawn[str(id)].startswith(f"{model} at ") for id, model in calls.items())
        asked = {one.url: len(one.requests), two.url: len(two.requests)}
        assert asked == {url: sum(url in drawn[str(id)] for id in calls) for url in asked}


def test_the_same_model_at_the_same_address_is_named_once() -> None:
    done = evolve("run", TASK, "--model", "m", "--model", "m,weight=2")
    assert done.returncode == 2
    assert done.stderr.strip() == "evolve: models: m is there twice; name it once, with the weights added up"


@pytest.mark.slow
def test_prompts_go_to_no_third_party_unless_our_own_settings_ask_for_it() -> None:
    with Endpoint() as server, Endpoint(hang_s=1) as third:
        listening = {
            "LANGSMITH_TRACING": "true",
            "LANGCHAIN_TRACING_V2": "true",
            "LANGSMITH_ENDPOINT": third.url,
            "LANGSMITH_API_KEY": "ls-very-secret-0123456789",
        }
        env = environment(server) | listening
        one = ("--json", *ONE, "--set", "search.initial=1", *PATIENT)
        summary_of(evolve("run", TASK, "--name", "q", *one, env=env))
        assert third.hits == 0
        evolve("run", TASK, "--name", "l", *one, "--set", "tracing=true", env=env)
        assert third.hits > 0
