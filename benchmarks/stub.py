"""A model that takes its time and an evaluator that does, for measurements of what an engine makes of both; no language model.

The model answers over HTTP after a set time with another number in the program it was shown, in the form that was asked for: a segment
of ours, or a whole program as OpenEvolve reads it.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_numbers = itertools.count(1)


@contextmanager
def model(seconds: float) -> Iterator[str]:
    """The address of a model that answers after so many seconds, however many ask at once."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            time.sleep(seconds)
            told = reply("\n".join(str(m["content"]) for m in asked["messages"]), next(_numbers))
            choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": told}}
            usage = {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200}
            body = json.dumps(
                {
                    "id": "x",
                    "object": "chat.completion",
                    "created": 0,
                    "model": "stub",
                    "choices": [choice],
                    "usage": usage,
                }
            ).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()


def reply(prompt: str, number: int) -> str:
    """A child that no other one equals; nothing where a lesson is asked for."""
    if re.search(r"# Role: *Critic", prompt):
        return "No lesson."
    if asked := re.findall(r"^Segments? to change[^:\n]*: `(\w+)`", prompt, re.MULTILINE):
        block = re.findall(rf"EVOLVE-BLOCK-START {asked[-1]}\n(.*?)\n[^\n]*EVOLVE-BLOCK-END", prompt, re.DOTALL)[0]
        return f"Another number.\n\n```python segment={asked[-1]}\n{renumbered(block, number)}\n```"
    program = re.findall(r"# Current Program\n```\w*\n(.*?)```", prompt, re.DOTALL)[0]
    return f"Another number.\n\n```python\n{renumbered(program, number)}\n```"


def renumbered(code: str, number: int) -> str:
    """The code with another learning rate, which every number makes another one."""
    rate = 0.002 + (number * 37 % 1000) * 3e-5 + number * 1e-9
    return re.sub(r"lr=[\d.e-]+", f"lr={rate:.9f}", code, count=1)


def task(folder: Path, seconds: float, tail: float = 0.0) -> Path:
    """mnist1d, its trainings of 20 steps and then asleep: so many seconds together, but for one in ten, which takes `tail` times as long."""
    place = folder / "stub"
    shutil.copytree(ROOT / "tasks" / "mnist1d", place)
    toml = (place / "task.toml").read_text(encoding="utf-8")
    toml = toml.replace("steps = 1000", "steps = 20").replace("every = 100", "every = 20")
    (place / "task.toml").write_text(toml, encoding="utf-8")
    data = (place / "data.py").read_text(encoding="utf-8")
    (place / "data.py").write_text(data.replace("FRESH = 10_000", "FRESH = 200"), encoding="utf-8")
    program = (place / "program.py").read_text(encoding="utf-8")
    kept = program.index("# EVOLVE-BLOCK-START optimiser")  # the one segment: its learning rate is what changes
    program = re.sub(r"# EVOLVE-BLOCK-(START \w+|END)\n", "", program[:kept]) + program[kept:]
    (place / "program.py").write_text(program, encoding="utf-8")
    harness = (place / "harness.py").read_text(encoding="utf-8")
    last = '    emit("predict", {"split": "test", "step": steps}'
    assert harness.count(last) == 1
    sleep = f"    import random, time\n    time.sleep({seconds} * ({tail or 1.0} if random.SystemRandom().random() < 0.1 else 1.0))\n"
    (place / "harness.py").write_text(harness.replace(last, sleep + last), encoding="utf-8")
    return place
