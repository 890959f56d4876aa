"""How far chance moves a score of this run, and what a step usually brings: read from the ledger as of a commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from memory.ledger import Ledger
from memory.records import Candidate
from memory.scores import LEAST, Noise, Score, Usual, believed, noise_of, score, usual_step

_KEPT = 4  # yardsticks that are read again and again: of the last commits, and of those that lessons are judged by
_RECENT = 200  # measured steps that tell what is usual: it changes as a run goes on


_READ: WeakKeyDictionary[Ledger, dict[int, Yardstick]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Yardstick:
    """What scores of a run are read against."""

    metric: str  # name of the first objective, the one that varies from training to training
    worst: float  # what a training that learnt nothing scores
    noise: Noise
    usual: Usual
    declared: Mapping[str, float]  # by the task: change of each other objective that may be chance

    def score(self, one: Candidate) -> Score | None:
        """Mean, number of trainings and standard error of a program's first objective; None where it has none."""
        if not one.objectives or self.metric not in one.objectives:
            return None
        return score(one.scores or (one.objectives[self.metric],), self.worst, self.noise)

    def bound(self, name: str, ours: float, n: int, theirs: float, m: int) -> float:
        """The difference of two programs in an objective, of `n` and `m` trainings, up to which it may be chance."""
        if name != self.metric:
            return self.declared.get(name, 0.0)
        return self.noise.bound(ours, max(1, n), theirs, max(1, m))

    def worth(self, one: Candidate, parent: Candidate | None, least: int = LEAST) -> float | None:
        """What is to be believed of its first objective: a lucky single run is shrunk towards what children of its parent get."""
        found, theirs = self.score(one), self.score(parent) if parent else None
        if found is None or theirs is None:
            return found.mean if found else None
        unit = self.noise.sd(theirs.mean)
        return believed(found, theirs.mean + self.usual.mean * unit, self.usual.spread * unit, self.noise, least)


def yardstick(ledger: Ledger, upto: int | None = None) -> Yardstick:
    """As of this commit, or of all that is committed."""
    kept = _READ.setdefault(ledger, {})
    if upto in kept:
        return kept[upto]
    found = _read(ledger, upto)
    if upto is not None and ledger.selection(upto) is not None:  # what counts up to it does not change any more
        if len(kept) >= _KEPT:
            kept.pop(min(kept))
        kept[upto] = found
    return found


def _read(ledger: Ledger, upto: int | None) -> Yardstick:
    objectives = ledger.meta().get("objectives", [])
    metric = ledger.metric()
    declared = {str(item["name"]): float(item.get("noise") or 0.0) for item in objectives}
    name, worst = str(metric["name"]), float(metric["reference"])
    seed = ledger.scores(["seed"]).get("seed", ())
    known = [value for value in seed if value is not None]
    at = sum(known) / len(known) if known else worst
    repeated = [[v for v in values if v is not None] for values in ledger.repeated(upto)]
    noise = noise_of(repeated, declared.get(name, 0.0), at, metric.get("unit") == "%")
    steps = ledger.steps(_RECENT, upto)
    scores = ledger.scores({id for step in steps for id in step}, upto)
    pairs = (
        (score(scores[parent], worst, noise), score(scores[child], worst, noise))
        for child, parent in steps
        if parent in scores and child in scores
    )
    return Yardstick(name, worst, noise, usual_step(pairs, noise), declared)
