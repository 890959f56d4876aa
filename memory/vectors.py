"""Texts and their vectors: searched exactly in memory, kept in a folder of Chroma from one process to the next.

A few thousand vectors are compared with one in a millisecond, so nothing is asked of Chroma's approximate index, and an answer
depends on what is remembered alone, not on the order in which it came or on what was torn and made again. The folder is written
in the background, many entries at a time; what a killed process had not written is embedded again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from heapq import nsmallest
from pathlib import Path
from typing import Any

import numpy as np

from memory.chroma import BATCH, ChromaError, ChromaFolder, Entry, remove
from memory.embedders import Embedder, EmbedderUnavailableError, make_embedder

_ALONE = 2**18  # multiplications up to which OpenBLAS does not divide a product of matrices among cores
_CLOSE = 1e-5  # more than single precision errs: who is so near the last place is compared again in double


class Vectors:
    """Not shared between processes. Nothing that is wrong with the folder is raised: it is made again, or done without."""

    def __init__(self, folder: Path | None, embedder: str, warn: Callable[[str], Any], read_only: bool = False) -> None:
        """Nothing is opened yet. Without a folder nothing is kept. `warn` gets a line when a folder was torn or cannot be used."""
        self._where, self._name, self._warn, self._read_only = folder, embedder, warn, read_only
        self._embedder: Embedder | None = None
        self._folder: ChromaFolder | None = None
        self._entries: dict[str, Entry] = {}
        self._keys: list[str] = []
        self._at: dict[str, int] = {}  # place of a key among the keys
        self._row = np.zeros(0, dtype=np.int64)  # of the matrix, by place
        self._homeless: dict[str, None] = {}  # keys of entries that have no row yet
        self._rows: dict[str, int] = {}  # of the matrix, by text: equal texts have one vector
        self._matrix = np.zeros((0, 0), dtype=np.float32)
        self._unwritten: dict[str, None] = {}
        self._alien: set[str] = set()  # keys in the folder that are not remembered
        self._writer: threading.Thread | None = None
        self._told: list[str] = []  # by the writer, for the thread that asks

    def __len__(self) -> int:
        return len(self._entries)

    def open(self, entries: Iterable[Entry]) -> int:
        """Remember these, with the vectors that the folder has of them; how many of them it had."""
        self._remember(entries)
        found = self._read() if self._where is not None else {}
        self._alien = found.keys() - self._entries.keys()
        sound = {
            key: row for key, (text, row) in found.items() if key in self._entries and text == self._entries[key][1]
        }
        texts = {self._entries[key][1]: row for key, row in sound.items()}
        self._place(list(texts), list(texts.values()))
        self._unwritten = {key: None for key in self._entries if key not in sound}
        self._tell()
        return len(sound)

    def hold(self, entries: Iterable[Entry]) -> None:
        """Remember these; what has the same key is replaced. They are embedded when they are asked for, or written."""
        self._unwritten.update(dict.fromkeys(self._remember(entries)))
        if len(self._unwritten) >= BATCH:
            self._write()
        self._tell()

    def nearest(
        self, texts: Sequence[str], k: int, among: Callable[[dict[str, Any]], bool] | None = None
    ) -> list[list[tuple[str, float]]]:
        """For each text the `k` keys nearest to it with cosine distance in [0, 2], equals by key, of those whose data fit.

        Raises EmbedderUnavailableError.
        """
        if not self._entries or k < 1:
            return [[] for _ in texts]
        self._embed(texts)
        keys, rows = self._keys, self._places()
        if among is not None:
            fit = [at for at, key in enumerate(keys) if among(self._entries[key][2])]
            keys, rows = [keys[at] for at in fit], rows[fit]
        if not keys:
            return [[] for _ in texts]
        asked = self._matrix[[self._rows[text] for text in texts]]
        rough = _products(self._matrix[: len(self._rows)], asked)
        return [self._ranked(vector, rough[rows, at], k, keys, rows) for at, vector in enumerate(asked)]

    def similarity(self, one: str, other: str) -> float:
        """Cosine similarity of two texts, in [-1, 1]. Raises EmbedderUnavailableError."""
        self._embed([one, other])
        return float(_dot(self._matrix[[self._rows[one]]], self._matrix[self._rows[other]])[0])

    def close(self) -> None:
        """Write what is not written, and wait for it."""
        if self._writer is not None:
            self._writer.join()
        self._write()
        if self._writer is not None:
            self._writer.join()
        self._tell()

    def _ranked(
        self, vector: np.ndarray, rough: np.ndarray, k: int, keys: Sequence[str], rows: np.ndarray
    ) -> list[tuple[str, float]]:
        last = np.partition(rough, -k)[-k] if k < len(rough) else -2.0
        near = np.flatnonzero(rough >= last - _CLOSE)
        # many steps may read alike, and then have one row
        own, which = np.unique(rows[near], return_inverse=True)
        exact = [round(float(distance), 6) for distance in 1.0 - _dot(self._matrix[own], vector)]
        found = nsmallest(k, ((exact[row], keys[at]) for at, row in zip(near.tolist(), which.tolist(), strict=True)))
        return [(key, distance) for distance, key in found]

    def _remember(self, entries: Iterable[Entry]) -> list[str]:
        """The keys of those that are new or other than before."""
        changed = []
        for entry in entries:
            key = entry[0]
            if (known := self._entries.get(key)) == entry:
                continue
            if known is None:
                self._at[key] = len(self._keys)
                self._keys.append(key)
            self._entries[key] = entry
            self._homeless[key] = None
            changed.append(key)
        return changed

    def _places(self) -> np.ndarray:
        """The row of the matrix that each entry has, in the order of `_keys`."""
        self._embed(self._entries[key][1] for key in self._homeless)
        if len(self._keys) > len(self._row):
            self._row = np.concatenate([self._row, np.zeros(len(self._keys), dtype=np.int64)])
        for key in self._homeless:
            self._row[self._at[key]] = self._rows[self._entries[key][1]]
        self._homeless = {}
        return self._row[: len(self._keys)]

    def _embed(self, texts: Iterable[str]) -> None:
        new = [text for text in dict.fromkeys(texts) if text not in self._rows]
        if new:
            self._embedder = self._embedder or make_embedder(self._name)
            self._place(new, self._embedder(new))

    def _place(self, texts: Sequence[str], vectors: Sequence[np.ndarray] | np.ndarray) -> None:
        if not len(texts):
            return
        rows = np.asarray(vectors, dtype=np.float32)
        at, needed = len(self._rows), len(self._rows) + len(texts)
        if needed > len(self._matrix):
            wider = np.zeros((max(needed, 2 * len(self._matrix)), rows.shape[1]), dtype=np.float32)
            if at:
                wider[:at] = self._matrix[:at]
            self._matrix = wider
        self._matrix[at:needed] = rows
        self._rows.update(zip(texts, range(at, needed), strict=True))

    def _read(self) -> dict[str, tuple[str, np.ndarray]]:
        """What the folder has; a torn one is removed, so that it is written anew."""
        assert self._where is not None
        if not self._where.exists() and not self._where.is_symlink():
            return {}
        try:
            folder = self._chroma()
        except EmbedderUnavailableError:  # whoever needs a vector is told
            return {}
        try:
            found, damaged = folder.load()
        except ChromaError as error:
            self._mend(f"cannot be read ({error})")
            return {}
        if damaged:
            self._told.append(f"the memory in {self._where} has {damaged} damaged entries; they are made again")
        return found

    def _mend(self, fault: str) -> None:
        """Remove a torn folder, so that it is written anew."""
        assert self._where is not None
        try:
            if not self._read_only:
                remove(self._where)
            cure = (
                "'evolve memory rebuild' makes it again"
                if self._read_only
                else "it is made again from what was recorded"
            )
            self._told.append(f"the memory in {self._where} {fault}; {cure}")
        except ChromaError as why:
            self._give_up(f"{fault}, and {why}")

    def _chroma(self) -> ChromaFolder:
        assert self._where is not None
        if self._folder is None:
            self._embedder = self._embedder or make_embedder(self._name)
            self._folder = ChromaFolder(self._where, self._embedder.name, self._embedder.config)
        return self._folder

    def _write(self) -> None:
        """Begin to write what is not written, unless that goes on already."""
        busy = self._writer is not None and self._writer.is_alive()
        if busy or self._where is None or self._read_only or not (self._unwritten or self._alien):
            return
        try:
            rows = self._places().copy()
            folder = self._chroma()
        except EmbedderUnavailableError:  # later, when it answers; else another process will
            return
        part, alien, everything = (
            [self._at[key] for key in self._unwritten],
            list(self._alien),
            [*self._entries.values()],
        )
        self._unwritten, self._alien, vectors = {}, set(), self._matrix

        def work() -> None:
            try:
                some = [everything[at] for at in part]
                try:
                    if folder.save(some, vectors[rows[part]], alien) >= len(everything):
                        return
                    why = "entries are missing"
                except ChromaError as error:
                    why = str(error)
                self._mend(f"was torn ({why})")
                if not self._read_only:
                    folder.save(everything, vectors[rows])
            except ChromaError as error:
                self._told.clear()
                self._give_up(f"cannot be written ({error})")

        self._writer = threading.Thread(target=work, name="memory", daemon=True)
        self._writer.start()

    def _give_up(self, fault: str) -> None:
        self._read_only = True
        self._told.append(f"the memory in {self._where} {fault}; this process remembers without it")

    def _tell(self) -> None:
        while self._told:
            self._warn(self._told.pop(0))


def _products(rows: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Products of each row with each vector asked for, by this thread alone.

    In one piece OpenBLAS would take every core for it, and three times the processor's time to wait for them.
    """
    vectors = np.ascontiguousarray(asked.T if len(asked) > 1 else np.repeat(asked.T, 2, axis=1))
    found = np.empty((len(rows), vectors.shape[1]), dtype=np.float32)
    piece = max(8, _ALONE // vectors.size)
    for start in range(0, len(rows), piece):
        np.matmul(rows[start : start + piece], vectors, out=found[start : start + piece])
    return found


def _dot(rows: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Products in double precision, each row's summed alone, so that it does not depend on the rows beside it."""
    return (rows.astype(np.float64) * vector.astype(np.float64)).sum(axis=1)
