"""A loopback HTTP server that speaks the OpenAI chat form, answers with the offline model, and can be told to misbehave."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from agents.offline import OfflineChatModel

Body = dict[str, Any]
Reply = tuple[int, Body | str]  # status, and the body as JSON or as it stands
POLL_S = 0.02  # of `serve_forever`: a server is closed within one of them; its own default is half a second
FAULTS = ("429", "500", "503", "hang", "cut", "not-json", "no-completion")


def answer_offline(body: Body) -> tuple[str, str]:
    """Reply and finish reason, decided by the messages alone."""
    seed = int(hashlib.sha256(json.dumps(body["messages"]).encode()).hexdigest()[:7], 16)
    messages = [(m["role"].replace("assistant", "ai"), m["content"]) for m in body["messages"]]
    return str(OfflineChatModel().invoke(messages, seed=seed, temperature=body.get("temperature", 1.0)).text), "stop"


class Endpoint:
    """`faults[n]` is what goes wrong with the n-th request; `quirk` answers those that it has something against, e.g. refuses a
    parameter; `answer` makes the others' reply, as a stream where one is asked for. Keeps every request."""

    def __init__(
        self,
        answer: Callable[[Body], tuple[str, str]] = answer_offline,
        hang_s: float = 30.0,
        quirk: Callable[[Body], Reply | None] = lambda body: None,
    ) -> None:
        self.answer, self.hang_s, self.quirk = answer, hang_s, quirk
        self.kind = "application/json"  # content type of what `quirk` answers
        self.retry_after = "0.2"  # of a 429, in seconds
        self.headers: dict[str, str] = {}  # further ones of every answer
        self.hits = 0  # requests of any kind, to any path
        self.faults: dict[int, str] = {}
        self.requests: list[Body] = []
        self.keys: list[str] = []
        self._lock = threading.Lock()
        # CPython 3.11 parses one program at a time: in several threads ast.parse raises a SystemError about its recursion depth
        self._answering = threading.Lock()
        self._closing = threading.Event()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                return

            def parse_request(self) -> bool:
                endpoint.hits += 1
                return super().parse_request()

            def do_GET(self) -> None:
                self._send(200, {"object": "list", "data": [{"id": "loopback", "object": "model"}]})

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if not self.path.startswith(("/v1/chat/completions", "/v1/responses")):
                    return self._raw(404, b"404 page not found", {"Content-Type": "text/plain"})
                body = json.loads(raw)
                with endpoint._lock:
                    number = len(endpoint.requests)
                    endpoint.requests.append(body)
                    endpoint.keys.append(self.headers.get("Authorization", ""))
                return self._respond(body, endpoint.faults.get(number))

            def _respond(self, body: Body, fault: str | None) -> None:
                if fault == "429":
                    return self._send(429, {"error": {"message": "slow down"}}, {"retry-after": endpoint.retry_after})
                if fault in ("500", "503", "401", "404"):
                    return self._send(
                        int(fault), {"error": {"message": f"trouble with {self.headers['Authorization']}"}}
                    )
                if fault == "hang":
                    endpoint._closing.wait(endpoint.hang_s)
                if fault in ("hang", "cut"):
                    self.close_connection = True
                    return self.connection.close()
                if fault == "not-json":
                    return self._raw(200, b'{"id": "x", "choices": [{"mess')
                if fault == "no-completion":
                    return self._send(200, {"hello": "world"})
                found = endpoint.quirk({**body, "path": self.path})
                if found is not None:
                    status, said = found
                    raw = said if isinstance(said, str) else json.dumps(said)
                    return self._raw(status, raw.encode(), {"Content-Type": endpoint.kind})
                with endpoint._answering:
                    text, finish = endpoint.answer(body)
                if body.get("stream"):
                    return self._stream(body, text, finish)
                usage = {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150}
                choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}
                head = {"id": "c1", "object": "chat.completion", "created": int(time.time()), "model": body["model"]}
                return self._send(200, {**head, "choices": [choice], "usage": usage})

            def _stream(self, body: Body, text: str, finish: str) -> None:
                head = {
                    "id": "c1",
                    "object": "chat.completion.chunk",
                    "created": int(time.time()),
                    "model": body["model"],
                }
                parts = [
                    ({"role": "assistant", "content": text[:7]}, None),
                    ({"content": text[7:]}, None),
                    ({}, finish),
                ]
                chunks = [
                    {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": end}]} for delta, end in parts
                ]
                if body.get("stream_options", {}).get("include_usage"):
                    usage = {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150}
                    chunks.append({**head, "choices": [], "usage": usage})
                lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
                self._raw(200, "".join([*lines, "data: [DONE]\n\n"]).encode(), {"Content-Type": "text/event-stream"})

            def _send(self, status: int, payload: Body, headers: dict[str, str] | None = None) -> None:
                self._raw(status, json.dumps(payload).encode(), headers)

            def _raw(self, status: int, raw: bytes, headers: dict[str, str] | None = None) -> None:
                self.send_response(status)
                for name, value in {
                    "Content-Type": "application/json",
                    "Content-Length": str(len(raw)),
                    **endpoint.headers,
                    **(headers or {}),
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(raw)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        threading.Thread(target=self._server.serve_forever, args=(POLL_S,), daemon=True).start()

    def __enter__(self) -> Endpoint:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
