"""What authors and Critic were shown in the runs of an ablation, and what came of each kind of order: from the ledgers alone."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import genome
from agents.prompts import possible
from graph.arms import arm_of
from memory import stratified
from memory.credit import wilson
from memory.ledger import Ledger
from memory.lineage import returned
from memory.service import served_by

_KINDS = ("scope", "intent", "segment")
_SECTION = re.compile(r"^## ([^\n]+)\n\n(.*?)(?=\n## |\Z)", re.MULTILINE | re.DOTALL)
# of the first question to an author: what counts as shown -> heading, and what stands there where it is not
_SHOWN = {
    "a lesson": ("Lessons from measured outcomes", "None are cited"),
    "a program that was tried": ("Already tried", "Nothing yet"),
    "another whole program": ("Other programs", "None is shown"),
}


@dataclass
class Counts:
    """Of the runs of one arm, summed."""

    orders: int = 0  # mutations of one segment
    impossible: int = 0  # of them, of a kind that the segment does not allow
    prompts: int = 0  # first questions to authors
    later: int = 0  # of them, after the first commit of children
    shown: Counter[str] = field(default_factory=Counter)  # of the later ones
    settled: int = 0  # children that came to an end
    valid_first: int = 0
    reflected: int = 0  # children that came before the last reflection of their run
    seen: int = 0  # of them, shown to the Critic
    tokens: int = 0
    added: int = 0  # lines that children have and their parents have not
    back: int = 0  # of them, dropped before by their lineage
    better: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    tried: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    # of children with and without lessons in their prompts, within ask, operator and scope, see `memory.stratified`
    thought: Counter[str] = field(default_factory=Counter)

    def take(self, ledger: Ledger) -> None:
        """Add a run."""
        known = {one.id: one for one in ledger.candidates()}
        children = [one for one in known.values() if one.operator != "seed"]
        for child in children:
            if child.scope == "segment" and child.segment and child.intent:
                text = genome.segments(known[child.parents[0]].files)[child.segment]
                self.orders += 1
                self.impossible += child.intent not in possible([text])
        for call in ledger.each_call():
            self.tokens += call.tokens_in + call.tokens_out
            if call.agent in ("architect", "breeder") and call.key.endswith("/0"):
                self._asked(call.messages, call.generation > 1)
        lines = returned(ledger)
        self.added += lines.added
        self.back += lines.back
        reflections = [one for one in ledger.reflections() if one.shown]
        last = max((one.generation for one in reflections), default=0)
        shown = {id for one in reflections for id in one.shown}
        early = [one for one in children if one.committed is not None and one.committed <= last]
        self.reflected += len(early)
        self.seen += sum(one.id in shown for one in early)
        for kind in _KINDS:
            for arm, served in served_by(ledger, arm_of(kind)).items():  # type: ignore[arg-type]
                self.better[kind][arm] += served.improved
                self.tried[kind][arm] += served.trials
        self._think(ledger)
        everyone = served_by(ledger, lambda _: "all").get("all")
        if everyone:
            self.settled += everyone.trials
            self.valid_first += everyone.valid_first

    def _think(self, ledger: Ledger) -> None:
        """Whose prompts cite lessons is drawn by lot, so that what they gain beside their siblings is the lessons' doing."""
        found = served_by(ledger, lambda c: f"{c.generation}/{c.operator}/{c.scope}/{'cited' if c.lessons else 'none'}")
        for name, ours in found.items():
            stratum, _, group = name.rpartition("/")
            others = found.get(f"{stratum}/none")
            if group == "cited" and others and ours.trials and others.trials:
                self.thought.update(stratified.table(ours.improved, ours.trials, others.improved, others.trials))

    def _asked(self, messages: Sequence[Mapping[str, str]], later: bool) -> None:
        self.prompts += 1
        if not later:
            return
        self.later += 1
        said = dict(_SECTION.findall(messages[-1]["content"]))
        for what, (heading, none) in _SHOWN.items():
            found = next((text for title, text in said.items() if title.startswith(heading)), none)
            self.shown[what] += not found.startswith(none)


def table(counts: Mapping[str, Counts]) -> list[str]:
    """Two tables in Markdown: what was shown, and what came of each kind of order."""
    lines = [
        "What orders asked and what prompts showed. Impossible is a kind of mutation for which the segment holds nothing; prompts are first "
        "questions to authors after the first generation; seen are children that were measured before the last reflection.",
        "",
        f"| arm | impossible orders | {' | '.join(f'prompts with {what}' for what in _SHOWN)} | children seen by the Critic "
        "| valid at first reply | added lines that were dropped before | thousand tokens a child |",
        f"|---|---|{'---|' * len(_SHOWN)}---|---|---|---|",
    ]
    for arm, c in counts.items():
        shares = [_share(c.shown[what], c.later) for what in _SHOWN]
        tokens = f"{c.tokens / c.prompts / 1000:.1f}" if c.prompts else "-"
        row = [
            arm,
            f"{c.impossible} of {c.orders}",
            *shares,
            _share(c.seen, c.reflected),
            _share(c.valid_first, c.settled),
            _share(c.back, c.added),
        ]
        lines.append("| " + " | ".join([*row, tokens]) + " |")
    lines += [
        "",
        "What lessons brought: children better than their parent among those whose prompts cite lessons less that among the others, within the "
        "same ask, operator and scope (Mantel and Haenszel), in points with a 95 % interval:",
        "",
        *(f"- {arm}: {_points(c.thought)}" for arm, c in counts.items() if c.thought),
    ]
    lines += [
        "",
        "Children better than their parent, beyond the noise of both scores, of those that came to an end:",
        "",
    ]
    lines += ["| arm | " + " | ".join(_KINDS) + " |", "|---" * (1 + len(_KINDS)) + "|"]
    for arm, c in counts.items():
        lines.append(f"| {arm} | " + " | ".join(_kinds(c.better[kind], c.tried[kind]) for kind in _KINDS) + " |")
    return lines


def _share(count: int, of: int) -> str:
    if not of:
        return "-"
    low, high = wilson(count, of)
    return f"{count} of {of} ({100 * low:.0f} to {100 * high:.0f} %)"


def _points(sums: Counter[str]) -> str:
    difference, (low, high) = stratified.difference(sums), stratified.interval(sums)
    if difference is None:
        return "nobody can be compared"
    return f"{100 * difference:+.0f} ({100 * low:+.0f} to {100 * high:+.0f})"


def _kinds(better: Mapping[str, int], tried: Mapping[str, int]) -> str:
    return "<br>".join(f"{name} {better.get(name, 0)} of {n}" for name, n in sorted(tried.items())) or "-"
