"""What progress shows of a running run, kept up to date by what is new in its ledger: never read again as a whole."""

from __future__ import annotations

from collections import Counter

from memory.elites import elites, leader, leading, seed_of
from memory.ledger import Ledger
from memory.records import Candidate, Event


class Following:
    """Counts of a run as of the last event that was heard."""

    def __init__(self, ledger: Ledger) -> None:
        """Everything up to now is counted, once."""
        self._ledger = ledger
        with ledger.snapshot():
            meta, last = ledger.meta(), ledger.last_event()
            self.planned = int(meta.get("planned", 0))  # children that the whole run will have
            self.generation = ledger.generations()
            self.closed = ledger.closed()
            self._heard = last.number if last else 0
            self._fates = ledger.fates()
            self._spent = ledger.spent_since()
            self._find()
        self._endings = Counter(self._fates.values())
        self.tokens, self.cost_usd = self._spent.tokens, self._spent.cost_usd

    def news(self) -> list[Event]:
        """The events since the last call, by which everything here is now up to date."""
        with self._ledger.snapshot():
            events = self._ledger.events(after=self._heard)
            for event in events:
                self._heard = event.number
                self._count(event)
            if any(event.kind == "selected" for event in events):
                self._find()
            self._spent = self._ledger.spent_since(self._spent.last)
        self.tokens += self._spent.tokens
        self.cost_usd += self._spent.cost_usd
        return events

    def _count(self, event: Event) -> None:
        if event.kind == "planned":
            self.generation += 1
        if event.kind == "settled":
            id, failure = event.data["candidate"], event.data["failure"]
            if id in self._fates:  # an end may be revised: by its audit, or by a twin that comes first
                self._endings[self._fates[id]] -= 1
            self._fates[id] = failure
            self._endings[failure] += 1

    def _find(self) -> None:
        self.seed: Candidate | None = seed_of(self._ledger)
        found = leader(self._ledger, elites(self._ledger))
        self.confirmed = found is not None
        self.best: Candidate | None = found or leading(self._ledger)

    @property
    def settled(self) -> int:
        """Candidates that have come to their end, the seed among them."""
        return len(self._fates)

    @property
    def evaluated(self) -> int:
        """Children that are measured."""
        return self._endings[None] - (self.seed is not None)

    @property
    def failures(self) -> dict[str, int]:
        """How many failed, by kind."""
        return {kind: count for kind, count in self._endings.items() if kind is not None and count}
