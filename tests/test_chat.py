"""One question at a time to a real HTTP server that behaves as endpoints do: what is answered, what is refused, what is told."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from endpoint import POLL_S, Body, Endpoint, Reply

from agents.chat import Chat, ModelStopped, Question
from agents.settings import ModelChoice, Sampling, Wire
from memory.ledger import Ledger
from memory.records import ModelCall

KEY = "sk-very-secret-0123456789"
ANSWER = ("yes, that is the answer", "stop")
FAST = Sampling(retries=2, backoff_s=0.02, timeout_s=5)


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with Ledger.create(tmp_path / "ledger.sqlite", {}) as made:
        yield made


def question(number: int = 0, model: str = "m", content: str = "which?") -> Question:
    messages = [{"role": "system", "content": "be brief"}, {"role": "user", "content": content}]
    return Question(f"critic-g{number:02d}/critic/0", None, number, "critic", None, model, 0.7, 1, messages)


def ask(ledger: Ledger, choice: ModelChoice, *questions: Question, sampling: Sampling = FAST) -> list[ModelCall]:
    async def all_of() -> list[ModelCall]:
        chat = Chat(ledger, [choice], sampling)
        return [await chat.ask(one) for one in questions or (question(model=choice.id),)]

    return asyncio.run(all_of())


def at(server: Endpoint, **settings: Any) -> ModelChoice:
    return ModelChoice(name="m", base_url=server.url, **settings)


def refuses(message: str, param: str | None = None) -> Reply:
    return 400, {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": None}}


def no_temperature(body: Body) -> Reply | None:
    return (
        refuses("Unsupported parameter: 'temperature' is not supported with this model.", "temperature")
        if "temperature" in body
        else None
    )


def peculiar(body: Body) -> Reply | None:
    """An endpoint with much against the usual form, one thing at a time."""
    if body["messages"][0]["role"] == "system":
        return refuses("System role not supported")
    if "max_tokens" in body:
        return refuses("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "max_tokens")
    if body.get("temperature", 0) > 0.5:
        return refuses("temperature must be less than or equal to 0.5", "temperature")
    if not body.get("stream"):
        return refuses("This model only support stream mode, please enable the stream parameter")
    return None


def test_what_an_endpoint_asks_for_is_found_kept_for_the_run_and_said_once(ledger: Ledger) -> None:
    with Endpoint(lambda body: ANSWER, quirk=peculiar) as server:
        choice = at(server)
        calls = ask(ledger, choice, question(0, choice.id), question(1, choice.id))
        first = len(server.requests)
        (again,) = ask(ledger, choice, question(2, choice.id))  # as after a resume
        assert first == 4 + 1 + 1
        assert len(server.requests) == first + 1
        assert server.requests[-1]["messages"] == [{"role": "user", "content": "be brief\n\nwhich?"}]
    assert [call.reply for call in [*calls, again]] == [ANSWER[0]] * 3
    assert {call.tokens_out for call in calls} == {50}
    assert {str(call.sampling) for call in calls} == {"{'temperature': 0.5, 'max_completion_tokens': 4096}"}
    adapted = [event.data["settings"] for event in ledger.events() if event.kind == "adapted"]
    assert len(adapted) == 1
    assert 'rename = { max_tokens = "max_completion_tokens" }' in adapted[0]


def test_what_is_set_is_sent_from_the_first_question_on(ledger: Ledger) -> None:
    wire = {"leave_out": ("temperature",), "system": "user", "body": {"enable_thinking": False}, "stream": True}
    with Endpoint(lambda body: ANSWER) as server:
        choice = at(server, **wire)
        ask(ledger, choice)
        (sent,) = server.requests
    assert "temperature" not in sent
    assert sent["enable_thinking"] is False
    assert sent["max_tokens"] == FAST.max_tokens
    assert sent["stream"] is True
    assert [m["role"] for m in sent["messages"]] == ["user"]
    assert choice.settings == Wire(**wire)  # type: ignore[arg-type]


def test_where_neither_name_of_the_limit_is_taken_none_is_sent(ledger: Ledger) -> None:
    def strict(body: Body) -> Reply | None:
        for name in ("max_tokens", "max_completion_tokens"):
            if name in body:
                return 400, {"error": f"Unknown field: {name}"}
        return None

    with Endpoint(lambda body: ANSWER, quirk=strict) as server:
        (call,) = ask(ledger, at(server))
        assert len(server.requests) == 3
    assert (call.reply, call.sampling) == (ANSWER[0], {"temperature": 0.7})


def test_a_refusal_that_was_misread_is_not_kept(ledger: Ledger) -> None:
    """Only what was answered is remembered: here leaving the parameter out helps nothing."""

    def touchy(body: Body) -> Reply | None:
        return (
            refuses("the parameter temperature is not allowed to be spoken of")
            if "heat" in body["messages"][-1]["content"]
            else None
        )

    with Endpoint(lambda body: ANSWER, quirk=touchy) as server:
        choice = at(server)
        heated, calm = ask(ledger, choice, question(0, choice.id, "heat"), question(1, choice.id))
    assert "not allowed to be spoken of" in heated.refusal
    assert calm.sampling["temperature"] == 0.7
    assert "temperature" in server.requests[-1]
    assert not [event for event in ledger.events() if event.kind == "adapted"]


def test_a_stream_that_nobody_asked_for_is_asked_for(ledger: Ledger) -> None:
    def streams_only(body: Body) -> Reply | None:
        return (
            None
            if body.get("stream")
            else (200, 'data: {"choices": [{"index": 0, "delta": {"content": "yes"}}]}\n\ndata: [DONE]\n\n')
        )

    with Endpoint(lambda body: ANSWER, quirk=streams_only) as server:
        server.kind = "text/event-stream"
        (call,) = ask(ledger, at(server))
    assert call.reply == ANSWER[0]


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("The response was filtered due to the prompt triggering the content management policy.", 400),
        ("This model's maximum context length is 4096 tokens. Please reduce the length of the messages.", 400),
        ("prompt is too long: 211180 tokens > 200000 maximum", 413),
        ("the backend broke down over this prompt", 500),
    ],
)
def test_a_refused_question_fails_alone_with_the_words_of_the_endpoint(
    ledger: Ledger, message: str, status: int
) -> None:
    def picky(body: Body) -> Reply | None:
        return (status, {"error": {"message": message}}) if "which" in body["messages"][-1]["content"] else None

    with Endpoint(lambda body: ANSWER, quirk=picky) as server:
        choice = at(server)
        refused, other = ask(ledger, choice, question(0, choice.id), question(1, choice.id, "what?"))
        sent = len(server.requests)
        (again,) = ask(ledger, choice, question(0, choice.id))
        assert len(server.requests) == sent
    assert message in refused.refusal
    assert refused.reply == ""
    assert again == refused
    assert other.reply == ANSWER[0]


def test_a_long_question_is_asked_again_for_as_long_a_reply_as_fits(ledger: Ledger) -> None:
    def small(body: Body) -> Reply | None:
        if body["max_tokens"] <= 4096 - 1925:
            return None
        return refuses(
            "This model's maximum context length is 4096 tokens and your request has 1925 input tokens", "max_tokens"
        )

    with Endpoint(lambda body: ANSWER, quirk=small) as server:
        (call,) = ask(ledger, at(server))
    assert call.reply == ANSWER[0]
    assert call.sampling["max_tokens"] == 4096 - 1925 - 16


def test_letters_that_cannot_be_sent_fail_their_question(ledger: Ledger) -> None:
    with Endpoint(lambda body: ANSWER) as server:
        choice = at(server)
        torn, other = ask(ledger, choice, question(0, choice.id, "a \ud83d b"), question(1, choice.id))
    assert "UTF-8 cannot encode" in torn.refusal
    assert other.reply == ANSWER[0]


STOPS: list[tuple[Reply, str]] = [
    ((401, {"error": {"message": f"Incorrect API key provided: {KEY}"}}), "check OPENAI_API_KEY"),
    ((402, {"error": {"message": "Insufficient credits"}}), "no credit left"),
    ((404, {"error": {"message": "The model `m` does not exist."}}), "is the model's name right?"),
    ((404, "404 page not found"), "It mostly ends in /v1"),
    ((200, {"error": "Unexpected endpoint or method. (POST /chat/completions)"}), "It mostly ends in /v1"),
    (
        (200, {"error": {"message": "Rate limit exceeded: free-models-per-day", "code": 429}}),
        "answered 429: Rate limit exceeded",
    ),
    (
        (
            200,
            {"choices": [{"finish_reason": "error", "error": {"code": 502, "message": "the provider is down, sorry"}}]},
        ),
        "answered 502: the provider",
    ),
    ((400, {"error": "model requires more system memory (8.4 GiB) than is available"}), "more system memory (8.4 GiB)"),
    ((422, {"message": {"detail": [{"msg": "no thanks", "loc": ["body"]}]}}), "no thanks"),
    ((503, "<html>Service Unavailable</html>"), "Service Unavailable"),
    ((200, "<html>please log in</html>"), "no chat completion: <html>please log in"),
    ((200, '{"id": "x", "choices": [{"mess'), "no chat completion"),
    ((200, {"id": "x", "choices": []}), "no chat completion"),
    ((200, {"id": "x", "choices": None}), "no chat completion"),
    ((200, {"id": "x", "choices": [{"message": None}]}), "no chat completion"),
    ((200, {"detail": "Not authenticated"}), "Not authenticated"),
]


@pytest.mark.parametrize(("reply", "said"), STOPS, ids=[f"{n}-{stop[0][0]}" for n, stop in enumerate(STOPS)])
def test_a_model_that_answers_nobody_stops_the_run_with_address_cause_and_cure(
    ledger: Ledger, reply: Reply, said: str
) -> None:
    with Endpoint(quirk=lambda body: reply) as server, pytest.raises(ModelStopped) as stopped:
        ask(ledger, at(server))
    told = str(stopped.value)
    assert said in told
    assert server.url in told
    assert "\n" not in told
    assert KEY not in told
    assert ledger.calls() == []


@pytest.mark.parametrize(
    "message",
    [
        {"content": "yes"},
        {"role": "assistant", "content": ["y", {"type": "text", "text": "es"}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "no"}, {"type": "text", "text": "yes"}]},
        {"role": "assistant", "content": {"text": "yes"}},
        {"role": "assistant", "content": None, "refusal": "yes"},
        {"role": "assistant", "content": "yes", "tool_calls": [{"id": None, "type": "function", "function": None}]},
    ],
)
@pytest.mark.parametrize(
    "usage", [None, [], "none", {"prompt_tokens": None}, {"prompt_tokens": 3.0, "completion_tokens": 4, "cost": 0.1}]
)
def test_a_completion_is_read_whatever_stands_around_its_text(ledger: Ledger, message: Body, usage: Any) -> None:
    body = {"model": None, "choices": [{"index": 0, "finish_reason": None, "message": message}], "usage": usage}
    with Endpoint(quirk=lambda _: (200, body)) as server:
        (call,) = ask(ledger, at(server))
    assert (call.reply, call.finish, call.model) == ("yes", "stop", "m")


def dead_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_an_address_where_nobody_is_is_told_with_its_cause(ledger: Ledger) -> None:
    plain = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    threading.Thread(target=plain.serve_forever, args=(POLL_S,), daemon=True).start()
    causes = {
        f"http://127.0.0.1:{dead_port()}/v1": "connection refused",
        "http://no-such-host.invalid/v1": "unknown host",
        f"https://127.0.0.1:{plain.server_address[1]}/v1": "no TLS connection",
    }
    patient = Sampling(retries=0, timeout_s=90)  # a resolver may take its time
    for address, cause in causes.items():
        with pytest.raises(ModelStopped, match=cause) as stopped:
            ask(ledger, ModelChoice(name="m", base_url=address), sampling=patient)
        assert address in str(stopped.value)
    plain.shutdown()


@pytest.mark.skipif(
    shutil.which("openssl") is None, reason="needs openssl to make a certificate that nobody has signed"
)
def test_a_certificate_that_nobody_has_signed_is_told_as_that(ledger: Ledger, tmp_path: Path) -> None:
    pair = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", *pair]
    subprocess.run(made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(POLL_S,), daemon=True).start()
    with pytest.raises(ModelStopped, match=r"certificate verify failed \(self.signed certificate\); .*SSL_CERT_FILE"):
        ask(ledger, ModelChoice(name="m", base_url=f"https://127.0.0.1:{server.server_address[1]}/v1"))
    server.shutdown()


def test_a_proxy_where_nobody_is_is_told_as_the_proxy(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{dead_port()}")
    with pytest.raises(ModelStopped) as stopped:
        ask(ledger, ModelChoice(name="m", base_url="http://models.example/v1"))
    assert "(through the proxy in http_proxy) cannot be reached: connection refused" in str(stopped.value)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("OPENAI_API_KEY", f"{KEY}\r", "holds a line break"),
        ("OPENAI_API_KEY", "sk-sécret-987654", "holds a letter that is not ASCII"),
        ("OPENAI_API_KEY", "", "OPENAI_API_KEY is not set"),
        ("ALL_PROXY", "socks://127.0.0.1:9", "ALL_PROXY names a proxy of the kind socks"),
        ("HTTPS_PROXY", "ftp://127.0.0.1:9", "HTTPS_PROXY names a proxy of the kind ftp"),
    ],
)
def test_a_key_or_a_proxy_that_stops_every_request_is_named_and_not_shown(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    for name in ("ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    with Endpoint(lambda body: ANSWER) as server, pytest.raises(ModelStopped) as stopped:
        ask(ledger, at(server))
    assert said in str(stopped.value)
    assert "987654" not in str(stopped.value)
    assert KEY not in str(stopped.value)
    assert server.requests == []


@pytest.mark.parametrize(("reply", "said"), [(("cut", "length"), "cut off at the limit"), (("", "stop"), "were empty")])
def test_replies_without_an_answer_have_their_common_cause_told_once(
    ledger: Ledger, reply: tuple[str, str], said: str
) -> None:
    with Endpoint(lambda body: reply) as server:
        choice = at(server)
        ask(ledger, choice, *(question(n, choice.id) for n in range(9)))
    (warning,) = [event for event in ledger.events() if event.kind == "warning"]
    assert said in warning.data["why"]


def test_each_of_two_addresses_gets_its_own_questions_and_key(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_KEY", "sk-another-0123456789")
    with Endpoint(lambda body: ("one", "stop")) as one, Endpoint(lambda body: ("two", "stop")) as two:
        choices = [at(one), at(two, key_env="OTHER_KEY")]

        async def both() -> list[str]:
            chat = Chat(ledger, choices, FAST)
            return [(await chat.ask(question(n, choice.id))).reply for n, choice in enumerate(choices)]

        assert asyncio.run(both()) == ["one", "two"]
    assert one.keys == [f"Bearer {KEY}"]
    assert two.keys == ["Bearer sk-another-0123456789"]
