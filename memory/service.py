"""How lessons and personas have served so far, read from the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from memory.better import Bound, better
from memory.credit import tried
from memory.dominance import Goals, goals_of
from memory.ledger import Ledger
from memory.lesson_book import LessonBook, LessonRecord, Served, served
from memory.records import Candidate, Lesson
from memory.yardstick import chance, judged_at


def lesson_record(ledger: Ledger, upto: int | None = None) -> list[LessonRecord]:
    """Each lesson with what came of the children that cited it and of matched ones that did not, up to a commit."""
    upto = ledger.last_number() if upto is None else upto
    return follow(lesson_book(ledger), ledger, upto, ledger.lessons())


def lesson_book(ledger: Ledger) -> LessonBook:
    """An empty book for the lessons of this run; one that runs keeps it, and has `follow` bring it up to date."""
    return LessonBook(goals_of(ledger.meta()))


def follow(book: LessonBook, ledger: Ledger, upto: int, lessons: Sequence[Lesson]) -> list[LessonRecord]:
    """How each of all lessons has served up to a commit, after only what is new to the book was read."""
    if book.judged_at != (at := judged_at(upto)):
        book.rejudge(chance(ledger, upto).bound, at)
    book.follow(ledger, upto)
    return book.records(lessons)


def declared_noise(meta: Mapping[str, Any]) -> dict[str, float]:
    """Objective -> change that may be chance, as the task declares it; ledgers of the first versions do not say it."""
    return {str(item["name"]): float(item["noise"]) for item in meta.get("objectives", []) if item.get("noise")}


def served_by(ledger: Ledger, arm: Callable[[Candidate], str | None]) -> dict[str, Served]:
    """What came of the children of each arm, such as a persona, by the name that `arm` gives; None is nobody's."""
    every = ledger.candidates(code=False)
    by_id = {one.id: one for one in every}
    goals, bound = goals_of(ledger.meta()), chance(ledger).bound
    children: dict[str, list[Candidate]] = defaultdict(list)
    for child in every:
        if child.operator != "seed" and (name := arm(child)) is not None:
            children[name].append(child)
    return {name: _serve(children[name], by_id, goals, bound) for name in sorted(children)}


def none_served() -> Served:
    """The record of an arm that has made no child."""
    return served(0, 0, 0, 0)


def _serve(children: list[Candidate], by_id: Mapping[str, Candidate], goals: Goals, bound: Bound) -> Served:
    ended = [child for child in children if tried(child)]
    valid = [child for child in ended if child.status == "evaluated" or child.failure == "stopped"]
    gains = (better(child, [by_id[id] for id in child.parents if id in by_id], goals, bound) for child in valid)
    return served(len(ended), sum(child.repairs == 0 for child in valid), len(valid), sum(gains))
