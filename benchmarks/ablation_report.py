"""Table and plot of an ablation, from its ledgers alone."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ablation_counts import Counts
from ablation_counts import table as count_table
from ablation_plot import plot
from ablation_retrained import Front, read_front, retrained_table
from ablation_tests import Paired, holm, interval, least_p, paired

from graph.pareto import hypervolume
from memory.dominance import costs, goals_of
from memory.ledger import Ledger, LedgerError
from memory.records import Candidate
from tasks import Objective


@dataclass(frozen=True)
class Result:
    """What one finished run came to."""

    arm: str
    seed: int
    children: int
    valid: int  # children that were trained without a fault, those included that a race stopped
    trainings: int
    # hypervolume after each training, programs in the order of the plan, repeats beside the first
    anytime: tuple[float, ...]
    best: float  # first objective of the best program that is no worse than the seed in the others
    # the best -(parameters x validation error as a fraction) (EvoPrompting, section 4.1); None for a task without these
    fitness: float | None
    steps: float  # of trainings, up to the last streamed score of each
    cpu_s: float  # of trainings
    tokens: int

    @property
    def volume(self) -> float:
        return self.anytime[-1]


def finished(folder: Path) -> bool:
    """Whether the run in this folder came to its end."""
    with Ledger.open(folder / "ledger.sqlite", read_only=True) as ledger:
        return ledger.finished()


def read(ledger: Ledger) -> Result:
    """The result of a finished run; trainings that were made for a report afterwards do not count."""
    meta = ledger.meta()
    objectives = [Objective(o["name"], o["unit"], o["goal"], o["reference"]) for o in meta["objectives"]]
    candidates = ledger.candidates()
    later = set(meta.get("retrain_seeds", []))
    trained = [e for e in ledger.evaluations("done") if e.train_seed not in later]
    children = [c for c in candidates if c.operator != "seed"]
    return Result(
        arm=meta["arm"]["name"],
        seed=meta["seed"],
        children=len(children),
        valid=sum(c.status == "evaluated" or c.failure == "stopped" for c in children),
        trainings=len(trained),
        anytime=_anytime(candidates, Counter(e.candidate for e in trained), objectives),
        best=_best(candidates, goals_of(meta)),
        fitness=_fitness(candidates, objectives),
        steps=sum(e.curve[-1]["step"] for e in trained if e.curve),
        cpu_s=sum(e.cpu_s for e in trained),
        tokens=sum(ledger.totals()["tokens"].values()),
    )


def _anytime(
    candidates: Sequence[Candidate], trainings: Mapping[str, int], objectives: Sequence[Objective]
) -> tuple[float, ...]:
    measured: list[Candidate] = []
    curve: list[float] = []
    volume = 0.0
    for c in candidates:
        if c.objectives:
            measured.append(c)
            volume = hypervolume(measured, objectives)
        curve += [volume] * trainings.get(c.id, 0)
        curve[-1:] = [volume]  # a twin of a program trained before adds no training
    return tuple(curve)


def _best(candidates: Sequence[Candidate], goals: Mapping[str, str]) -> float:
    seed = next(c for c in candidates if c.operator == "seed")
    limit = costs(seed.objectives or {}, goals)[1:]
    fit = [c for c in candidates if c.objectives]
    fit = [c for c in fit if all(a <= b for a, b in zip(costs(c.objectives or {}, goals)[1:], limit, strict=True))]
    leader = min(fit, key=lambda c: costs(c.objectives or {}, goals)[0])
    return (leader.objectives or {})[next(iter(goals))]


def _fitness(candidates: Sequence[Candidate], objectives: Sequence[Objective]) -> float | None:
    error = objectives[0]
    if error.unit != "%" or error.goal != "min" or "params" not in {o.name for o in objectives}:
        return None
    return max(-c.objectives["params"] * c.objectives[error.name] / 100 for c in candidates if c.objectives)


def write_report(out: Path) -> Path:
    """`table.md`, `runs.csv`, `anytime.png` and `anytime.svg` in `out`; answers with the table. Raises LedgerError."""
    results: list[Result] = []
    unfinished: list[str] = []
    metas: dict[str, dict[str, Any]] = {}
    counts: dict[str, Counts] = {}
    fronts: dict[str, list[Front]] = {}
    for path in sorted((out / "runs").glob("*/ledger.sqlite")):
        if not finished(path.parent):
            unfinished.append(path.parent.name)
            continue
        with Ledger.open(path, read_only=True) as ledger:
            results.append(read(ledger))
            metas.setdefault(results[-1].arm, ledger.meta())
            counts.setdefault(results[-1].arm, Counts()).take(ledger)
            if front := read_front(path.parent, ledger):
                fronts.setdefault(results[-1].arm, []).append(front)
    if not results:
        raise LedgerError(f"no finished run in '{out / 'runs'}'; run the study first, without --report-only")
    arms = _by_arm(results)
    _write_runs(results, out / "runs.csv")
    curves = {arm: {r.seed: r.anytime for r in rs} for arm, rs in arms.items()}
    tests = _tests(arms, "volume")
    plot(curves, tests, metas[next(iter(arms))], out / "anytime")
    table = out / "table.md"
    told = [
        _table(arms, metas, tests, unfinished),
        *count_table({arm: counts[arm] for arm in arms}),
        *retrained_table({arm: fronts[arm] for arm in arms if arm in fronts}),
        "",
    ]
    table.write_text("\n".join(told), encoding="utf-8")
    return table


def _by_arm(results: Sequence[Result]) -> dict[str, list[Result]]:
    """Results by arm in the order of seeds, `full` first, the others from the best to the worst."""
    arms: dict[str, list[Result]] = {}
    for r in sorted(results, key=lambda r: r.seed):
        arms.setdefault(r.arm, []).append(r)
    order = sorted(arms, key=lambda arm: (arm != "full", -np.mean([r.volume for r in arms[arm]])))
    return {arm: arms[arm] for arm in order}


def _tests(arms: Mapping[str, Sequence[Result]], what: str) -> dict[str, Paired]:
    """Each arm against `full` in this outcome, on the seeds that both have; p corrected over the arms."""
    values = {arm: {r.seed: float(getattr(r, what)) for r in rs} for arm, rs in arms.items()}
    full = values.pop("full", {})
    found = {arm: paired(theirs, full) for arm, theirs in values.items() if theirs.keys() & full.keys()}
    return dict(zip(found, holm(list(found.values())), strict=True))


def _write_runs(results: Sequence[Result], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            [
                "arm",
                "seed",
                "children",
                "valid",
                "trainings",
                "hypervolume",
                "best",
                "fitness",
                "steps",
                "cpu_s",
                "tokens",
            ]
        )
        for r in results:
            row = [r.arm, r.seed, r.children, r.valid, r.trainings]
            writer.writerow([*row, round(r.volume, 6), r.best, r.fitness, round(r.steps), round(r.cpu_s, 2), r.tokens])


def _table(
    arms: Mapping[str, Sequence[Result]],
    metas: Mapping[str, Mapping[str, Any]],
    tests: Mapping[str, Paired],
    unfinished: Sequence[str],
) -> str:
    everything = [r for rs in arms.values() for r in rs]
    meta = metas[next(iter(arms))]
    metric, *others = meta["objectives"]
    seeds = sorted({r.seed for r in everything})
    cut = min(r.trainings for r in everything)
    counts = sorted({r.children for r in everything})
    corner = ", ".join(
        f"{o['name']} {o['reference']:g}{' ' + o['unit'] if o['unit'] else ''}" for o in meta["objectives"]
    )
    head = (
        f"`{meta['task']}`, `{meta['fidelity']}`: {len(arms)} arms, {len(seeds)} seeds (paired), {' or '.join(map(str, counts))} "
        f"children a run. The hypervolume is the share of the box between the ideal corner and the reference corner ({corner}) that the "
        f"measured programs dominate, by validation scores; these are noisy, and the best of many is partly luck. ± is the half-width of a "
        f"95 % interval of the mean over seeds by Student's t. Steps and CPU time are those of the trainings. A model's tokens are as its server counts "
        f"them; those of the offline models are characters divided by 4. Fitness is the best "
        "-(parameters x validation error as a fraction)."
    )
    lines = [
        head,
        "",
        f"| arm | seeds | hypervolume | after {cut} trainings | {metric['name']}, "
        f"{' and '.join(o['name'] for o in others) or 'nothing else'} no worse than the seed's | fitness | valid | trainings | thousand steps | CPU s | "
        "thousand tokens |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for arm, rs in arms.items():
        valid, children = sum(r.valid for r in rs), sum(r.children for r in rs)
        cells = [
            arm,
            str(len(rs)),
            interval([r.volume for r in rs]),
            interval([r.anytime[cut - 1] for r in rs]),
            interval([r.best for r in rs], 2),
            interval([r.fitness for r in rs if r.fitness is not None], 1) if rs[0].fitness is not None else "–",
            f"{100 * valid / children:.0f} %",
            f"{np.mean([r.trainings for r in rs]):.1f}",
            f"{np.mean([r.steps for r in rs]) / 1000:.1f}",
            f"{np.mean([r.cpu_s for r in rs]):.0f}",
            f"{np.mean([r.tokens for r in rs]) / 1000:.0f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    better = "higher" if metric["goal"] == "max" else "lower"
    lines += _comparison("Hypervolume against `full` (higher is better)", tests, 1, 4)
    lines += _comparison(
        f"{metric['name']} against `full` ({better} is better)",
        _tests(arms, "best"),
        1 if better == "higher" else -1,
        2,
    )
    if all(r.fitness is not None for r in everything):
        lines += _comparison("Fitness against `full` (higher is better)", _tests(arms, "fitness"), 1, 1)
    lines += ["", _what_p_can_say(tests), "", "Arms, as settings that differ:", ""]
    for arm in arms:
        said = ", ".join(f"`{k}` = {_short(v)}" for k, v in metas[arm]["arm"]["settings"].items())
        lines.append(f"- {arm}: {said or 'nothing'}")
    if unfinished:
        lines += ["", f"Not finished and left out: {', '.join(unfinished)}."]
    return "\n".join(lines) + "\n"


def _short(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(v["name"] if isinstance(v, dict) else v) for v in value)
    return str(value)


def _comparison(title: str, tests: Mapping[str, Paired], better: int, digits: int) -> list[str]:
    if not tests:
        return []
    lines = [
        "",
        f"{title}:",
        "",
        "| arm | difference | d_z | better than `full` | p | p, Holm |",
        "|---|---|---|---|---|---|",
    ]
    for arm, t in tests.items():
        ahead = sum(d * better > 0 for d in t.differences)
        effect = "–" if t.effect is None else f"{t.effect:.2f}"
        difference = interval(t.differences, digits)
        lines.append(
            f"| {arm} | {difference} | {effect} | {ahead} of {len(t.differences)} seeds | {t.p:.3f} | {t.corrected:.3f} |"
        )
    return lines


def _what_p_can_say(tests: Mapping[str, Paired]) -> str:
    if not tests:
        return "No arm can be compared: `full` has no seed in common with another."
    fewest = min(len(t.differences) for t in tests.values())
    least = least_p(fewest)
    text = (
        "Differences are arm minus `full`, paired by seed. p: two-sided exact permutation of the signs of the differences; corrected by "
        f"Holm over {len(tests)} arms within each outcome. d_z: mean of the differences over their standard deviation. With {fewest} "
        f"seeds the least p that this test can give is {least:.3g}"
    )
    if least * len(tests) > 0.05:
        return f"{text}, {min(1.0, least * len(tests)):.3g} after correction: it cannot reach 0.05 here, whatever the effect. Read the intervals."
    return f"{text}, {least * len(tests):.3g} after correction."
