"""Both backends for tests: one started sandbox for each, shared by all modules, driven from tests without a loop."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sandbox import Job, JobResult, Limits, Sandbox, SandboxUnavailable, open_sandbox
from sandbox.image import image_status
from sandbox.kernel import missing_walls

BACKENDS = ("docker", "jail")
MISSING = missing_walls()
MAIN = "docker" if MISSING else "jail"  # where a test goes that looks at what no backend has a part in
needs_jail = pytest.mark.skipif(bool(MISSING), reason=f"no jail: {'; '.join(MISSING)}")

# The harness of the tests: the program's own function is called with everything a harness has.
HARNESS = """
import torch

def train(program, data_dir, settings, emit):
    if hasattr(program, "attack"):
        program.attack(data_dir, settings, emit)
    model = program.build_model() if hasattr(program, "build_model") else None
    emit("predict", {"step": 1}, {"y": torch.arange(3.0)})

def check(program, data_dir, settings, emit):
    model = program.build_model()
    optimizer, scheduler = program.build_optimizer(model, 10)
    loss = model(torch.zeros(4, 3)).sum()
    loss.backward()
    if not torch.isfinite(loss):
        raise FloatingPointError("the loss is not finite")
"""

LIMITS = Limits(timeout_s=20, memory_mb=300, threads=32, log_kb=64, frames_mb=16, scratch_mb=16)


class Bench:
    """A started sandbox in a loop of its own thread."""

    def __init__(self, name: str, slots: int = 2) -> None:
        self.data = Path(tempfile.mkdtemp(prefix="evolve-test-data-"))
        self.data.chmod(0o755)
        np.save(self.data / "x.npy", np.arange(5))
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        try:
            self.sandbox: Sandbox = open_sandbox(name, slots=slots, data_dir=self.data, run="tests", memory_mb=300)
            self.wait(self.sandbox.start())
        except BaseException:  # an absent backend is told by a skip and leaves nothing behind
            shutil.rmtree(self.data)
            raise

    def wait(self, work: Coroutine[Any, Any, Any], timeout_s: float = 600) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout_s)

    def job(self, program: str | dict[str, str], kind: str = "train", **changes: Any) -> Job:
        files = {"program.py": program} if isinstance(program, str) else program
        given: dict[str, Any] = {
            "id": "t", "kind": kind, "program": files, "harness": HARNESS, "data_dir": self.data, "limits": LIMITS,
        }  # fmt: skip
        return Job(**{**given, **changes})

    def run(self, program: str | dict[str, str], kind: str = "train", **changes: Any) -> JobResult:
        result = self.wait(self.sandbox.run(self.job(program, kind, **changes)))
        assert isinstance(result, JobResult)
        return result

    def stand(self) -> None:
        """Return when every slot has its worker, not only the first."""

        async def stood() -> None:
            await asyncio.gather(*self.sandbox._mending)  # type: ignore[attr-defined]

        self.wait(stood())

    def close(self) -> None:
        self.wait(self.sandbox.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        shutil.rmtree(self.data)


_BENCHES: dict[str, Bench] = {}


def need(name: str) -> str:
    """The backend's name; skips the test, with the reason, where it is absent."""
    if name == "jail":
        if MISSING:
            pytest.skip(f"no jail: {'; '.join(MISSING)}")
        return name
    try:
        usable = image_status().usable
    except SandboxUnavailable as error:
        pytest.skip(f"docker: {error}")
    if not usable:
        pytest.skip("docker: the sandbox image is missing")
    return name


def bench(name: str, config: pytest.Config) -> Bench:
    """The shared bench of a backend; skips the test, with the reason, where the backend is absent."""
    if name not in _BENCHES:
        _BENCHES[name] = Bench(need(name))
        _BENCHES[name].stand()
        config.add_cleanup(_BENCHES[name].close)
    return _BENCHES[name]


def processes() -> dict[int, str]:
    """Command lines of all processes."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                found[int(name)] = (
                    Path(f"/proc/{name}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                )
            except OSError:
                continue
    return found
