"""What the final candidates are worth: trainings with fresh seeds, which had no say in choosing them."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from memory.ledger import Ledger
from memory.numbers import give_or_take, number, signed
from memory.records import Candidate
from memory.sealed import read_sealed
from memory.seeds import fresh_seeds
from tasks import Data, Task


@dataclass(frozen=True)
class Mean:
    """Mean over trainings, and half of its 95 % interval by Student's t; None for fewer than two."""

    value: float
    half: float | None

    def __str__(self) -> str:
        return give_or_take(self.value, self.half)


@dataclass(frozen=True)
class Final:
    """One program of the front, or the seed, trained anew."""

    id: str
    chosen_by: float  # the validation score that the search had when it chose
    validation: tuple[float, ...]  # of the fresh trainings that ended well
    test: tuple[float, ...]
    failures: tuple[str, ...]  # kinds of those that did not


def retrained(folder: Path, seed: int) -> Path:
    """Where the files of the trainings with this seed are."""
    return folder / "retrained" / str(seed)


def read_final(
    ledger: Ledger, task: Task, data: Data, folder: Path, chosen: Sequence[Candidate], times: int
) -> dict[tuple[str, int], np.ndarray]:
    """Candidate and seed -> the sealed predictions of each fresh training that ended well; all must be done. Raises SealedError."""
    done = {(e.candidate, e.train_seed): e for e in ledger.tickets("done", [c.id for c in chosen])}
    wanted = [(c, seed) for c in chosen for seed in fresh_seeds(int(ledger.meta()["seed"]), times)]
    return {
        (c.id, seed): read_sealed(retrained(folder, seed), c, done[c.id, seed], task, data)
        for c, seed in wanted
        if done[c.id, seed].objectives is not None
    }


def score_final(
    ledger: Ledger,
    task: Task,
    data: Data,
    chosen: Sequence[Candidate],
    times: int,
    sealed: Mapping[tuple[str, int], np.ndarray],
) -> list[Final]:
    """The scores of all fresh trainings of these candidates, as `read_final` read them; the opening must be counted already."""
    metric = task.objectives[0].name
    done = {(e.candidate, e.train_seed): e for e in ledger.tickets("done", [c.id for c in chosen])}
    finals = []
    for c in chosen:
        validation, test, failures = [], [], []
        for seed in fresh_seeds(int(ledger.meta()["seed"]), times):
            outcome = done[c.id, seed]
            if outcome.objectives is None:
                failures.append(outcome.failure or "lost")
                continue
            test.append(task.score(sealed[c.id, seed], data.labels["test"]))
            validation.append(outcome.objectives[metric])
        finals.append(Final(c.id, (c.objectives or {})[metric], tuple(validation), tuple(test), tuple(failures)))
    return finals


def mean(values: Sequence[float]) -> Mean:
    """Of at least one value."""
    from scipy import stats

    half = None
    if len(values) > 1:
        half = float(stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return Mean(float(np.mean(values)), half)


def table(finals: Sequence[Final], metric: str) -> list[list[str]]:
    """A head and a row for each program, in words."""
    rows = [["program", f"{metric} that chose it", "fresh mean", "difference", "test mean", "trainings"]]
    for f in finals:
        of = f"{len(f.test)} of {len(f.test) + len(f.failures)}"
        if not f.test:
            rows.append([f.id, number(f.chosen_by), "–", "–", "–", f"{of} ({', '.join(f.failures)})"])
            continue
        fresh = mean(f.validation)
        failed = f" ({', '.join(f.failures)})" if f.failures else ""
        gap = signed(fresh.value - f.chosen_by)
        rows.append([f.id, number(f.chosen_by), str(fresh), gap, str(mean(f.test)), of + failed])
    return rows


def explanation(times: int) -> str:
    """What the table says and what it does not."""
    return (
        f"Each program was trained {times} more time(s) with seeds that the search has not used. ± is the half-width of a 95 % interval of "
        "the mean over these trainings (Student's t); it says nothing of another draw of the data. The difference, fresh validation mean "
        "minus the score that chose the program, estimates the winner's curse: of many scores the best is partly lucky. The seed was not chosen, "
        "and its difference is chance alone. Trainings that failed are not in the means."
    )


def as_csv(finals: Sequence[Final], metric: str) -> str:
    """One row for each fresh training that ended well."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", f"chosen_by_{metric}", metric, "test"])
    for f in finals:
        writer.writerows([f.id, f.chosen_by, v, t] for v, t in zip(f.validation, f.test, strict=True))
    return out.getvalue()


def as_html(finals: Sequence[Final], metric: str, times: int) -> str:
    """The table as a section of the report's page."""
    head, *body = [[html.escape(cell) for cell in row] for row in table(finals, metric)]
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in body)
    heads = "".join(f"<th>{cell}</th>" for cell in head)
    return (
        f"<h2>Trained anew</h2><p>{html.escape(explanation(times))}</p>"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )
