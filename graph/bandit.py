"""What personas, intents, models and wordings brought for their tokens, and how often each should be drawn next. Pure functions.

Thompson sampling for budgeted bandits (Xia et al. 2015, "Thompson Sampling for Budgeted Multi-Armed Bandits"): an arm's
drawn success rate is divided by its mean cost, and the arm with the largest quotient is played. Success is a rank among
siblings, because gains are heavy-tailed, mostly zero and shrink as a run goes on (comparison-based credit: Fialho,
Schoenauer and Sebag 2010, "Toward Comparison-based Adaptive Operator Selection").
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from memory.exact import exact, rounded
from memory.records import Candidate

_CELLS = 1024  # of the grid on which the chances are summed, even in the logarithm
_LEAST = 1e-6  # success per cost below which the grid ends
_USUAL = 2  # children of the usual cost that every arm is supposed to have had

Arm = Callable[[Candidate], str | None]
Sums = Counter[str]


@dataclass(frozen=True)
class Trial:
    """What one child brought, and what its calls cost."""

    child: Candidate
    gain: (
        float  # hypervolume added to everything that was committed when it was ordered, as a share of the reference box
    )
    tokens: int  # in and out, repairs included
    cohort: int  # those made at the same time have the same


@dataclass(frozen=True)
class Tally:
    """What came of an arm's children."""

    trials: int = 0
    success: float = 0.0  # the share of its siblings that each child beat, summed; 0 for a child without a gain
    cost: float = 0.0  # tokens of each child in units of what a sibling cost on average, summed
    gained: int = 0  # children that brought a gain
    gain: float = 0.0
    tokens: int = 0

    @property
    def price(self) -> float:
        """The mean cost of a child in units of its siblings', 1 for an arm without trials."""
        return (_USUAL + self.cost) / (_USUAL + self.trials)

    @property
    def gain_per_1000_tokens(self) -> float | None:
        """Hypervolume gained for 1,000 tokens; None when no token was counted."""
        return 1000 * self.gain / self.tokens if self.tokens else None


def tally(trials: Iterable[Trial], arm: Arm) -> dict[str, Tally]:
    """The tally of every arm that `arm` names; children for which it answers None count only as siblings of others."""
    families: dict[tuple[int, str], list[Trial]] = defaultdict(list)
    for trial in trials:
        families[siblings(trial)].append(trial)
    sums: dict[str, Sums] = defaultdict(Counter)
    for family in families.values():
        for name, part in shared_among(family, arm).items():
            sums[name].update(part)
    return {name: tallied(found) for name, found in sums.items()}


def siblings(trial: Trial) -> tuple[int, str]:
    """Alike for siblings, the children of one cohort and one operator: they met much the same archive with the same kind of work."""
    return trial.cohort, trial.child.operator


def shared_among(family: Sequence[Trial], arm: Arm) -> dict[str, Sums]:
    """What siblings add to the sums of each arm, see `memory.exact`."""
    gains = sorted(t.gain for t in family)
    mean = fmean(t.tokens for t in family)
    sums: dict[str, Sums] = defaultdict(Counter)
    for t in family:
        name = arm(t.child)
        if name is not None:
            cost = t.tokens / mean if mean else 1.0
            found = {"success": exact(_beaten(t.gain, gains)), "cost": exact(cost), "gain": exact(t.gain)}
            sums[name].update({"trials": 1, "gained": int(t.gain > 0), "tokens": t.tokens, **found})
    return sums


def tallied(sums: Sums) -> Tally:
    """The tally that these sums make."""
    numbers = {name: rounded(sums[name]) for name in ("success", "cost", "gain")}
    return Tally(trials=sums["trials"], gained=sums["gained"], tokens=sums["tokens"], **numbers)


def _beaten(gain: float, gains: Sequence[float]) -> float:
    """The share of the siblings, in rising order of gain, that a child with this gain beats; an equal one counts half."""
    if gain <= 0:
        return 0.0
    if len(gains) == 1:
        return 1.0
    below = bisect_left(gains, gain)
    equal = bisect_right(gains, gain) - below - 1
    return (below + equal / 2) / (len(gains) - 1)


def thompson(prior: Mapping[str, float], tallies: Mapping[str, Tally], floor: float) -> dict[str, float]:
    """The chance of each arm of `prior` to be drawn next; they sum to 1.

    An arm's chance is the user's weight times the chance that it is the best, with a uniform prior of its success rate.
    `floor` is the share of the draws that goes by the user's weights alone, so that no arm is given up for ever.
    """
    usual = shares(prior)
    able = [arm for arm, share in usual.items() if share]
    known = [tallies.get(arm, Tally()) for arm in able]
    if len(able) < 2 or not any(t.trials for t in known):
        return usual
    best = dict(zip(able, _best(known), strict=True))
    learnt = shares({arm: usual[arm] * best.get(arm, 0.0) for arm in usual})
    return {arm: floor * usual[arm] + (1 - floor) * learnt[arm] for arm in usual}


def beats(a: Tally, b: Tally) -> float:
    """The chance that arm `a` brings more for its cost than arm `b`."""
    return float(_best([a, b])[0])


def _best(tallies: Sequence[Tally]) -> np.ndarray:
    """For each arm the chance that its success per cost is the largest of all."""
    prices = np.array([t.price for t in tallies])
    z = np.exp(np.linspace(np.log(_LEAST), np.log(1 / prices.min()), _CELLS + 1)[:-1])
    rate = z[None, :] * prices[:, None]  # success rate that makes this success per cost
    possible = rate < 1
    inside = np.where(possible, rate, 0.5)
    wins = np.array([t.success for t in tallies])[:, None]
    losses = np.array([t.trials - t.success for t in tallies])[:, None]
    # Beta(1 + wins, 1 + losses), times the width of a cell, which grows with z
    logs = np.where(possible, (wins + 1) * np.log(inside) + losses * np.log1p(-inside), -np.inf)
    mass = np.exp(logs - logs.max(axis=1, keepdims=True))
    mass /= mass.sum(axis=1, keepdims=True)
    below = np.cumsum(mass, axis=1) - mass / 2  # within a cell neither is the larger
    chances = np.array([(mass[n] * np.delete(below, n, axis=0).prod(axis=0)).sum() for n in range(len(tallies))])
    return chances / chances.sum()


def shares(weights: Mapping[str, float]) -> dict[str, float]:
    """The weights as shares of 1; all alike when every weight is 0, as after a swap to personas that were weighted out."""
    total = sum(weights.values())
    return {arm: w / total if total else 1 / len(weights) for arm, w in weights.items()}


def draw(chances: Mapping[str, float], rng: random.Random) -> str:
    """One arm, by its chance."""
    arms = list(chances)
    if len(set(chances.values())) == 1:
        return rng.choice(arms)
    return rng.choices(arms, list(chances.values()))[0]
