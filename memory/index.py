"""Which measured steps are alike: an index derived from the ledger and never the truth.

It may be deleted or torn at any time, also while a run is at work: what it lacks is made again from the ledger, see
`memory.vectors`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memory.chroma import ChromaError, Entry, remove
from memory.connect import LedgerError
from memory.describe import describe
from memory.embedders import EmbedderUnavailableError, make_embedder
from memory.hashing import embed
from memory.records import Evidence
from memory.vectors import Vectors

if TYPE_CHECKING:
    from memory.ledger import Ledger


class Index:
    """Steps of one run, in a folder of its own, or in memory alone."""

    def __init__(
        self,
        where: Path | None,
        embedder: str = "hash",
        ledger: Ledger | None = None,
        warn: Callable[[str], Any] | None = None,
        read_only: bool = False,
    ) -> None:
        """Nothing is opened yet. The ledger is what it is filled from at its first use, and held to.

        `warn` gets a line when the folder was torn or the embedder is away; without it that is an event in the ledger.
        """
        self.where, self.embedder, self._ledger, self._read_only = where, embedder, ledger, read_only
        self.warn = warn or self._event
        """Says a line where this run's warnings go."""
        self.away = False
        """Whether the embedder did not answer, so that something was not found."""
        self._opened: Vectors | None = None
        self._children: set[str] = set()
        self.found = 0
        """How many steps the folder had as the ledger has them, when it was opened."""

    def add(self, evidence: Sequence[Evidence], run: str) -> None:
        """Add steps of the run; one that is there already is written over. It never fails."""
        self._vectors().hold(entry_of(step, run) for step in evidence)
        self._children |= {step.child for step in evidence}

    def near(self, like: Evidence | str, k: int, among: Collection[str] | None = None) -> list[tuple[str, float]]:
        """The `k` children whose steps are most like a step or a text, nearest first, with cosine distance in [0, 2].

        Equals are sorted by id. The answer depends on the steps alone, of which only those of the children `among` count.
        None, with a warning, while the embedder does not answer.
        """
        return self.near_each([like], k, among)[0]

    def near_each(
        self, likes: Sequence[Evidence | str], k: int, among: Collection[str] | None = None
    ) -> list[list[tuple[str, float]]]:
        """`near` for each of several, at little more than the cost of one."""
        if not likes:
            return []
        kept = self._vectors()
        texts = [like if isinstance(like, str) else describe(like) for like in likes]
        visible = None if among is None or self._children <= set(among) else set(among)
        known = None if visible is None else (lambda data: data["child"] in visible)
        try:
            # a child of two parents has at most two steps
            found = kept.nearest(texts, 2 * k, known)
        except EmbedderUnavailableError as error:
            self._missed(error)
            return [[] for _ in likes]
        return [_by_child(one, k) for one in found]

    def similarity(self, one: str, other: str) -> float:
        """Cosine similarity of two texts, in [-1, 1]; by their words alone, with a warning, while the embedder does not answer."""
        try:
            return self._vectors().similarity(one, other)
        except EmbedderUnavailableError as error:
            self._missed(error)
            first, second = embed([one, other]).astype(float)
            return float(first @ second)

    def count(self) -> int:
        """How many steps the index holds."""
        return len(self._vectors())

    def rebuild(self) -> int:
        """Make the folder again from the ledger; how many steps it has then. Raises LedgerError."""
        make_embedder(self.embedder)  # without it nothing could be made
        faults: list[str] = []
        try:
            if self.where is not None:
                remove(self.where)
        except ChromaError as error:
            raise LedgerError(f"the memory in {self.where} cannot be made again: {error}") from error
        self._opened, self.warn = None, faults.append
        count = self.count()
        self.close()
        if faults:
            raise LedgerError(faults[-1])
        return count

    def close(self) -> None:
        """Write what is not written. Closing twice, or before anything was opened, is fine."""
        if self._opened is not None:
            self._opened.close()

    def _vectors(self) -> Vectors:
        if self._opened is None:
            self._opened = Vectors(self.where, self.embedder, self.warn, self._read_only)
            steps, run = [], ""
            if self._ledger is not None:
                steps, run = self._ledger.evidence(), str(self._ledger.meta().get("run", ""))
            self._children = {step.child for step in steps}
            self.found = self._opened.open(entry_of(step, run) for step in steps)
        return self._opened

    def _missed(self, error: Exception) -> None:
        if not self.away:
            self.away = True
            self.warn(str(error))

    def _event(self, why: str) -> None:
        if self._ledger is not None:
            self._ledger.add_event("warning", {"about": "memory", "why": why})


def entry_of(step: Evidence, run: str) -> Entry:
    """What is kept of a step: its key, the text that is compared, and what else Chroma shows of it."""
    data = {
        "run": run,
        "child": step.child,
        "parent": step.parent,
        "generation": step.generation,
        "operator": step.operator,
        "segment": step.segment or "",
        "intent": step.intent or "",
        "persona": step.persona or "",
    }
    return f"{run}/{step.child}/{step.parent}", describe(step), data


def _by_child(found: Sequence[tuple[str, float]], k: int) -> list[tuple[str, float]]:
    best: dict[str, float] = {}
    for key, distance in found:
        best.setdefault(key.rsplit("/", 2)[1], distance)
    return sorted(best.items(), key=lambda pair: (pair[1], pair[0]))[:k]
