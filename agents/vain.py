"""Replies that come to nothing, time after time: said once, with what they have in common and a cure.

Each fails its own child, and a reader of failures sees many; that all have one cause is seen from here.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from memory.ledger import Ledger
from memory.records import ModelCall

if TYPE_CHECKING:
    from agents.settings import ModelChoice

_EMPTY = 4  # replies in a row that are cut off or empty, before that is told
_USELESS = 12  # answers in a row of which no program came that could be trained
_CURES = {
    "unanswered": "its endpoint refuses the questions; the reason stands beside each",
    "unparsable": "it does not keep to the form of an answer: read some with 'evolve transcript RUN --failed', and take a model "
    "that follows instructions",
    "unchanged": "it repeats what it is shown: raise sampling.temperature, or give the model a smaller weight",
    "duplicate": "it repeats itself: raise sampling.temperature, or give the model a smaller weight",
}
_TOO_WEAK = "it may be too weak for this task: give it a smaller weight, or take it out"


class Vain:
    """Keeps count of the replies of each model of one run."""

    def __init__(self, ledger: Ledger, max_tokens: int) -> None:
        self._ledger, self._max_tokens = ledger, max_tokens
        self._empty: Counter[str] = Counter()  # replies in a row that were cut off or empty, by the model's id
        self._told: set[tuple[str, str]] = set()  # of which models that was said, and of which kind

    def heard(self, choice: ModelChoice, call: ModelCall) -> None:
        """Look at a reply as it comes, and at what became of the earlier ones."""
        if not choice.offline:  # its edits are what they are
            self._cut_or_empty(choice, call)
            self._useless(choice)

    def _cut_or_empty(self, choice: ModelChoice, call: ModelCall) -> None:
        vain = call.finish == "length" or not call.reply.strip()
        self._empty[choice.id] = self._empty[choice.id] + 1 if vain else 0
        if self._empty[choice.id] < _EMPTY:
            return
        what = (
            f"cut off at the limit of {self._max_tokens} tokens: raise sampling.max_tokens, or let the model think less"
            if call.finish == "length"
            else "empty: does the endpoint put the answer elsewhere, such as reasoning_content? See its settings for reasoning"
        )
        self._tell(choice, call.finish, f"the last {_EMPTY} replies of model '{choice.name}' were {what}")

    def _useless(self, choice: ModelChoice) -> None:
        verdicts = self._ledger.verdicts(choice.id, _USELESS)
        failures = [failure for failure in verdicts if failure]
        if len(failures) < _USELESS:
            return
        kind, times = Counter(failures).most_common(1)[0]
        self._tell(
            choice,
            kind,
            f"none of the last {_USELESS} answers of model '{choice.name}' became a program that can be trained; "
            f"{times} of them were {kind}: {_CURES.get(kind, _TOO_WEAK)}",
        )

    def _tell(self, choice: ModelChoice, kind: str, why: str) -> None:
        if (choice.id, kind) not in self._told:
            self._told.add((choice.id, kind))
            self._ledger.add_event("warning", {"about": choice.id, "why": why})
