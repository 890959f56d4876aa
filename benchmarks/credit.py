"""Does the credit of a lesson hold what its interval promises, and what does it cost? A simulation without any training.

    python benchmarks/credit.py --repeats 300            # false positives, power, bias, by the size of a block
    python benchmarks/credit.py --cost                   # CPU of a whole reading, and of each child while a run goes on

In every run the share of children that are better than their parent differs by operator and segment, falls as the run goes on
and jumps from ask to ask. A quarter of the children cites up to three of twelve lessons, written in the first half: `by record`
the best placed first and the faded not at all, where a run draws them by how they are placed; `drifting` each at a rate of its own that rises or falls
steeply with time, the worst case for what is compared across time. Lessons do nothing, or one in a run adds 0.2 to the share.

Columns: intervals (95 %) wholly below and above 0 without an effect, together at most 5 % where they hold; the mean difference
without an effect, 0 where nothing is confounded; intervals wholly above 0 for the lesson that helps (power), and those of it
that hold 0.2; the mean weight of a lesson. `pooled` takes everything after the lesson as one stratum (Newcombe 1998).
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import fmean

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from memory.better import declared
from memory.credit import Credit, wilson
from memory.ledger import Ledger
from memory.lesson_book import LessonBook
from memory.records import Candidate, Commit, Lesson, Selection
from memory.service import lesson_record

GOALS = {"val_error": "min"}
SEGMENTS = ("stem", "body", "head")
SIZES = ((50, 10), (250, 10), (250, 1), (1000, 10), (1000, 40))  # children, of one ask
BLOCKS = (1, 10, 20, 40, 80)
SEED = Candidate("seed", 0, 0, "seed", status="evaluated", objectives={"val_error": 20.0}, committed=0)
EFFECT = 0.2


class World:
    """One run: who is made when, who cites what, and what came of it."""

    def __init__(self, rng: random.Random, size: int, population: int, drifting: bool, helps: bool) -> None:
        self.rng, self.size, self.population, self.drifting = rng, size, population, drifting
        self.asks = math.ceil(size / population)
        self.lessons = [self._lesson(n) for n in range(12)]
        self.helpful = self.lessons[0].id if helps else ""
        self.share = {segment: rng.uniform(0.1, 0.7) for segment in (None, *SEGMENTS)}
        self.fall = rng.uniform(0.0, 2.5)
        self.drift = {one.id: rng.choice((-4.0, 4.0)) for one in self.lessons}
        self.keen = {segment: rng.uniform(0.1, 1.0) for segment in (None, *SEGMENTS)}

    def _lesson(self, number: int) -> Lesson:
        written = self.rng.randint(1, max(1, self.asks // 2))
        return Lesson(f"L{number}", written, "", "", SEGMENTS[number % 3], (), {})

    def children(self, lend: LessonBook) -> list[list[Candidate]]:
        """Every ask's children, one after another; `lend` is kept for whom to cite."""
        made = []
        for ask in range(1, self.asks + 1):
            wobble = math.exp(self.rng.gauss(0, 0.3))
            told = [] if self.drifting else lend.records(self.lessons)
            lent = [x.lesson for x in sorted(told, key=lambda x: -x.credit.score) if x.state in ("untried", "standing")]
            count = min(self.population, self.size - (ask - 1) * self.population)
            made.append([self._child(ask, n, wobble, lent) for n in range(count)])
            if not self.drifting:
                lend.take(made[-1])
        return made

    def _child(self, ask: int, number: int, wobble: float, lent: list[Lesson]) -> Candidate:
        rng, at = self.rng, ask / self.asks
        segment = None if rng.random() < 0.3 else rng.choice(SEGMENTS)
        fit = [x for x in (self.lessons if self.drifting else lent) if x.generation < ask]
        fit = [x for x in fit if segment in (None, x.segment)]
        if self.drifting:
            rate = {x.id: self.keen[segment] * math.exp(min(0, self.drift[x.id]) + self.drift[x.id] * -at) for x in fit}
            rate = {
                id: min(1.0, r if self.drift[id] < 0 else self.keen[segment] * math.exp(-4 * at))
                for id, r in rate.items()
            }
            cited = [x.id for x in fit if rng.random() < rate[x.id]]
        else:
            cited = [x.id for x in fit[:3]] if rng.random() < 0.25 else []
        share = min(0.95, self.share[segment] * math.exp(-self.fall * at) * wobble)
        good = rng.random() < share + EFFECT * (self.helpful in cited)
        return Candidate(
            f"g{ask}-{number}",
            ask,
            number,
            "mutate" if segment else "cross",
            parents=("seed",),
            segment=segment,
            lessons=tuple(cited),
            status="evaluated",
            objectives={"val_error": 10.0 if good else 30.0},
            committed=ask,
        )


def book(block: int) -> LessonBook:
    """An empty one that knows the seed."""
    made = LessonBook(GOALS, declared({}), block)
    made.take([SEED])
    return made


def pooled(children: list[Candidate], lesson: Lesson) -> Credit | None:
    """The difference of two shares of everything after the lesson (Newcombe 1998, method 10)."""
    later = [c for c in children if c.generation > lesson.generation]
    ours, others = ([c for c in later if (lesson.id in c.lessons) is side] for side in (True, False))
    if not ours or not others:
        return None
    a, b = (sum((c.objectives or {})["val_error"] < 20 for c in side) for side in (ours, others))
    p, q = a / len(ours), b / len(others)
    (low_p, high_p), (low_q, high_q) = wilson(a, len(ours)), wilson(b, len(others))
    ends = p - q - math.hypot(p - low_p, high_q - q), p - q + math.hypot(high_p - p, q - low_q)
    return Credit(difference=p - q, interval=ends)


def earned(children: list[Candidate], lessons: list[Lesson], block: int) -> dict[str, Credit]:
    """What each lesson has earned that can be compared at all."""
    if not block:
        return {one.id: found for one in lessons if (found := pooled(children, one))}
    full = book(block)
    full.take(children)
    return {one.id: one.credit for one in full.records(lessons) if one.credit.difference is not None}


def simulate(repeats: int, only: int | None = None) -> None:
    print("| children | of an ask | lent | block | below 0 | above 0 | bias | power | holds 0.2 | weight |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for size, population in (pair for pair in SIZES if only in (None, pair[0])):
        for drifting in (False, True):
            rows: dict[int, list[Credit]] = defaultdict(list)
            helped: dict[int, list[Credit | None]] = defaultdict(list)
            for number in range(repeats):
                for helps in (False, True):
                    world = World(
                        random.Random(f"{number}/{size}/{population}/{helps}"), size, population, drifting, helps
                    )
                    children = [child for ask in world.children(book(20)) for child in ask]
                    for block in (0, *BLOCKS):
                        found = earned(children, world.lessons, block)
                        if helps:
                            helped[block].append(found.get(world.helpful))
                        else:
                            rows[block] += found.values()
            for block in (0, *BLOCKS):
                if rows[block]:
                    line(size, population, drifting, block, rows[block], helped[block])


def line(
    size: int, population: int, drifting: bool, block: int, null: list[Credit], helped: list[Credit | None]
) -> None:
    below, above = (fmean(test(c.interval) for c in null) for test in (lambda i: i[1] < 0, lambda i: i[0] > 0))
    bias, weight = fmean(c.difference or 0.0 for c in null), fmean(c.weight for c in null)
    known = [c for c in helped if c is not None]
    power = sum(c.interval[0] > 0 for c in known) / len(helped)
    holds = fmean(c.interval[0] <= EFFECT <= c.interval[1] for c in known)
    print(
        f"| {size} | {population} | {'drifting' if drifting else 'by record'} | {block or 'pooled'} | {100 * below:.1f} % | "
        f"{100 * above:.1f} % | {bias:+.3f} | {100 * power:.0f} % | {100 * holds:.0f} % | {f'{weight:.1f}' if block else '-'} |",
        flush=True,
    )


def fill(ledger: Ledger, children: int, lessons: int, population: int = 10) -> None:
    """A run that cites three lessons in a quarter of its prompts, and writes them as it goes on."""
    rng, known = random.Random(1), list[Lesson]()
    asks = children // population
    with ledger.transaction():
        ledger.put_candidate(SEED)
        ledger.put_commit(Commit(0, ("seed",)))
        for ask in range(1, asks + 1):
            ids = [f"g{ask:03d}-{n:02d}" for n in range(population)]
            for n, id in enumerate(ids):
                segment = None if rng.random() < 0.3 else rng.choice(SEGMENTS)
                fit = [x.id for x in known[-60:] if segment in (None, x.segment)] if rng.random() < 0.25 else []
                ledger.put_candidate(
                    Candidate(
                        id,
                        ask,
                        n,
                        "mutate" if segment else "cross",
                        parents=("seed",),
                        segment=segment,
                        lessons=tuple(rng.sample(fit, min(3, len(fit)))),
                        files={"program.py": "x = 1\n" * 100},
                        status="evaluated",
                        objectives={"val_error": rng.gauss(20, 5)},
                    )
                )
            ledger.put_commit(Commit(ask, tuple(ids)))
            ledger.put_selection(Selection(tuple(ids), ("seed",), {}, ask))
            for n in range(lessons * ask // asks - len(known)):
                known.append(Lesson(f"L{ask:03d}-{n}", ask, "claim", "", rng.choice(SEGMENTS), (), {}))
                ledger.put_lesson(known[-1])


def cost() -> None:
    from graph.arms import trial_book

    meta = {"objectives": [{"name": "val_error", "unit": "%", "goal": "min", "reference": 100.0}]}
    for children, lessons in ((600, 150), (2400, 600), (10_000, 600)):
        with tempfile.TemporaryDirectory() as folder, Ledger.create(Path(folder) / "ledger.sqlite", meta) as ledger:
            fill(ledger, children, lessons)
            began = time.process_time()
            found = lesson_record(ledger)
            whole = time.process_time() - began
            cited = sum(one.credit.cited for one in found)
            print(f"{children} children, {lessons} lessons, {cited} citations: read at once in {whole:.2f} CPU-s")
            known, serves, trials = ledger.lessons(), book(20), trial_book(ledger)
            serves.follow(ledger, 0)
            spent: list[tuple[float, float]] = []
            for number in range(1, children // 10 + 1):
                marks = [time.process_time()]
                serves.follow(ledger, number)
                serves.records([one for one in known if one.generation <= number])
                marks.append(time.process_time())
                trials.follow(ledger, number)
                trials.tallies("persona")
                marks.append(time.process_time())
                spent.append((marks[1] - marks[0], marks[2] - marks[1]))
            tenth = len(spent) // 10
            for name, part in (("first tenth", spent[:tenth]), ("last tenth", spent[-tenth:])):
                each = [1000 * fmean(column) / 10 for column in zip(*part, strict=True)]
                print(f"  a child of the {name}: lessons {each[0]:.2f} ms, arms {each[1]:.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=300)
    parser.add_argument("--children", type=int, help="only runs of this size")
    parser.add_argument("--cost", action="store_true")
    arguments = parser.parse_args()
    if arguments.cost:
        cost()
    else:
        simulate(arguments.repeats, arguments.children)


if __name__ == "__main__":
    main()
