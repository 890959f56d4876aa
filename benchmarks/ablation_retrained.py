"""What the fronts of an ablation are worth when they are trained anew: read from what `evolve report RUN --retrain K` wrote."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

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
    """None where nothing of this run was trained anew. A program without a number for each score, as one that failed, is left out."""
    path = folder / "report" / "retrained.csv"
    if not path.exists():
        return None
    meta = ledger.meta()
    objectives = objectives_of(meta)
    lead = objectives[0]
    known = {one.id: one for one in ledger.candidates(code=False)}
    rows = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            told = dict(zip(_SCORES, (row[f"chosen_by_{lead.name}"], row[lead.name], row["test"]), strict=True))
            if row["id"] != "seed" and all(told.values()):
                rows[row["id"]] = {score: float(value) for score, value in told.items()}
    volume = {
        score: hypervolume(
            [
                replace(known[id], objectives={**(known[id].objectives or {}), lead.name: row[score]})
                for id, row in rows.items()
            ],
            objectives,
        )
        for score in _SCORES
    }
    sign = 1 if lead.goal == "min" else -1
    leader = min(rows.values(), key=lambda row: sign * row["chosen"], default={})
    return Front(int(meta["seed"]), len(rows), volume, leader)


def retrained_table(fronts: Mapping[str, Sequence[Front]]) -> list[str]:
    """Markdown: each arm's fronts, and its test hypervolume against that of `full` on the seeds that both have. Nothing without fronts."""
    if not any(fronts.values()):
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
        if not found:
            continue
        cells = [interval([one.volume[score] for one in found], 4) for score in _SCORES]
        cells += [interval([one.leader[score] for one in found], 2) for score in _SCORES]
        ours = [one.volume["test"] - full[one.seed] for one in found if one.seed in full]
        against = interval(ours, 4) if ours and arm != "full" else "–"
        size = sum(one.size for one in found) / len(found)
        lines.append(f"| {arm} | {len(found)} | {size:.1f} | {' | '.join(cells)} | {against} |")
    return lines
