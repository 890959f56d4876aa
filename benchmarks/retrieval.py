"""What the memory finds, and what it costs: hash and sentence embedder on our own steps and lessons.

    python benchmarks/retrieval.py RUN ... [--embedder hash minilm]    what is found in runs
    python benchmarks/retrieval.py --instant 3                         what is found in runs made for it, whose trainings take no time
    python benchmarks/retrieval.py --cost [250 1000 10000]             processor time of adding and asking, memory

Steps of runs of the offline model: its author names the edits that it made ("Head norm: ..."), which no embedder reads; a step is
found when it is of the same segment and has an edit in common. Lessons: a person's paraphrase is to find the lesson
(`lesson_paraphrases.toml`). Intervals are 95 %, by resampling the questions, those of one run or one segment as they are.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import resource
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from memory.describe import describe
from memory.embedders import EmbedderUnavailableError, make_embedder
from memory.ledger import Ledger
from memory.lessons import AKIN, NEAR, subject
from memory.records import Evidence, Lesson
from memory.runs import LEDGER, find_run

PAIRS = Path(__file__).with_name("lesson_paraphrases.toml")
EDIT = re.compile(r"(?:^|\. )([A-Z][a-z]+(?: [a-z]+){0,2}): ")


class Question(NamedTuple):
    text: str
    others: Sequence[str]
    right: Sequence[bool]


def steps(runs: Sequence[str]) -> list[Question]:
    """A question for each step that has another one to find in its run."""
    questions = []
    for run in runs:
        with Ledger.open(find_run(run) / LEDGER, read_only=True) as ledger:
            edits = {c.id: frozenset(EDIT.findall(c.rationale)) for c in ledger.candidates()}
            known = [step for step in ledger.evidence() if edits[step.child]]
        for step in known:
            others = [one for one in known if one.child != step.child]
            right = [one.segment == step.segment and bool(edits[one.child] & edits[step.child]) for one in others]
            if any(right) and not all(right):
                questions.append(Question(describe(step), [describe(one) for one in others], right))
    return questions


def instant_runs(count: int, place: Path) -> list[str]:
    """Runs of the offline model with seeds 1, 2, ..., 12 generations of 10, whose trainings take no time: their edits are real."""
    from benchmarks import instant
    from graph.resolve import resolve

    told = {"task": "mnist1d", "search.generations": 12, "search.initial": 10, "search.population": 10}
    for seed in range(1, count + 1):
        instant.begin(resolve(None, {**told, "seed": seed}, {}), place / f"r{seed}")
        asyncio.run(instant.go(place / f"r{seed}"))
    return [str(place / f"r{seed}") for seed in range(1, count + 1)]


def lessons(form: str, text: Callable[[str, str], str], segments: bool) -> list[Question]:
    """A question for each paraphrase: among all lessons in a form, or with `segments` among those of its segment."""
    pairs = tomllib.loads(PAIRS.read_text(encoding="utf-8"))["pair"]
    questions = []
    for one in pairs:
        others = [other for other in pairs if not segments or other["segment"] == one["segment"]]
        texts = [text(other[form], other["segment"]) for other in others]
        questions.append(Question(text(one["paraphrase"], one["segment"]), texts, [other is one for other in others]))
    return questions


def subject_of(claim: str, segment: str) -> str:
    """What the Critic compares of two lessons."""
    effect = {"val_error": "up", "params": "up", "flops": "up"}
    return subject(Lesson("x", 1, claim, "", segment, (), effect, "r"))


def ranks(questions: Sequence[Question], embed: Callable[[list[str]], np.ndarray]) -> tuple[list[int], list[float]]:
    """For each question the place of the first right answer, from 1, equals counted before it; and its similarity."""
    texts = sorted({text for q in questions for text in (q.text, *q.others)})
    vectors = dict(zip(texts, embed(texts), strict=True))
    places, near = [], []
    for question in questions:
        found = np.array([float(vectors[other] @ vectors[question.text]) for other in question.others])
        best = max(value for value, right in zip(found, question.right, strict=True) if right)
        wrong = [value for value, right in zip(found, question.right, strict=True) if not right]
        places.append(1 + sum(value >= best - 1e-6 for value in wrong))
        near.append(best)
    return places, near


def scores(places: Sequence[int]) -> dict[str, np.ndarray]:
    at = np.array(places, dtype=float)
    return {"recall@1": at == 1, "recall@5": at <= 5, "MRR": 1 / at}


def interval(values: np.ndarray, draws: int = 4000) -> tuple[float, float]:
    rng = np.random.default_rng(0)
    means = rng.choice(values.astype(float), (draws, len(values))).mean(axis=1)
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def chance(questions: Sequence[Question], rng: random.Random) -> list[int]:
    """The places that a random order would give."""
    found = []
    for question in questions:
        right = list(question.right)
        rng.shuffle(right)
        found.append(1 + right.index(True))
    return found


def show(name: str, questions: Sequence[Question], embedders: Sequence[str]) -> None:
    print(f"\n{name}: {len(questions)} questions")
    if not questions:
        return
    known: dict[str, dict[str, np.ndarray]] = {}
    for embedder in embedders:
        places, near = ranks(questions, make_embedder(embedder))
        known[embedder] = scores(places)
        line = "  ".join(_told(measure, values) for measure, values in known[embedder].items())
        print(f"  {embedder:8} {line}   similarity of the right one: median {np.median(near):.2f}")
    line = "  ".join(_told(measure, values) for measure, values in scores(chance(questions, random.Random(0))).items())
    print(f"  {'chance':8} {line}")
    first, *rest = embedders
    for other in rest:
        gains = {measure: known[other][measure].astype(float) - known[first][measure] for measure in known[first]}
        print(f"  {other} less {first}: " + "  ".join(_told(measure, values) for measure, values in gains.items()))


def _told(measure: str, values: np.ndarray) -> str:
    low, high = interval(values)
    return f"{measure} {values.mean():.2f} ({low:.2f} to {high:.2f})"


def same(embedder: str) -> None:
    """How many paraphrases the Critic would merge with their lesson, and how many with another one of that segment."""
    questions = lessons("model", subject_of, segments=True)
    embed = make_embedder(embedder)
    pairs = [
        (float(embed([q.text])[0] @ row), right)
        for q in questions
        for row, right in zip(embed(list(q.others)), q.right, strict=True)
    ]
    for bound in (NEAR, AKIN):
        taken = [right for value, right in pairs if value >= bound]
        print(f"  {embedder:8} at {bound}: {sum(taken)} of {len(questions)} right, {len(taken) - sum(taken)} wrong")


def speed(embedder: str, texts: Sequence[str]) -> None:
    embed = make_embedder(embedder)
    embed(texts[:1])
    began, wall = time.process_time(), time.perf_counter()
    embed(texts)
    cpu, wall = time.process_time() - began, time.perf_counter() - wall
    print(f"  {embedder:8} {1000 * cpu / len(texts):.2f} ms of processor, {1000 * wall / len(texts):.2f} ms a text")


EDITS = ("nn.GELU()", "nn.SiLU()", "nn.Dropout(p=0.{})", "nn.Conv1d(25, {}, kernel_size=3)", "optim.SGD(p, lr=0.{})")


def made_up(number: int) -> Evidence:
    """A step as a run has them: few kinds of edits, many settings."""
    rng = random.Random(number)
    diff = f"-x = nn.ReLU()\n+x = {rng.choice(EDITS).format(rng.randint(1, 400))}\n+width = {rng.randint(8, 400)}"
    segment, intent = rng.choice(("stem", "body", "head")), rng.choice(("simplify", "enrich", "surprise"))
    return Evidence(f"g{number:05d}", "seed", number // 10, "mutate", segment, intent, None, diff, None, None, "")


def cost(children: int, a_generation: int = 10, focus: int = 8, k: int = 12) -> None:
    """Add so many steps, a generation at a time, and ask for what is near eight of them after each, as the Critic does."""
    from memory.index import Index

    with TemporaryDirectory() as folder:
        began, spent = time.process_time(), []
        index = Index(Path(folder) / "memory")
        for start in range(0, children, a_generation):
            before = time.process_time()
            made = [made_up(number) for number in range(start, start + a_generation)]
            before += time.process_time() - before  # making them is not the index's
            index.add(made, "r")
            index.near_each(made[:focus], k, {f"g{number:05d}" for number in range(start + a_generation)})
            spent.append((time.process_time() - before) / a_generation)
        index.close()
        total = time.process_time() - began
    last = 1000 * float(np.mean(spent[-max(1, len(spent) // 10) :]))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    from memory.chroma import ChromaFolder

    ChromaFolder.end()
    apart = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"{children:6} children: {1000 * total / children:.2f} ms of the run's processor a child ({last:.2f} in the last tenth),"
        f" {1000 * (apart.ru_utime + apart.ru_stime) / children:.2f} of Chroma's process;"
        f" {memory:.0f} MB, and {apart.ru_maxrss / 1024:.0f} MB in Chroma's process while it writes"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("runs", nargs="*", help="runs of the offline model, by name or folder")
    parser.add_argument(
        "--instant", type=int, default=0, metavar="RUNS", help="make so many runs and look into them, too"
    )
    parser.add_argument("--embedder", nargs="+", default=["hash", "minilm"])
    parser.add_argument("--cost", nargs="*", type=int, metavar="CHILDREN", help="measure cost instead")
    args = parser.parse_args()
    if args.cost is not None:
        for children in args.cost or [250, 1000, 10_000]:
            # each in a process of its own, so that memory is its own
            if len(args.cost) == 1:
                cost(children)
            else:
                subprocess.run([sys.executable, __file__, "--cost", str(children)], check=True)
        return
    try:
        with TemporaryDirectory() as place:
            asked = steps([*args.runs, *instant_runs(args.instant, Path(place))])
        show("steps: same segment and an edit in common", asked, args.embedder)
        for form, whose in (("claim", "the offline Critic's"), ("model", "a language model's")):
            show(f"{whose} lessons, whole, among all", lessons(form, lambda claim, _: claim, False), args.embedder)
            show(f"{whose} lessons, subjects, in the segment", lessons(form, subject_of, True), args.embedder)
        print("\na language model's lessons merged with their paraphrase, by similarity of subjects")
        for embedder in args.embedder:
            same(embedder)
        print("\ntime a text")
        texts = sorted({q.text for q in asked}) or [q.text for q in lessons("model", lambda claim, _: claim, False)]
        for embedder in args.embedder:
            speed(embedder, texts)
    except EmbedderUnavailableError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
