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
        self._known: dict[
            str, list[tuple[int, Rival]]
        ] = {}  # by id, as it is from each commit on that told something new

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
            rivals=self._as_of(child.after),
            size=child.size,
        )

    def _as_of(self, commit: int) -> tuple[Rival, ...]:
        """Each commit is read once, and children of older asks may come later."""
        for number in range(self._upto + 1, commit + 1):
            for id, one in self._ledger.outcomes(self._ledger.touched(number), number).items():
                if one.status != "evaluated":
                    self._known.pop(id, None)  # an audit may have struck it: it is nobody's rival any more
                elif (curve := self._curve(id)) is not None:
                    self._known.setdefault(id, []).append((number, Rival(_size(one), curve)))
            self._upto = number
        found = (next((rival for at, rival in reversed(ways) if at <= commit), None) for ways in self._known.values())
        return tuple(rival for rival in found if rival is not None)

    def _curve(self, id: str) -> tuple[tuple[float, float], ...] | None:
        """That of the training with the seed that a child is trained with; None where it did not end well."""
        for one in self._ledger.trainings(id):
            if one.train_seed == self._train_seed and one.failure is None:
                return tuple((point["step"], point["score"]) for point in one.curve)
        return None


def _size(candidate: Candidate) -> int | None:
    counted = (candidate.objectives or {}).get("params")
    return candidate.size if counted is None else int(counted)
