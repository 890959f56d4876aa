"""A folder of Chroma, read and written through a process of its own, so that nothing that is wrong with it reaches the run."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from memory.chroma_process import BATCH, receive, send

Entry = tuple[str, str, dict[str, Any]]  # key, text, and what else Chroma is to show of it

PATIENCE_S = 60.0  # for one answer, which takes a second or two


class ChromaError(Exception):
    """The folder cannot be read or written: one line that says why."""


class ChromaFolder:
    """The vectors of one folder. What is asked for is done when a method returns; any number of threads may ask."""

    _process: ClassVar[subprocess.Popen[bytes] | None] = None  # one for all folders: it takes a second to start
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, folder: Path, embedder: str, config: dict[str, Any]) -> None:
        """`embedder` and `config` are stored with the vectors; a folder that was made by others is refused."""
        self.folder = folder.absolute()
        self._asked = {"folder": str(self.folder), "embedder": embedder, "config": config}
        self._patience_s = PATIENCE_S

    def load(self) -> tuple[dict[str, tuple[str, np.ndarray]], int]:
        """Text and vector of every sound entry by its key, and how many are damaged; nothing where there is no folder.

        Raises ChromaError.
        """
        if not self.folder.exists():
            return {}, 0
        said, vectors = self._ask({**self._asked, "do": "load"})
        found = zip(said["keys"], said["texts"], vectors, strict=True)
        return {key: (text, row) for key, text, row in found}, said["damaged"]

    def save(self, entries: Sequence[Entry], vectors: np.ndarray, forget: Sequence[str] = ()) -> int:
        """Write entries and remove those of other keys; how many there are then. Raises ChromaError."""
        count = 0
        for start in range(
            0, max(len(entries), 1), BATCH
        ):  # one by one, so that patience is for a bounded piece of work
            part = {"entries": list(entries[start : start + BATCH]), "forget": [] if start else list(forget)}
            said, _ = self._ask({**self._asked, "do": "save", **part}, vectors[start : start + BATCH])
            count = int(said["count"])
        return count

    def _ask(self, asked: dict[str, Any], vectors: np.ndarray | None = None) -> tuple[dict[str, Any], np.ndarray]:
        with self._lock:
            try:
                return self._answered(asked, vectors)
            except (EOFError, OSError):
                code = self.end()
                if code != 0:
                    raise ChromaError(_why(code, self._patience_s)) from None
            try:  # it had ended by itself, having waited long enough
                return self._answered(asked, vectors)
            except (EOFError, OSError):
                raise ChromaError(_why(self.end(), self._patience_s)) from None

    def _answered(self, asked: dict[str, Any], vectors: np.ndarray | None) -> tuple[dict[str, Any], np.ndarray]:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        watch = threading.Timer(self._patience_s, process.kill)
        watch.start()
        try:
            send(process.stdin, asked, vectors)  # type: ignore[arg-type]
            said, found = receive(process.stdout)  # type: ignore[arg-type]
        finally:
            watch.cancel()
        if "failed" in said:
            self.end()
            raise ChromaError(said["failed"])
        return said, found

    @classmethod
    def _running(cls) -> subprocess.Popen[bytes]:
        if cls._process is None or cls._process.poll() is not None:
            cls.end()
            cls._process = subprocess.Popen(
                # -P: a folder called `memory` where the user stands is not ours
                [sys.executable, "-P", "-m", "memory.chroma_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
                process_group=0,  # Ctrl-C is for the run, which asks for one last thing
            )
        return cls._process

    @classmethod
    def end(cls) -> int:
        """End the process, if it runs; its exit status, negative for a signal."""
        process, cls._process = cls._process, None
        if process is None:
            return 0
        code = process.poll()
        if code is None:
            try:
                code = process.wait(0.2)  # it may be on its way
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # what it had not read
                pipe.close()  # type: ignore[union-attr]
        return code


atexit.register(ChromaFolder.end)


def _why(code: int, patience_s: float) -> str:
    if code == -signal.SIGKILL:
        return f"Chroma did not answer within {patience_s:g} s, or was killed"
    return f"Chroma died of {signal.Signals(-code).name}" if code < 0 else f"Chroma ended with exit code {code}"


def remove(folder: Path) -> None:
    """Remove a folder, or whatever stands in its place. Raises ChromaError."""
    try:
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)
        else:
            folder.unlink(missing_ok=True)
    except OSError as error:
        raise ChromaError(f"it cannot be removed: {error.strerror}") from error
