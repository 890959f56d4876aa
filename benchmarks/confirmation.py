"""Which rule of training again finds the better program at equal numbers of trainings: a simulation without any training.

    python benchmarks/confirmation.py --runs 200

A program has a true error and a number of parameters. A child's error is its parent's times a step: a third of the children
change nothing, one in twenty breaks, the others' steps are heavy-tailed (Student, three degrees of freedom) and mostly
harmful; half of those change the parameters too. A training shows the true error and noise of its level, in steps of 0.2.
16 children come first, then 10 a generation, from parents by rank and crowding; the last generation is as large as the
trainings allow. All figures are means over the runs, with the standard error of the mean.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import Literal

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from graph.confirm import Standing, wanted
from memory.scores import SHIFT, Noise, noise_of, score, usual_step, worth
from memory.yardstick import RECENT

INITIAL, POPULATION = 16, 10
WORST = (90.0, 20000.0)  # reference corner: error, parameters
Costs = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class World:
    """What is searched: the seed's true error, the standard deviation of one of its trainings, what the task declares."""

    name: str
    error: float
    sd: float
    declared: float = 2.4
    resized: float = 0.5  # share of the steps that change the parameters

    @property
    def noise(self) -> Noise:
        return noise_of([], 1.96 * math.sqrt(2) * self.sd, self.error, True)


WORLDS = (
    World("`mnist1d` as measured: 11.5 %, sd 1.57", 11.5, 1.57),
    World("`mnist1d` as declared: 11.5 %, sd 0.86", 11.5, 0.86),
    World("a good seed: 4 %, sd 0.9", 4.0, 0.9),
    World("one objective: 11.5 %, sd 1.57", 11.5, 1.57, resized=0.0),
)


@dataclass(frozen=True)
class Rule:
    """Who of those that would be kept is trained again, and whether shrunk scores choose."""

    name: str
    whom: Literal["nobody", "doubtful", "leader", "everyone", "everyone at the end"]
    least: int = 3
    shrunk: Literal["", "parents", "all"] = ""


RULES = (
    Rule("nobody", "nobody"),
    Rule("before: leads within the declared noise", "doubtful"),
    Rule("leader, twice", "leader", 2),
    Rule("leader, three times", "leader"),
    Rule("leader, five times", "leader", 5),
    Rule("everyone kept, three times", "everyone"),
    Rule("everyone kept, by shrunk scores", "everyone", shrunk="all"),
    Rule("leader, everyone at the end", "everyone at the end"),
    Rule("leader, everyone at the end; parents by shrunk scores", "everyone at the end", shrunk="parents"),
    Rule("leader, everyone at the end; all by shrunk scores", "everyone at the end", shrunk="all"),
)


@dataclass
class Program:
    """One program, what is true of it and what its trainings showed."""

    id: str
    parent: str | None
    error: float
    params: float
    place: int
    shown: list[float] = field(default_factory=list)


class Run:
    """All programs of one run, by age."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.rng, self.trainings = world, random.Random(seed), 0
        self.programs: dict[str, Program] = {}
        self._add(None, world.error, 5210.0)

    def _add(self, parent: str | None, error: float, params: float) -> str:
        one = Program(f"p{len(self.programs)}", parent, error, params, len(self.programs))
        self.programs[one.id] = one
        self.train(one.id)
        return one.id

    def train(self, name: str) -> None:
        one = self.programs[name]
        shown = self.rng.gauss(one.error, self.world.noise.sd(one.error))
        one.shown.append(min(100.0, max(0.0, round(shown * 5) / 5)))
        self.trainings += 1

    def child(self, name: str) -> str:
        parent, rng, kind = self.programs[name], self.rng, self.rng.random()
        step = size = 0.0
        if kind < 0.05:
            step = rng.uniform(1.0, 2.5)
        elif kind < 0.7:
            size = rng.gauss(0, 0.25) if rng.random() < self.world.resized else 0.0
            step = 0.08 - 0.1 * size + 0.12 * rng.gauss(0, 1) / math.sqrt(rng.gammavariate(1.5, 2 / 3))
        error = 1.5 + (parent.error - 1.5) * math.exp(step)  # 1.5 % cannot be learnt
        return self._add(name, min(WORST[0], error), round(parent.params * math.exp(size)))

    def noise(self) -> Noise:
        return noise_of([p.shown for p in self.programs.values()], self.world.declared, self.world.error, True)

    def worth(self, shift: float = SHIFT, least: int = 3) -> dict[str, float]:
        """The error of each program as it is believed."""
        noise = self.noise()
        found = {i: score(p.shown, WORST[0], noise) for i, p in self.programs.items()}
        parents = {i: found[p.parent] for i, p in self.programs.items() if p.parent}
        usual = usual_step(((parents[i], found[i]) for i in list(parents)[-RECENT:]), noise)
        believed = {i: worth(found[i], parent, usual, noise, least, shift) for i, parent in parents.items()}
        return {i: believed.get(i, one.mean) for i, one in found.items()}

    def costs(self, shrunk: bool, least: int = 3) -> Costs:
        worth = self.worth(least=least) if shrunk else {i: fmean(p.shown) for i, p in self.programs.items()}
        return {i: (worth[i], p.params) for i, p in self.programs.items()}


def front(names: Iterable[str], costs: Costs) -> list[str]:
    """Those that no other one dominates, the leader first, the first of equals alone."""
    kept: list[str] = []
    for name in sorted(names, key=lambda i: (costs[i], int(i[1:]))):
        if not kept or costs[name][1] < costs[kept[-1]][1]:
            kept.append(name)
    return kept


def ordered(names: Iterable[str], costs: Costs) -> Iterator[str]:
    """By rank, then by crowding (Deb 2002)."""
    left = list(dict.fromkeys(names))
    while left:
        layer = front(left, costs)
        gap = dict.fromkeys(layer, math.inf)
        for before, name, after in zip(layer, layer[1:], layer[2:], strict=False):
            gap[name] = sum(abs(costs[after][k] - costs[before][k]) / WORST[k] for k in (0, 1))
        yield from sorted(layer, key=lambda name: -gap[name])
        left = [name for name in left if name not in gap]


def in_doubt(born: Sequence[str], archive: Sequence[str], costs: Costs, noise: float) -> set[str]:
    """As it was: a newcomer that leads a member of the archive by no more than the declared noise, and that member."""
    pairs = [(a, b) for a in born for b in archive if a != b and 0 <= costs[b][0] - costs[a][0] <= noise]
    return {name for pair in pairs for name in pair}


def confirmed(run: Run, rule: Rule, archive: Sequence[str], born: Sequence[str], last: bool) -> list[str]:
    """The archive, after all trainings that the rule wants."""
    while True:
        costs = run.costs(rule.shrunk == "all", rule.least)
        old = rule.whom in ("nobody", "doubtful")
        kept = front([*archive, *born] if old else run.programs, costs)
        if rule.whom == "doubtful":
            doubtful = in_doubt([i for i in born if i in kept], archive, costs, run.world.declared)
            again = {i: 2 for i in sorted(doubtful) if len(run.programs[i].shown) == 1}
        elif rule.whom == "nobody":
            again = {}
        else:
            standing = [Standing(i, 0, run.programs[i].place, costs[i], len(run.programs[i].shown), True) for i in kept]
            everyone = rule.whom == "everyone" or (last and rule.whom == "everyone at the end")
            again = wanted(standing, rule.least, everyone).again
        if not again:
            return kept
        for name, times in again.items():
            for _ in range(times):
                run.train(name)


@dataclass(frozen=True)
class Result:
    """How a run ended: the program that it shows first, and all of it."""

    error: float  # true
    shown: float
    volume: float  # hypervolume of the archive by true errors
    chance: float  # share of the archive that is truly dominated by another member
    again: int
    trainings: int
    run: Run


def simulate(world: World, rule: Rule, trainings: int, seed: int) -> Result:
    """One run."""
    run = Run(world, seed)
    population, archive = ["p0"], ["p0"]
    spent: list[int] = []
    last = False
    while not last:
        reserve = fmean(spent) if spent else 0.0
        if rule.whom == "everyone at the end":
            reserve += sum(max(0, rule.least - len(run.programs[i].shown)) for i in archive[1:])
            reserve += rule.least - 1  # somebody new joins them
        room = round(trainings - run.trainings - reserve)
        last = room <= POPULATION
        rank = {name: k for k, name in enumerate(population)}
        born = []
        for _ in range(min(max(0, room), POPULATION) if spent else INITIAL):
            born.append(run.child(min(run.rng.choices(population, k=2), key=rank.__getitem__)))
        before = run.trainings
        archive = confirmed(run, rule, archive, born, last)
        spent.append(run.trainings - before)
        costs = run.costs(bool(rule.shrunk), rule.least)
        population = list(ordered([*population, *born], costs))[:POPULATION]
    leader = run.programs[archive[0]]
    true = {i: (run.programs[i].error, run.programs[i].params) for i in archive}
    sound = front(archive, true)
    return Result(
        leader.error,
        fmean(leader.shown),
        volume([true[i] for i in sound]),
        1 - len(sound) / len(archive),
        run.trainings - len(run.programs),
        run.trainings,
        run,
    )


def volume(points: Sequence[tuple[float, float]]) -> float:
    """The share of the box up to the reference corner that a front dominates, its leader first."""
    ends = [*(error for error, _ in points[1:]), WORST[0]]
    areas = (max(0.0, end - e) * max(0.0, WORST[1] - p) for (e, p), end in zip(points, ends, strict=True))
    return sum(areas) / WORST[0] / WORST[1]


def mean(values: Sequence[float], digits: int) -> str:
    """Mean and its standard error."""
    return f"{fmean(values):.{digits}f} ± {stdev(values) / len(values) ** 0.5:.{digits}f}"


def row(rule: Rule, ends: Sequence[Result]) -> str:
    """One line of the table of rules."""
    luck = [end.error - end.shown for end in ends]
    return (
        f"| {rule.name} | {mean([e.error for e in ends], 2)} | {mean(luck, 2)} | {mean([e.volume for e in ends], 4)} "
        f"| {fmean(e.chance for e in ends):.0%} | {fmean(e.again for e in ends):.1f} "
        f"| {fmean(e.trainings for e in ends):.1f} |"
    )


def singles(ends: Sequence[Result]) -> None:
    """How far single scores are from the truth, as they are and shrunk, and how well the noise is known."""
    factor = mean([e.run.noise().factor / e.run.world.noise.factor for e in ends], 2)
    print(
        f"\nNoise estimated over true noise: {factor}. Programs trained once, the eight of each run that look best:\n"
    )
    print("| moved by at most, standard errors | error of the score (rms), points | bias, points |\n|---|---|---|")
    for shift in (0.0, 0.25, SHIFT, 1.0, 2.0, 99.0):
        off = []
        for end in ends:
            worth = end.run.worth(shift)
            once = sorted((p for p in end.run.programs.values() if len(p.shown) == 1), key=lambda p: p.shown)
            off += [worth[p.id] - p.error for p in once[:8]]
        print(f"| {shift:g} | {math.sqrt(fmean(x * x for x in off)):.2f} | {fmean(off):+.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200, help="of each rule in each world")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--trainings", type=int, default=120, help="of each run, repetitions included")
    options = parser.parse_args()
    for world in WORLDS:
        print(f"\n{world.name}, {options.runs} runs of {options.trainings} trainings\n")
        print("| trained again | true error of the best | score too good by | true hypervolume | front by chance | repetitions | trainings |")  # fmt: skip
        print("|---|---|---|---|---|---|---|")
        for rule in RULES:
            seeds = range(options.seed * options.runs, (options.seed + 1) * options.runs)
            ends = [simulate(world, rule, options.trainings, seed) for seed in seeds]
            print(row(rule, ends), flush=True)
        singles(ends[:100])


if __name__ == "__main__":
    main()
