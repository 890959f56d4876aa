"""Where the time of a run went: what was under way, and what its slots waited for while they were free. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from memory.reads import Span
from memory.records import Event

# what a free slot waits for, when several are under way the first of these: what is nearest to a training
WAITS = ("queue", "screen", "model", "turn", "audit")
_KINDS = ("sandbox", *WAITS)


@dataclass(frozen=True)
class Profile:
    """Seconds of a run's work, the stops between left out."""

    wall_s: float
    slots: int
    busy_s: float  # of all slots together
    under_way_s: dict[str, float]  # by the clock, while there was at least one of a kind
    idle_s: dict[str, float]  # of all slots together, by what they waited for

    @property
    def busy_share(self) -> float:
        return self.busy_s / (self.wall_s * self.slots) if self.wall_s else 0.0


def sessions(events: Sequence[Event], now: float) -> list[tuple[float, float, int]]:
    """Begin, end and slots of each stretch in which a process drove the run; one that was killed ends with its last event."""
    found: list[tuple[float, float, int]] = []
    begun: tuple[float, int] | None = None
    last = 0.0
    for event in events:
        if event.kind in ("started", "resumed"):
            if begun:
                found.append((begun[0], last, begun[1]))
            begun = (event.at, int(event.data.get("slots", 1)))
        elif event.kind in ("stopped", "finished") and begun:
            found.append((begun[0], event.at, begun[1]))
            begun = None
        last = event.at
    return [*found, (begun[0], max(now, last), begun[1])] if begun else found


def worked_s(events: Sequence[Event]) -> float:
    """Seconds that processes have driven the run so far, one that was killed up to its last word."""
    return sum(end - begin for begin, end, _ in sessions(events, now=0.0))


def profile(spans: Sequence[Span], stretches: Sequence[tuple[float, float, int]]) -> Profile:
    """What these spans say of these stretches of work.

    Before the first training has begun slots wait for the `start`; while nothing is under way but trainings in other slots they wait for the
    `sandbox`, and for `us` while nothing at all is.
    """
    marks: list[tuple[float, str, int]] = []
    first = min((s.begun_at for s in spans if s.kind == "sandbox"), default=float("inf"))
    for span in spans:
        waits = "queue" if span.kind == "sandbox" else "turn"
        for kind, begin, end in ((waits, span.asked_at, span.begun_at), (span.kind, span.begun_at, span.ended_at)):
            if end > begin:
                marks += [(begin, kind, 1), (end, kind, -1)]
    ends = sorted({t for begin, end, _ in stretches for t in (begin, end)} | {first} - {float("inf")})
    marks = sorted([*marks, *((t, "", 0) for t in ends)])
    now: Counter[str] = Counter()
    under_way, idle = defaultdict[str, float](float), defaultdict[str, float](float)
    busy_s = 0.0
    for (at, kind, change), (until, _, _) in pairwise(marks):
        now[kind] += change
        slots = next((n for begin, end, n in stretches if begin <= at < end), 0)
        length = until - at
        if not slots or not length:
            continue
        for name in _KINDS:
            under_way[name] += length if now[name] else 0.0
        busy = min(slots, now["sandbox"])
        busy_s += busy * length
        why = "start" if at < first else next((name for name in (*WAITS, "sandbox") if now[name]), "us")
        idle[why] += (slots - busy) * length
    wall_s = sum(end - begin for begin, end, _ in stretches)
    return Profile(
        wall_s,
        max((n for _, _, n in stretches), default=1),
        busy_s,
        dict(under_way),
        {why: s for why, s in idle.items() if s > 0},
    )
