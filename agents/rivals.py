"""Against whom a child races: the programs that were committed when it was ordered."""

from __future__ import annotations

from agents.racing import Race, Rival
from agents.settings import Racing
from memory.ledger import Ledger
from memory.records import Candidate
from tasks import Fidelity, Task


class Races:
    """The races of one run's children."""

    def __init__(self, task: Task, fidelity: Fidelity, ledger: Ledger, racing: Racing | None, train_seed: int) -> None:
        self._task, self._fidelity, self._ledger = task, fidelity, ledger
        self._racing, self._train_seed = racing, train_seed
        self._read: tuple[int, tuple[Rival, ...]] = (-1, ())  # up to which commit, and the rivals of that time

    def race_of(self, child: Candidate) -> Race | None:
        """The race that this child runs; none for the seed, nor where nothing is raced."""
        if self._racing is None or not self._racing.rungs or child.operator == "seed":
            return None
        metric = self._task.objectives[0].name
        return Race(
            steps=int(self._fidelity.settings["steps"]),
            rungs=self._racing.rungs,
            keep=self._racing.keep,
            least=self._racing.least,
            margin=self._racing.margin * self._task.noise.get(metric, 0.0),
            rivals=self._rivals(child.after),
            size=child.size,
        )

    def _rivals(self, commit: int) -> tuple[Rival, ...]:
        if self._read[0] != commit:
            measured = self._ledger.candidates(status="evaluated", code=False)
            earlier = {c.id: c for c in measured if c.committed is not None and c.committed <= commit}
            rivals = [
                Rival(_size(earlier[e.candidate]), tuple((p["step"], p["score"]) for p in e.curve))
                for e in self._ledger.evaluations("done")
                if e.candidate in earlier and e.train_seed == self._train_seed and e.failure is None
            ]
            self._read = (commit, tuple(rivals))
        return self._read[1]


def _size(candidate: Candidate) -> int | None:
    counted = (candidate.objectives or {}).get("params")
    return candidate.size if counted is None else int(counted)
