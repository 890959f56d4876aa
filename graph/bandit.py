"""What personas, intents, models and wordings brought for their tokens, and how often each should be drawn next. Pure functions.

Thompson sampling for budgeted bandits (Xia et al. 2015, "Thompson Sampling for Budgeted Multi-Armed Bandits"): an arm's
drawn success rate is divided by its mean cost, and the arm with the largest quotient is played. Success is a rank among
siblings, because gains are heavy-tailed, mostly zero and shrink as a run goes on (comparison-based credit: Fialho,
Schoenauer and Sebag 2010, "Toward Comparison-based Adaptive Operator Selection").
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from graph.pareto import hypervolume
from memory.dominance import front
from memory.records import UNTRIED, Candidate
from tasks import Objective

_CELLS = 1024  # of the grid on which the chances are summed, even in the logarithm
_LEAST = 1e-6  # success per cost below which the grid ends
_USUAL = 2  # children of the usual cost that every arm is supposed to have had


@dataclass(frozen=True)
class Trial:
    """What one child brought, and what its calls cost."""

    child: Candidate
    gain: float  # hypervolume added to everything measured before its generation, as a share of the reference box
    tokens: int  # in and out, repairs included


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


def trials_of(
    candidates: Iterable[Candidate], tokens: Mapping[str, int], objectives: Sequence[Objective]
) -> list[Trial]:
    """A trial for every finished child of these candidates, by id; one that the sandbox lost is no trial.

    `tokens` maps ids of children to what their calls cost.
    """
    every = sorted(candidates, key=lambda c: (c.generation, c.id))
    goals = {o.name: o.goal for o in objectives}
    trials: list[Trial] = []
    archive: list[Candidate] = []
    for generation in sorted({c.generation for c in every}):
        members = [c for c in every if c.generation == generation]
        before = hypervolume(archive, objectives)
        for child in members:
            if child.operator == "seed" or child.failure in UNTRIED or child.status not in ("evaluated", "failed"):
                continue
            after = hypervolume(front([*archive, child], goals), objectives) if child.objectives else before
            trials.append(Trial(child, max(0.0, after - before), tokens.get(child.id, 0)))
        archive = front([*archive, *members], goals)
    return trials


def tally(trials: Iterable[Trial], arm: Callable[[Candidate], str | None]) -> dict[str, Tally]:
    """The tally of every arm that `arm` names; children for which it answers None count only as siblings of others.

    Siblings are the children of one generation and one operator: they met the same archive with the same kind of work.
    """
    siblings: dict[tuple[int, str], list[Trial]] = defaultdict(list)
    for trial in trials:
        siblings[trial.child.generation, trial.child.operator].append(trial)
    shares: dict[str, list[tuple[Trial, float, float]]] = defaultdict(list)
    for group in siblings.values():
        gains = sorted(t.gain for t in group)
        mean = fmean(t.tokens for t in group)
        for t in group:
            name = arm(t.child)
            if name is not None:
                shares[name].append((t, _beaten(t.gain, gains), t.tokens / mean if mean else 1.0))
    return {
        name: Tally(
            trials=len(found),
            # sorted, so that the order in which the records came cannot change the last digit of a sum
            success=sum(sorted(beaten for _, beaten, _ in found)),
            cost=sum(sorted(cost for _, _, cost in found)),
            gained=sum(t.gain > 0 for t, _, _ in found),
            gain=sum(sorted(t.gain for t, _, _ in found)),
            tokens=sum(t.tokens for t, _, _ in found),
        )
        for name, found in shares.items()
    }


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
