"""`evolve doctor`: what it says of this machine and of an endpoint, and what it never says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import typer
from endpoint import POLL_S
from typer.testing import CliRunner

from agents.personas import user_folder
from commands.doctor import Fact, doctor, endpoint, folders, personas, torch_imported, verdict

KEY = "sk-very-secret-0123456789"
MODELS = json.dumps({"object": "list", "data": [{"id": "a"}, {"id": "b"}]}).encode()
Answer = Callable[[BaseHTTPRequestHandler], None]


def say(status: int, body: bytes = b"", **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return answer


HANGS_S = 60  # far longer than the doctor waits, also on a busy machine


def hang(request: BaseHTTPRequestHandler) -> None:
    for _ in range(HANGS_S * 10):  # a byte now and then: no single read ever times out
        request.wfile.write(b"H")
        time.sleep(0.1)


def cut(request: BaseHTTPRequestHandler) -> None:
    request.connection.close()


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answer], list[tuple[str, str | None]]]]:
    """Serve one answer on the loopback and point the environment at it; gives the (path, authorisation) of requests."""
    servers = []

    def start(answer: Answer) -> list[tuple[str, str | None]]:
        seen: list[tuple[str, str | None]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append((self.path, self.headers.get("Authorization")))
                answer(self)

            def log_message(self, *_: object) -> None:
                """Keep stderr clean."""

            def finish(self) -> None:
                try:
                    super().finish()
                except (OSError, ValueError):
                    self.close_connection = True  # the client, or the test, has hung up

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        threading.Thread(target=server.serve_forever, args=(POLL_S,), daemon=True).start()
        servers.append(server)
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1/")
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        return seen

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("answer", "ok", "said"),
    [
        (say(200, MODELS), True, "answers with 2 models"),
        (say(401), False, "refuses the key (401)"),
        (say(404), True, "lists no models (404)"),
        (say(500), False, "status 500"),
        (say(200, b"<html>"), False, "not in the OpenAI form"),
        (say(200, b"[1]"), False, "not in the OpenAI form"),
        (say(200, b'{"data": 3}'), False, "not in the OpenAI form"),
        (say(200, b"\xff\xff"), False, "not in the OpenAI form"),
        (cut, False, "breaks off"),
        (hang, False, "no answer within 3 s"),
    ],
)
def test_the_endpoint_is_described_in_words(
    serve: Callable[[Answer], list[tuple[str, str | None]]], answer: Answer, ok: bool, said: str
) -> None:
    seen = serve(answer)
    started = time.monotonic()
    fact = endpoint()
    assert time.monotonic() - started < HANGS_S
    assert (fact.ok, said in fact.detail, bool(fact.cure)) == (ok, True, not ok), fact
    assert seen == [("/v1/models", f"Bearer {KEY}")]
    assert KEY not in repr(fact)


def test_the_key_does_not_follow_a_redirect(serve: Callable[[Answer], list[tuple[str, str | None]]]) -> None:
    elsewhere = serve(say(200, MODELS))
    serve(say(302, Location=f"{os.environ['OPENAI_BASE_URL']}models"))
    fact = endpoint()
    assert (fact.ok, elsewhere) == (False, [])
    assert "wants another address" in fact.detail


@pytest.mark.parametrize(
    ("base", "key", "ok", "said"),
    [
        ("", "", None, "the offline model answers"),
        ("", KEY, None, "the offline model answers"),
        ("http://127.0.0.1:1/v1", "", False, "OPENAI_API_KEY is not set"),
        ("http://127.0.0.1:1/v1", KEY, False, "cannot be reached"),
        ("http://127.0.0.1:1/v1", f"{KEY}\nX: y", False, "holds a line break, a character that no header may hold"),
        (f"http://me:{KEY}@127.0.0.1:1/v1", KEY, False, "is no address"),
        ("http://127.0.0.1:port/v1", KEY, False, "is no address"),
        ("127.0.0.1:8000/v1", KEY, False, "is no address"),
    ],
)
def test_a_wrong_setting_is_named_and_the_key_is_not(
    monkeypatch: pytest.MonkeyPatch, base: str, key: str, ok: bool | None, said: str
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", base)
    monkeypatch.setenv("OPENAI_API_KEY", key)
    fact = endpoint()
    assert fact.ok is ok
    assert said in fact.detail
    assert fact.cure
    assert KEY not in repr(fact)


def test_the_runs_folder_is_judged_without_being_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLVE_RUNS", str(tmp_path / "a" / "b"))
    runs, data = folders()
    assert (runs.ok, data.ok) == (True, True)
    assert not (tmp_path / "a").exists()
    (tmp_path / "a").write_text("a file where a folder should be")
    blocked, _ = folders()
    assert (blocked.ok, blocked.needed) == (False, True)
    assert "EVOLVE_RUNS" in blocked.cure


def test_a_broken_persona_is_found() -> None:
    assert personas().ok
    user_folder().mkdir()
    (user_folder() / "bad.toml").write_text("voice = 1")
    assert not personas().ok
    assert "bad.toml" in personas().detail


def test_deep_asks_torch_itself() -> None:
    fact = torch_imported()
    assert fact.ok
    assert fact.detail.startswith(("built for CUDA", "built for the CPU"))


@pytest.fixture
def command() -> Callable[..., tuple[int, str]]:
    app = typer.Typer()
    app.command()(doctor)

    def call(*args: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, args)
        return done.exit_code, done.stdout

    return call


def test_the_exit_code_says_whether_a_run_is_possible(
    command: Callable[..., tuple[int, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = command("--json")
    told = json.loads(said)
    facts = [Fact(**fact) for fact in told["facts"]]
    assert [fact.name for fact in facts if fact.ok is False and not fact.cure] == []
    assert (code == 0) == told["ok"] == all(fact.ok for fact in facts if fact.needed)
    assert {"python", "packages", "torch", "gpu", "sandbox", "endpoint", "personas", "runs folder"} <= {
        f.name for f in facts
    }

    (tmp_path / "file").touch()
    monkeypatch.setenv("EVOLVE_RUNS", str(tmp_path / "file" / "runs"))
    code, said = command()
    assert code == 1
    assert "runs folder" in said.splitlines()[-1]


def test_without_a_sandbox_alone_table_tasks_are_left() -> None:
    assert verdict(["sandbox"])[1:] == ["but for table tasks, which train nothing and need no sandbox: evolve run nk"]
    for stops in ([], ["runs folder"], ["sandbox", "runs folder"]):
        [said] = verdict(stops)
        assert "nk" not in said


def test_doctor_is_fast_and_imports_no_torch() -> None:
    code = (
        "import sys, time, commands.doctor as d; [*d.folders()]\n"
        "print(d.torch_pair().ok, 'torch' in sys.modules, time.process_time() < 3)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True False True\n"
