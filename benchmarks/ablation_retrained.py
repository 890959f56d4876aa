"""What the fronts of an ablation are worth when they are trained anew: read from what `evolve report RUN --retrain K` wrote."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

from ablation_tests import interval

from graph.pareto import hypervolume, objectives_of
from memory.ledger import Ledger

_SCORES = ("chosen", "fresh", "test")


@dataclass(frozen=True)
class Front:
    """The front of one run by the scores that chose it, by the means of fresh trainings, and by their mean test score."""

    seed: int
    size: int
    volume: dict[str, float]  # hypervolume, by score
    leader: dict[str, float]  # first objective of the program that scored best, by score


def read_front(folder: Path, ledger: Ledger) -> Front | None:
    """None where no program of the run was trained anew. One whose fresh trainings all failed is left out."""
    path = folder / "report" / "retrained.csv"
    if not path.exists():
        return None
    meta = ledger.meta()
    objectives = objectives_of(meta)
    lead = objectives[0]
    known = {one.id: one for one in ledger.candidates(code=False)}
    trainings: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):  # one for each training
            trainings[row["id"]].append(
                (float(row[f"chosen_by_{lead.name}"]), float(row[lead.name]), float(row["test"]))
            )
    trainings.pop("seed", None)
    if not trainings:
        return None
    means = {id: dict(zip(_SCORES, map(fmean, zip(*told, strict=True)), strict=True)) for id, told in trainings.items()}
    as_measured = {
        score: [
            replace(known[id], objectives={**(known[id].objectives or {}), lead.name: told[score]})
            for id, told in means.items()
        ]
        for score in _SCORES
    }
    sign = 1 if lead.goal == "min" else -1
    return Front(
        seed=int(meta["seed"]),
        size=len(means),
        volume={score: hypervolume(some, objectives) for score, some in as_measured.items()},
        leader=min(means.values(), key=lambda told: sign * told["chosen"]),
    )


def retrained_table(fronts: Mapping[str, Sequence[Front]]) -> list[str]:
    """Markdown: each arm's fronts, and its test hypervolume against that of `full` on the seeds that both have. Nothing without fronts."""
    if not fronts:
        return []
    lines = [
        "",
        "Fronts trained anew with seeds that the search has not used: hypervolume by the scores that chose them, by the means of the fresh",
        "trainings, and by their mean test scores; then the program that scored best by the same three.",
        "",
        "| arm | seeds | programs | chosen | fresh | test | best: chosen | fresh | test | test hypervolume against `full` |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    full = {one.seed: one.volume["test"] for one in fronts.get("full", ())}
    for arm, found in fronts.items():
        cells = [interval([one.volume[score] for one in found], 4) for score in _SCORES]
        cells += [interval([one.leader[score] for one in found], 2) for score in _SCORES]
        ours = [one.volume["test"] - full[one.seed] for one in found if one.seed in full]
        against = interval(ours, 4) if ours and arm != "full" else "–"
        size = sum(one.size for one in found) / len(found)
        lines.append(f"| {arm} | {len(found)} | {size:.1f} | {' | '.join(cells)} | {against} |")
    return lines
