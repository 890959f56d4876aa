"""What a run may spend, and how much of it is left: children, trainings, hours, tokens, money, or until a goal is reached."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from graph.config import Config
from memory.elites import elites, seed_of, values_of
from memory.goal import reached
from memory.ledger import Ledger
from memory.records import Candidate
from memory.timeline import worked_s

_ANY = 1 << 40  # children, where nothing bounds them


@dataclass(frozen=True)
class Bound:
    """One bound: what is spent, what is promised to be spent by what is under way and must follow, what one more child takes."""

    most: float
    spent: float
    promised: float
    each: float

    def children(self) -> int:
        """How many more there may be."""
        left = self.most - self.spent - self.promised
        if self.each <= 0:
            return _ANY if left > 0 else 0
        return max(0, math.floor(left / self.each + 1e-9))


class Budget:
    """Of one run. What it says depends on the clock and on what is under way: an ask writes down what came of it."""

    def __init__(self, config: Config, ledger: Ledger, least: int, slots: int) -> None:
        """`least`: trainings of whatever is reported; `slots`: trainings at once."""
        self._config, self._ledger, self._least, self._slots = config, ledger, least, slots
        self._before_s, self._began = worked_s(ledger.events()), time.monotonic()
        self._over = False  # a goal that was reached stays so

    def children(self, made: int, flying: int) -> int:
        """How many more children may be asked for when so many were, and so many of them are under way."""
        if self._over:
            return 0
        until, ledger = self._config.budget.until, self._ledger
        if until and reached(until, elites(ledger), values_of(seed_of(ledger))):
            self._over = True
            return 0
        return min([_ANY, *(bound.children() for bound in self._bounds(made, flying))])

    def late(self, made: int) -> bool:
        """Whether the last of so many children is of the last share of the budget."""
        share = self._config.search.refine
        spent = [bound.spent / bound.most for bound in self._bounds(made, 0)]
        return share > 0 and bool(spent) and max(spent) > 1 - share

    def again(self, times: int, flying: int) -> bool:
        """Whether a program may be trained so many times more; `flying` trainings are under way."""
        most = self._config.budget.evaluations
        return not most or self._ledger.trained() + flying + times <= most

    def _bounds(self, made: int, flying: int) -> list[Bound]:
        budget, search = self._config.budget, self._config.search
        found = []
        if search.children:
            found.append(Bound(search.children, made, 0, 1))
        if budget.evaluations:
            # whoever leads in the end is trained again, and so is the child that comes to lead
            found.append(Bound(budget.evaluations, self._ledger.trained(), flying + self._lacking(), 1))
        if budget.hours:
            passed_s = self._before_s + time.monotonic() - self._began
            training_s, audit_s = self._ledger.usual_training_s(), self._ledger.usual_audit_s()
            # all of it in the slots that there are, and after that the way of the last child: a call, its training, one more, its audit
            unaudited = sum(one.audited is None for one in self._kept())
            queue_s = ((flying + self._lacking()) * training_s + unaudited * audit_s) / self._slots
            after_s = self._ledger.usual_call_s() + training_s * min(2, self._least) + audit_s
            found.append(Bound(budget.hours * 3600, passed_s, queue_s + after_s, training_s / self._slots))
        if (budget.tokens or budget.usd) and made == flying:
            found.append(Bound(self._slots, 0, flying, 1))  # before a child has ended nobody knows what one costs
        elif budget.tokens or budget.usd:
            spent, ended = self._ledger.spent_since(), made - flying
            for most, used in ((budget.tokens, spent.tokens), (budget.usd, spent.cost_usd)):
                if most:
                    found.append(Bound(most, used, flying * used / ended, used / ended))
        return found

    def _lacking(self) -> int:
        """Further trainings that make the archive believed, and one newcomer."""
        return sum(max(0, self._least - one.n) for one in self._kept()) + self._least - 1

    def _kept(self) -> list[Candidate]:
        last = self._ledger.last_selection()
        return list(self._ledger.outcomes(last.archive).values()) if last else []
