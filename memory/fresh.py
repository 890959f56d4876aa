"""What a program is worth on examples that nobody has seen, and what makes its numbers hard to believe. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from memory.credit import wilson
from memory.numbers import number, within
from memory.records import Audit, Candidate
from memory.stratified import Z95
from tasks import Data

if TYPE_CHECKING:
    from tasks import Table, Task

_BY_CHANCE = 1e-3  # of a thousand honest programs one is doubted
_UNTRAINED = 0.75  # share of chance below which a model knows something before it is trained


@dataclass(frozen=True)
class Fresh:
    """A score on fresh examples and its 95 % interval; no interval where the spread is not known."""

    value: float
    low: float | None
    high: float | None
    n: int

    def __str__(self) -> str:
        return number(self.value) if self.low is None or self.high is None else within(self.value, self.low, self.high)


@dataclass(frozen=True)
class Facts:
    """What a score is held against; None where it is not known."""

    metric: str | None = None
    validation: int | None = None  # how many examples
    outputs: int | None = None  # numbers of one answer: classes, or what a label has
    chance: float | None = None  # what guessing one answer for all gives


def facts_of(task: Task, data: Data | Table) -> Facts:
    """Of a task's own data; nothing of a table, whose outcomes the host finds itself."""
    if not isinstance(data, Data):
        return Facts()
    labels = data.labels["val"]
    outputs = int(labels.max()) + 1 if task.metric == "error_percent" else math.prod(labels.shape[1:])
    return Facts(task.metric, len(labels), outputs, task.chance(labels))


def facts_in(meta: Mapping[str, Any]) -> Facts:
    """As a run's ledger keeps them under `facts`; nothing known where it keeps none."""
    return Facts(**meta.get("facts") or {})


def by_candidate(audits: Iterable[Audit]) -> dict[str, Audit]:
    """Candidate -> its first audit that measured a score on fresh examples, or its first where none did."""
    found: dict[str, Audit] = {}
    for audit in audits:
        known = found.setdefault(audit.candidate, audit)
        if "fresh" in audit.measured and "fresh" not in known.measured:
            found[audit.candidate] = audit
    return found


def fresh_score(metric: str | None, measured: Mapping[str, float]) -> Fresh | None:
    """The score that an audit measured as `fresh` on `fresh_n` examples; None where it measured none.

    The interval of an error rate is Wilson's; that of a mean is 1.96 of its standard errors, `fresh_se`, to either side.
    """
    value, n = measured.get("fresh"), int(measured.get("fresh_n", 0))
    if value is None or n < 1:
        return None
    if metric == "error_percent":
        low, high = wilson(round(n * value / 100), n)
        return Fresh(value, 100 * low, 100 * high, n)
    if (error := measured.get("fresh_se")) is None:
        return Fresh(value, None, None, n)
    return Fresh(value, max(0.0, value - Z95 * error), value + Z95 * error, n)


def implausible(candidate: Candidate, audit: Audit | None, facts: Facts) -> list[str]:
    """Why this candidate's numbers are hard to believe, a line each, for whoever reads its code; none for most.

    Of a kind that honest programs hardly reach: no error at all, fewer parameters than answers, far worse on fresh examples than
    on validation, good before any training. What cannot be held against anything is left out.
    """
    objectives = dict(candidate.objectives or {})
    if not objectives:
        return []
    measured = audit.measured if audit else {}
    name, value = next(iter(objectives.items()))
    doubts = [f"not proven: {audit.unproven}"] if audit and audit.unproven else []
    if value == 0:
        doubts.append(f"{name} is 0" + (f" on {facts.validation:,} examples" if facts.validation else ""))
    params = objectives.get("params")
    if params is not None and facts.outputs is not None and params < facts.outputs:
        doubts.append(f"{number(params)} parameters for {facts.outputs} outputs")
    fresh = fresh_score(facts.metric, measured)
    if fresh is not None and facts.validation:
        odds = _odds(value, fresh, facts, measured.get("fresh_se"))
        if odds is not None and odds < _BY_CHANCE:
            chance = f"{odds:.1g}" if odds >= 1e-12 else "less than 1e-12"
            doubts.append(f"{name} {number(value)} is {fresh} on {fresh.n:,} fresh examples (by chance: {chance})")
    untrained = measured.get("untrained")
    if untrained is not None and facts.chance is not None and untrained < _UNTRAINED * facts.chance:
        doubts.append(f"{name} {number(untrained)} before any training, where guessing gives {number(facts.chance)}")
    return doubts


def _odds(value: float, fresh: Fresh, facts: Facts, error: float | None) -> float | None:
    """How often so good a validation score, or a better one, comes of a program that is as good as on fresh examples."""
    assert facts.validation
    if facts.metric == "error_percent":
        return binomial_tail(round(facts.validation * value / 100), facts.validation, fresh.value / 100)
    if not error:
        return None
    spread = error * math.sqrt(1 + fresh.n / facts.validation)  # of the difference, the examples being alike
    return 0.5 * math.erfc((fresh.value - value) / spread / math.sqrt(2))


def binomial_tail(count: int, trials: int, share: float) -> float:
    """The probability of at most `count` hits in `trials`, each with the probability `share`."""
    if share <= 0 or count >= trials:
        return 1.0
    if share >= 1:
        return 0.0
    logs = [
        math.lgamma(trials + 1)
        - math.lgamma(k + 1)
        - math.lgamma(trials - k + 1)
        + k * math.log(share)
        + (trials - k) * math.log1p(-share)
        for k in range(count + 1)
    ]
    top = max(logs)
    return min(1.0, math.exp(top) * math.fsum(math.exp(one - top) for one in logs))
