"""`evolve status RUN --profile`: where the time of a run went."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

from commands.output import print_facts, print_json, print_table
from commands.reading import reading
from memory.numbers import number

if TYPE_CHECKING:
    from memory.reads import Span
    from memory.timeline import Profile

_TOLD = {
    "start": "before the first training",
    "queue": "a training that had a slot to itself only later",
    "screen": "the checks of a proposal",
    "model": "a model's answer",
    "turn": "a call's turn: sampling.parallel, or a limit of a minute",
    "audit": "an audit, with nothing else to do",
    "sandbox": "the last trainings of a generation",
    "us": "ourselves",
}
_NAMES = {"model": "calls", "screen": "checks", "sandbox": "trainings", "audit": "audits"}
_MUCH = 0.1  # of all slots' time: worth a hint


def print_profile(run: str, as_json: bool) -> None:
    """Print it, as one JSON object or for people."""
    from memory.ledger import Ledger
    from memory.runs import LEDGER, find_run
    from memory.timeline import profile, sessions

    alive = Ledger.writer(find_run(run) / LEDGER) is not None
    with reading(run) as ledger:
        spans, events = ledger.spans(), ledger.events()
    found = profile(spans, sessions(events, time.time() if alive else 0.0))
    each = {kind: _each([s for s in spans if s.kind == kind]) for kind in _NAMES}
    if as_json:
        told = {"wall_s": found.wall_s, "slots": found.slots, "busy_share": found.busy_share}
        print_json({**told, "idle_s": found.idle_s, "under_way_s": found.under_way_s, "each": each})
        return
    whole_s = found.wall_s * found.slots
    print_facts(
        [
            ("time", f"{number(found.wall_s, 3)} s of work, {found.slots} slots"),
            ("slots", f"busy {_share(found.busy_s, whole_s)} of the time"),
        ]
    )
    rows = [
        (_TOLD[why], f"{number(idle_s, 3)} s", _share(idle_s, whole_s))
        for why, idle_s in sorted(found.idle_s.items(), key=lambda one: -one[1])
    ]
    print_table(("free slots waited for", "time of slots", "share"), rows, ("time of slots", "share"))
    print()
    print_table(
        ("what", "count", "waited (median)", "took (median)", "95 %", "under way"),
        [
            (
                _NAMES[kind],
                one["count"],
                f"{number(one['waited_s'], 3)} s",
                f"{number(one['took_s'], 3)} s",
                f"{number(one['p95_s'], 3)} s",
                _share(found.under_way_s.get(kind, 0.0), found.wall_s),
            )
            for kind, one in each.items()
            if one["count"]
        ],
        ("count", "waited (median)", "took (median)", "95 %", "under way"),
    )
    if said := hint(found, each):
        print(f"\n{said}")


def _each(spans: Sequence[Span]) -> dict[str, Any]:
    """How many there were, how long they waited and took."""
    if not spans:
        return {"count": 0}
    took = sorted(s.ended_at - s.begun_at for s in spans)
    waited = median(s.begun_at - s.asked_at for s in spans)
    return {
        "count": len(spans),
        "waited_s": waited,
        "took_s": median(took),
        "p95_s": took[min(len(took) - 1, int(0.95 * len(took)))],
    }


def hint(found: Profile, each: dict[str, dict[str, Any]]) -> str:
    """What would keep the slots busier; empty where they are, or nothing of ours would."""
    lost_s = sum(found.idle_s.get(why, 0.0) for why in ("model", "turn", "sandbox"))
    if lost_s < _MUCH * found.wall_s * found.slots or not each["sandbox"]["count"]:
        return ""
    ahead = round(found.slots * each["model"].get("took_s", 0.0) / max(each["sandbox"]["took_s"], 0.1)) + 1
    return f"search.overlap = {ahead} (and sampling.parallel as many) would keep children ready for free slots"


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "-"
