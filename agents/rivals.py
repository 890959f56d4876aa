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
        self._upto = -1  # the last commit that was read
        self._known: dict[str, Rival] = {}  # what was measured by then

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
            rivals=tuple(self._as_of(child.after).values()),
            size=child.size,
        )

    def _as_of(self, commit: int) -> dict[str, Rival]:
        """By id; each commit is read once, unless an earlier one is asked for."""
        if commit < self._upto:
            self._upto, self._known = -1, {}
        for number in range(self._upto + 1, commit + 1):
            found = self._ledger.outcomes(self._ledger.touched(number), number)
            for id in found.keys() & self._known.keys():  # an audit may have struck it
                del self._known[id]
            for id, one in found.items():
                if one.status == "evaluated" and (curve := self._curve(id)) is not None:
                    self._known[id] = Rival(_size(one), curve)
            self._upto = number
        return self._known

    def _curve(self, id: str) -> tuple[tuple[float, float], ...] | None:
        """That of the training with the seed that a child is trained with; None where it did not end well."""
        for one in self._ledger.trainings(id):
            if one.train_seed == self._train_seed and one.failure is None:
                return tuple((point["step"], point["score"]) for point in one.curve)
        return None


def _size(candidate: Candidate) -> int | None:
    counted = (candidate.objectives or {}).get("params")
    return candidate.size if counted is None else int(counted)
