"""What reading programs costs a run: own CPU a child, and to find out which of a population differ.

    python benchmarks/fingerprints.py --children 300 --populations 10 40 120

Children are the offline model's edits of one segment, each of a parent drawn from the last programs; the edits are made before
the clock runs. A child pays for its check, its fingerprint and its diff. A generation's plan compares every pair of parents once a
child. Programs arrive as they do from a ledger: as strings of their own. With `--memory 10000`, the most memory that the process
had after each quarter of so many children, the same ones with a statement of their own: what is remembered is bounded.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import genome
from agents.offline.architect import random_edit
from tasks import Task, load_task

_STANDING = 40  # programs that a parent is drawn from

Pair = tuple[dict[str, str], dict[str, str]]


def lineage(task: Task, children: int, seed: int) -> Iterator[Pair]:
    """Parent and child, one pair a child."""
    rng = random.Random(seed)
    pool = deque([dict(task.files)], maxlen=_STANDING)
    most = 3 * sum(map(len, task.files.values()))  # edits of edits grow without end
    while children:
        parent = rng.choice(pool)
        child = random_edit(parent, rng)
        if sum(map(len, child.values())) < most:
            pool.append(child)
            children -= 1
            yield parent, child


def read_anew(files: dict[str, str]) -> dict[str, str]:
    """The program as a ledger would give it: equal, and not the same objects."""
    return json.loads(json.dumps(files))  # type: ignore[no-any-return]


def cost_of_children(task: Task, pairs: Sequence[Pair]) -> dict[str, float]:
    """Milliseconds of own CPU a child, by what it pays for."""
    spent = dict.fromkeys(("check", "fingerprint", "diff"), 0.0)
    for parent, child in pairs:
        parent, child = read_anew(parent), read_anew(child)
        marks = [time.process_time()]
        with suppress(genome.GenomeError):  # an edit that undoes another: a child's fault costs too
            genome.check(child, parent, task.roots, task.imports)
        marks.append(time.process_time())
        genome.fingerprint(child)
        marks.append(time.process_time())
        genome.diff(parent, child)
        marks.append(time.process_time())
        for name, begin, end in zip(spent, marks, marks[1:], strict=False):
            spent[name] += end - begin
    return {name: 1000 * value / len(pairs) for name, value in spent.items()}


def cost_of_plan(programs: Sequence[dict[str, str]]) -> float:
    """Seconds of own CPU to compare every program with every other, as many times as a generation has children."""
    programs = [read_anew(p) for p in programs]
    begin = time.process_time()
    for a in programs:
        for b in programs:
            if a is not b:
                genome.changed_segments(a, b)
    return time.process_time() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", default=["mnist1d", "cifar10"])
    parser.add_argument("--children", type=int, default=300)
    parser.add_argument("--populations", type=int, nargs="*", default=[10, 40, 120])
    parser.add_argument("--memory", type=int, default=0, help="children over which memory is watched")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    for name in arguments.tasks:
        task = load_task(name)
        pairs = list(lineage(task, arguments.children, arguments.seed))
        costs = cost_of_children(task, pairs)
        told = ", ".join(f"{what} {cost:.2f}" for what, cost in costs.items())
        print(f"{name}: {sum(costs.values()):.2f} ms CPU a child ({told}), {len(pairs)} children", flush=True)
        for size in arguments.populations:
            programs = [child for _, child in lineage(task, size, arguments.seed + 1)]
            print(f"{name}: {cost_of_plan(programs):.2f} s CPU a plan at population {size}", flush=True)
        for number in range(1, arguments.memory + 1):
            parent, child = pairs[number % len(pairs)]
            segment, text = rng.choice(list(genome.segments(child).items()))
            cost_of_children(task, [(parent, genome.replace(child, {segment: f"{text}\nmark = {number}\n"}))])
            if number % max(1, arguments.memory // 4) == 0:
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                print(f"{name}: {peak:.0f} MB at most after {number} children", flush=True)


if __name__ == "__main__":
    main()
