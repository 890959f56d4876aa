"""How lessons and personas have served so far, read from the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from memory.better import Bound, better, declared
from memory.credit import tried
from memory.dominance import Goals, goals_of
from memory.ledger import Ledger
from memory.lesson_book import LessonBook, LessonRecord, Served, served
from memory.records import Candidate


def lesson_record(ledger: Ledger, upto: int | None = None) -> list[LessonRecord]:
    """Each lesson with what came of the children that cited it and of matched ones that did not, up to a commit."""
    book = lesson_book(ledger)
    if upto is None:
        book.take(ledger.candidates(code=False))
    else:
        book.follow(ledger, upto)
    return book.records(ledger.lessons())


def lesson_book(ledger: Ledger) -> LessonBook:
    """An empty book for the lessons of this run, to be kept while it runs."""
    meta = ledger.meta()
    return LessonBook(goals_of(meta), bound_in(meta))


def bound_in(meta: Mapping[str, Any]) -> Bound:
    """What may be chance in a run, from its ledger's meta."""
    return declared(noise_of(meta))


def noise_of(meta: Mapping[str, Any]) -> dict[str, float]:
    """Objective -> change that may be chance, as the task declares it; ledgers of the first versions do not say it."""
    return {str(item["name"]): float(item["noise"]) for item in meta.get("objectives", []) if item.get("noise")}


def served_by(ledger: Ledger, arm: Callable[[Candidate], str | None]) -> dict[str, Served]:
    """What came of the children of each arm, such as a persona, by the name that `arm` gives; None is nobody's."""
    meta, every = ledger.meta(), ledger.candidates(code=False)
    by_id = {one.id: one for one in every}
    goals, bound = goals_of(meta), bound_in(meta)
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
