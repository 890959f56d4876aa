"""`evolve lessons`: what was concluded, and how it has served."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from commands.errors import plainly
from commands.output import print_json, share, talk, wrapped
from commands.reading import Json, Run, reading
from memory.numbers import signed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from memory.credit import Credit
    from memory.lesson_book import LessonRecord


def lessons(run: Run, as_json: Json = False) -> None:
    """List what the Critic concluded, from which steps and which run, and how each lesson has served against matched children.

    Example: evolve lessons latest
    """
    from memory.credit import as_dict
    from memory.service import declared_noise, lesson_record

    with plainly(), reading(run) as ledger:
        records = lesson_record(ledger)
        noise = declared_noise(ledger.meta())
        reflections = ledger.reflections()
    verdicts = [verdict for reflection in reflections for verdict in reflection.verdicts]
    if as_json:
        decided = defaultdict(list)
        for verdict in verdicts:
            decided[verdict["lesson"]].append(verdict)
        for record in records:
            told: dict[str, Any] = {"state": record.state, "decided": decided[record.id]}
            told |= {"cited": _served(record), "others": _served(record.others)}
            print_json({**asdict(record.lesson), **told, "credit": as_dict(record.credit, noise)})
        return
    for record in records:
        again = [
            verdict["why"] for verdict in verdicts if (verdict["lesson"], verdict["done"]) == (record.id, "revised")
        ]
        _print_lesson(record, noise, again)
    for verdict in verdicts:
        if verdict["done"] in ("corrected", "refused"):
            talk(f"{verdict['lesson']} {verdict['done']}: {verdict['why']}")
    if not records:
        talk("no lessons yet")


def _print_lesson(record: LessonRecord, noise: Mapping[str, float], again: Sequence[str]) -> None:
    """The claim as a paragraph, wrapped on a terminal alone, between what it is and how it has served; `again`: what became of it
    when its steps were measured again."""
    lesson, others, earned = record.lesson, record.others, record.credit
    home = f" | from {lesson.run} ({lesson.task})" if lesson.borrowed else ""
    citing = share(record.improved, record.trials, record.improved_interval)
    matched = share(others.improved, others.trials, others.improved_interval)
    served = [f"improved: {citing} of those citing it, {matched} of the matched; {_difference(earned)}"]
    if not record.trials:
        served = ["not cited yet"]
    if earned.changes:
        served.append(f"change beside the matched: {_changes(earned, noise)}")
    head = f"{record.id}  {lesson.segment or 'any segment'} | {_standing(record)}{home} | rests on {' '.join(lesson.evidence)}"
    first, *more = wrapped(head, 4)
    print(first)
    words = [f"{what} {' '.join(said)}" for what, said in (("has", lesson.present), ("lacks", lesson.absent)) if said]
    where = [f"given where the code {' and '.join(words)}"] if words else []
    told = (lesson.claim.replace("\n", " "), *where, *again, *served)
    for line in (*more, *(part for said in told for part in wrapped(said, 4))):
        print(f"    {line}")
    print()


def _standing(record: LessonRecord) -> str:
    lesson = record.lesson
    named = {"merged": f" into {lesson.into}", "contradicted": f" by {lesson.against}"}.get(record.state, "")
    over = f", over {' '.join(lesson.supersedes)}" if lesson.supersedes else ""
    return f"{record.state}{named}{over}"


def _difference(earned: Credit) -> str:
    """Of the shares improved within strata, in percentage points with the 95 % interval."""
    if earned.difference is None:
        return "nobody to compare with"
    low, high = earned.interval
    return f"{100 * earned.difference:+.0f} ({100 * low:+.0f} to {100 * high:+.0f}) points, {earned.trials} against {earned.others} like them"


def _changes(earned: Credit, noise: Mapping[str, float]) -> str:
    """How much more each objective moved than with the matched children: in units of the noise where there is one."""
    told = []
    for name, more in earned.changes.items():
        unit = noise.get(name)
        told.append(f"{name} {more / unit:+.2g} noise" if unit else f"{name} {signed(more)}")
    return ", ".join(told) or "-"


def _served(served: Any) -> dict[str, Any]:
    names = ("trials", "valid_first", "valid", "improved")
    intervals = ("valid_first_interval", "valid_interval", "improved_interval")
    return {name: getattr(served, name) for name in (*names, *intervals)}
