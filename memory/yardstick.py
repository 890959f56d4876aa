"""How far chance moves a score of this run, and what a step usually brings: read from the ledger as of a commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from memory.ledger import Ledger
from memory.records import Candidate
from memory.scores import LEAST, Noise, Score, Usual, noise_of, score, usual_step, worth

RECENT = 200  # measured steps that tell what is usual: it changes as a run goes on


@dataclass(frozen=True)
class Chance:
    """What may be chance between two scores of a run."""

    metric: str  # name of the first objective, the one that varies from training to training
    worst: float  # what a training that learnt nothing scores
    noise: Noise
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


@dataclass(frozen=True)
class Yardstick:
    """What a score of a run is worth."""

    chance: Chance
    usual: Usual

    def worth(self, one: Candidate, parent: Candidate | None, least: int = LEAST) -> float | None:
        """What is to be believed of its first objective: a lucky single run is shrunk towards what children of its parent get."""
        found, theirs = self.chance.score(one), self.chance.score(parent) if parent else None
        if found is None or theirs is None:
            return found.mean if found else None
        return worth(found, theirs, self.usual, self.chance.noise, least)


_READ: WeakKeyDictionary[Ledger, dict[int, Chance]] = WeakKeyDictionary()


def chance(ledger: Ledger, upto: int | None = None) -> Chance:
    """As it is read at this commit, or at the last one: as of `judged_at` it, by the run's own repetitions until then."""
    upto = ledger.last_number() if upto is None else upto
    kept, at = _READ.setdefault(ledger, {}), judged_at(upto)
    if at in kept:
        return kept[at]
    objectives, metric = ledger.meta().get("objectives", []), ledger.metric()
    declared = {str(item["name"]): float(item.get("noise") or 0.0) for item in objectives}
    name, worst = str(metric["name"]), float(metric["worst"])
    known = [value for value in ledger.scores(["seed"], max(0, at)).get("seed", ()) if value is not None]
    level = sum(known) / len(known) if known else worst
    repeated = [[v for v in values if v is not None] for values in ledger.repeated(at)]
    noise = noise_of(repeated, declared.get(name, 0.0), level, metric.get("unit") == "%")
    found = Chance(name, worst, noise, declared)
    if ledger.selection(at) is not None:  # what counts up to it does not change any more
        kept[at] = found
    return found


def judged_at(upto: int) -> int:
    """The commit as of which the noise is read up to this one: 0, 1, 2, 3, 4, 6, 8, 12, 16 and so on.

    Another noise is another reading of every child. Read at each commit it would cost the square of a run's length.
    """
    if upto < 1:
        return upto
    power = 1 << upto.bit_length() >> 1
    return power + power // 2 if upto >= power + power // 2 else power


def yardstick(ledger: Ledger, upto: int) -> Yardstick:
    """As of this commit: chance, and what the newest steps before it brought."""
    known = chance(ledger, upto)
    steps = ledger.steps(RECENT, upto)
    scores = ledger.scores({id for step in steps for id in step}, upto)
    pairs = (
        (score(scores[parent], known.worst, known.noise), score(scores[child], known.worst, known.noise))
        for child, parent in steps
        if parent in scores and child in scores
    )
    return Yardstick(known, usual_step(pairs, known.noise))
