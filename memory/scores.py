"""What a score says: how often it was measured, how far chance moves it, what a single lucky one is worth. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median, variance
from typing import Literal, NamedTuple

LEAST = 3  # trainings after which a score is its plain mean
_SIGMAS = 1.96  # of a normal difference, 95 % are within as many standard deviations
_PRIOR = 4.0  # degrees of freedom of the declared noise: two programs trained thrice weigh as much
_ENDS = 0.5  # percent: nearer to 0 or 100 a handful of examples decide, and the binomial form would promise too much
_STEPS = 5  # fewer steps do not tell what is usual
_NORMAL = 1.4826  # standard deviation of a normal variable over its median deviation
_RARE = 2.326  # of a normal variable, one in a hundred is beyond
SHIFT = 0.5  # standard errors that a score is moved at most; beyond it the lucky are tried too seldom (benchmarks/confirmation.py)

Form = Literal["binomial", "proportional", "constant"]


@dataclass(frozen=True)
class Score:
    """The first objective of one program: mean over its trainings, how many there were, standard error of the mean."""

    mean: float
    n: int
    se: float


@dataclass(frozen=True)
class Noise:
    """Standard deviation of one training, as a function of the level of the score.

    A share in percent varies as a count of errors does, with sqrt(p (100 - p)); an error or a time that stays on one side of
    zero in proportion to its level; any other number alike everywhere.
    """

    factor: float
    form: Form

    def sd(self, level: float) -> float:
        """Of one training of a program whose true score is `level`, in units of the score."""
        return self.factor * _shape(self.form, level)

    def bound(self, level_a: float, n_a: int, level_b: float, n_b: int) -> float:
        """The difference of two means, of `n_a` and `n_b` trainings, beyond which it is no chance at 95 %.

        If it were chance both would have one true score: their common mean.
        """
        level = (n_a * level_a + n_b * level_b) / (n_a + n_b)
        return _SIGMAS * self.sd(level) * math.sqrt(1 / n_a + 1 / n_b)


def noise_of(repetitions: Iterable[Sequence[float]], declared: float, at: float, percent: bool) -> Noise:
    """The noise of a run: pooled over the trainings of each program, and the task's own figure with a few degrees of freedom.

    `repetitions` holds the scores of each program, failures left out; `declared` is the difference that 95 % of pairs of
    trainings stay within at level `at`, 0 where none is known. Without either the noise is 0. Of a program that varies far
    more than the others (one of its trainings diverged) no more is counted than chance would give it. Whoever is trained again
    was lucky at first, so the figure is 5 to 25 % too large (`benchmarks/confirmation.py`), which errs on the safe side.
    """
    groups = [list(values) for values in repetitions if len(values) > 1]
    form: Form = "binomial" if percent else "proportional"
    if not percent and (at == 0 or any(value * at <= 0 for values in groups for value in values)):
        form = "constant"
    found = [(_variance(values, form), float(len(values) - 1)) for values in groups]
    if declared > 0:
        found.append(((declared / (_SIGMAS * math.sqrt(2) * _shape(form, at))) ** 2, _PRIOR))
    return Noise(math.sqrt(_pooled(found)), form)


def score(values: Sequence[float | None], worst: float, noise: Noise) -> Score:
    """Of a program's trainings, None for one that failed: it counts as one that learnt nothing, and so scored `worst`.

    The standard error comes of the noise, not of the few values at hand; failures add what varies by failing or not.
    """
    if not values:
        raise ValueError("expected at least one training; a program that was never trained has no score")
    known = sorted(value for value in values if value is not None)
    n, held = len(values), len(known) / len(values)
    learnt = fmean(known) if known else worst
    one = held * noise.sd(learnt) ** 2 + held * (1 - held) * (worst - learnt) ** 2  # variance of one training
    return Score(held * learnt + (1 - held) * worst, n, math.sqrt(one / n))


class Usual(NamedTuple):
    """What a step from a parent to its child usually does, in standard deviations of one training at the parent's level."""

    mean: float
    spread: float  # standard deviation of true steps; infinite while too few are known


def usual_step(steps: Iterable[tuple[Score, Score]], noise: Noise) -> Usual:
    """Of measured steps, parent and child: by median and median deviation, since a few programs break altogether.

    The spread is that of the steps less what chance adds to it.
    """
    pairs = [(parent, child, noise.sd(parent.mean)) for parent, child in steps]
    pairs = [pair for pair in pairs if pair[2] > 0]
    if len(pairs) < _STEPS:
        return Usual(0.0, math.inf)
    deltas = [(child.mean - parent.mean) / unit for parent, child, unit in pairs]
    middle = median(deltas)
    spread = _NORMAL * median(abs(delta - middle) for delta in deltas)
    chance = median((parent.se / unit) ** 2 + (child.se / unit) ** 2 for parent, child, unit in pairs)
    return Usual(middle, math.sqrt(max(0.0, spread**2 - chance)))


def believed(
    score: Score, anchor: float, spread: float, noise: Noise, least: int = LEAST, shift: float = SHIFT
) -> float:
    """What a score is worth: a single run is shrunk towards what its kind usually gets (empirical Bayes).

    `anchor` is the parent's score and the usual step, `spread` the standard deviation of true steps around it. Nothing is
    moved by more than `shift` standard errors, or a rare great step would be taken for luck (limited translation; Efron and
    Morris 1972). From `least` trainings on it is the plain mean, which no later estimate moves.
    """
    chance = noise.sd(anchor) ** 2 / score.n  # at the anchor, not at the score, whose luck would count twice
    if score.n >= least or chance == 0 or math.isinf(spread):
        return score.mean
    pull = (anchor - score.mean) * chance / (chance + spread**2)
    most = shift * noise.sd(score.mean) / math.sqrt(score.n)
    return score.mean + max(-most, min(most, pull))


def worth(score: Score, parent: Score, usual: Usual, noise: Noise, least: int = LEAST, shift: float = SHIFT) -> float:
    """What the score of a child is worth: `believed` around what children of such a parent usually get."""
    unit = noise.sd(parent.mean)
    spread = usual.spread * unit if unit else math.inf
    return believed(score, parent.mean + usual.mean * unit, spread, noise, least, shift)


def _shape(form: Form, level: float) -> float:
    """The standard deviation of one training at a level, up to the factor."""
    if form == "binomial":
        share = min(max(level, _ENDS), 100 - _ENDS)
        return math.sqrt(share * (100 - share))
    return abs(level) if form == "proportional" else 1.0


def _variance(values: Sequence[float], form: Form) -> float:
    """Of the factor, by the trainings of one program."""
    return variance(values) / _shape(form, fmean(values)) ** 2  # `variance` is exact: 0 for equal values


def _pooled(found: Sequence[tuple[float, float]]) -> float:
    """The mean of variances weighted by degrees of freedom, each limited to what is rare by the weighted median of them."""
    if not found:
        return 0.0
    middle = _middle([(value / _quantile(0.0, freedom), freedom) for value, freedom in found])
    limit = math.inf if middle == 0 else middle
    kept = [(min(value, limit * _quantile(_RARE, freedom)), freedom) for value, freedom in found]
    return math.fsum(v * f for v, f in kept) / math.fsum(f for _, f in kept)


def _quantile(z: float, freedom: float) -> float:
    """Of a variance with such degrees of freedom whose true value is 1, at `z` of the normal (Wilson and Hilferty 1931)."""
    part = 2 / (9 * freedom)
    return float((1 - part + z * math.sqrt(part)) ** 3)


def _middle(weighted: Sequence[tuple[float, float]]) -> float:
    """The weighted median."""
    ordered, half = sorted(weighted), math.fsum(weight for _, weight in weighted) / 2
    reached = 0.0
    for value, weight in ordered:
        reached += weight
        if reached >= half:
            return value
    return ordered[-1][0]
