"""The lineage of a program, which is that of its first parent, and how many lines of a run were dropped before and came back."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from genome.lineage import Added, added, code_lines, most
from memory.ledger import Ledger
from memory.records import Candidate


class Returned(NamedTuple):
    """Of all children of a run that became a program."""

    children: int
    added: int  # lines that they have and their parents have not
    back: int  # those of them that their lineage had dropped before


def lineage(ledger: Ledger, id: str, upto: int | None = None) -> list[Candidate]:
    """This program and those that it came of, the seed first, as they stood at a commit."""
    found = [ledger.known(id, upto)]
    while found[-1].parents:
        found.append(ledger.known(found[-1].parents[0], upto))
    return found[::-1]


def added_by(ledger: Ledger, child: Candidate) -> Added:
    """The lines that a child adds to its first parent, and those of them that came back."""
    *older, parent = (code_lines(one.files) for one in lineage(ledger, child.parents[0]))
    return added(code_lines(child.files), parent, most(older))


def returned(ledger: Ledger) -> Returned:
    """Read one program at a time; what is kept is the lines of those of whom a child is still to come."""
    awaited = Counter(one.parents[0] for one in ledger.candidates(code=False) if one.parents)
    have: dict[str, Counter[str]] = {}
    had: dict[str, Counter[str]] = {}  # the most of any of their ancestors
    total = Returned(0, 0, 0)
    for one in ledger.each_candidate():
        lines, before = code_lines(one.files), Counter[str]()
        if one.parents:
            parent = one.parents[0]
            if one.files:
                new, back = added(lines, have[parent], had[parent])
                total = Returned(total.children + 1, total.added + new.total(), total.back + back.total())
            if awaited[one.id]:
                before = had[parent] | have[parent]
            awaited[parent] -= 1
            if not awaited[parent]:
                del have[parent], had[parent]
        if awaited[one.id]:
            have[one.id], had[one.id] = lines, before
    return total
