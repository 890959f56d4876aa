"""What Thompson sampling wins over drawing alike, when one arm is truly better: a simulation without any training.

    python benchmarks/allocation.py --repeats 60

Each arm's child gains with a rate of its own; a gain is lognormal (sigma 1.5) and shrinks from generation to generation, as gains
of a run do; every child costs the same. The sum of gains and the best arm's share of the last three generations' draws are means
over the repeats, with 95 % intervals of the mean.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path
from statistics import fmean, stdev

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from graph.bandit import Trial, draw, shares, tally, thompson
from memory.records import Candidate

WORLDS = (
    (10, 0.1, 0.1),
    (10, 0.1, 0.3),
    (10, 0.05, 0.4),
    (6, 0.2, 0.3),
    (6, 0.1, 0.3),
)  # arms, rate of most, rate of one
SIZES = ((6, 10), (20, 10), (20, 20))  # generations, children of each


def run(
    arms: int, rate: float, best: float, generations: int, size: int, seed: int, learns: bool
) -> tuple[float, float]:
    """The gains of a run summed, and the best arm's share of its last three generations."""
    rng = random.Random(seed)
    prior = {f"arm {n}": 1.0 for n in range(arms)}
    trials: list[Trial] = []
    for generation in range(1, generations + 1):
        chances = thompson(prior, tally(trials, lambda child: child.persona), 0.1) if learns else shares(prior)
        for n in range(size):
            arm = draw(chances, rng)
            success = rng.random() < (best if arm == "arm 0" else rate)
            gain = rng.lognormvariate(-6 - 0.15 * generation, 1.5) if success else 0.0
            child = Candidate(f"g{generation:02d}-{n:02d}", generation, n, "mutate", persona=arm)
            trials.append(Trial(child, gain, 1000, generation))
    late = [t.child.persona == "arm 0" for t in trials if t.child.generation > generations - 3]
    return sum(t.gain for t in trials), fmean(late)


def mean(values: list[float], digits: int) -> str:
    """Mean and half the width of its 95 % interval (normal)."""
    return f"{fmean(values):.{digits}f} ± {1.96 * stdev(values) / len(values) ** 0.5:.{digits}f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=60)
    repeats = parser.parse_args().repeats
    print(
        "| arms | rate of one | of the others | children | gain, uniform | gain, thompson | best arm's share at the end |"
    )
    print("|---|---|---|---|---|---|---|")
    for arms, rate, best in WORLDS:
        for generations, size in SIZES:
            alike = [run(arms, rate, best, generations, size, seed, False) for seed in range(repeats)]
            learnt = [run(arms, rate, best, generations, size, seed, True) for seed in range(repeats)]
            print(
                f"| {arms} | {best} | {rate} | {generations} x {size} | {mean([g for g, _ in alike], 3)} "
                f"| {mean([g for g, _ in learnt], 3)} | {mean([s for _, s in learnt], 2)} (by lot {1 / arms:.2f}) |"
            )


if __name__ == "__main__":
    main()
