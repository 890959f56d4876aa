"""How lessons stand to each other: repeats and revisions are merged, of two that say the opposite one stands.

Pure functions of records; nothing here asks a model. Nothing is deleted and no claim is rewritten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from memory.lessons import Measured, relation
from memory.numbers import bare_change
from memory.records import Lesson

Near = Callable[[Lesson, Lesson], bool]
"""Whether two lessons are about the same change."""
Remeasure = Callable[[Sequence[str]], Measured]
"""What the steps of these ids have measured together, as of now."""


@dataclass(frozen=True)
class Settled:
    """The lessons that were made or changed, and what was decided."""

    lessons: tuple[Lesson, ...]
    verdicts: tuple[dict[str, str], ...] = ()


def settle(known: Sequence[Lesson], new: Lesson, near: Near, remeasure: Remeasure, revises: str = "") -> Settled:
    """Take a new lesson in, which is among the settled ones.

    An earlier one that it `revises`, or whose steps it cites all and more of about the same change, is merged into it: it has the
    evidence of both. One that says the same as an earlier one gives it its evidence and is merged into that. Of two that say the
    opposite the better supported stands and names the other.
    """
    peers = [one for one in known if not one.into and one.id != new.id and (one.id == revises or near(one, new))]
    ours, lent = [one for one in peers if not one.borrowed], [one for one in peers if one.borrowed]
    agreeing = [one for one in ours if relation(one, new) == "same"]
    if new.borrowed and agreeing:
        why = f"says the same as {agreeing[0].id}, which was measured here"
        return Settled((replace(new, into=agreeing[0].id),), (_merged(new, why),))
    earlier = [] if new.borrowed else [one for one in ours if one.id == revises or _covers(new, one)]
    changed: dict[str, Lesson] = {}
    verdicts: list[dict[str, str]] = []
    speaker = new
    if earlier:
        gone = [*earlier, *(one for one in agreeing if one not in earlier)]
        speaker = _joined(new, gone, remeasure)
        for one in gone:
            changed[one.id] = replace(one, into=new.id, against="", supersedes=())
            why = "revises it" if one.id == revises else "says as much and rests on more"
            verdicts.append(_merged(one, f"{new.id} {why}"))
        changed |= _handed_on(known, {one.id for one in gone}, new.id)
    elif agreeing:
        gone, speaker = [], _joined(agreeing[0], [new], remeasure)
        changed[new.id] = replace(new, into=speaker.id)
        verdicts.append(_merged(new, f"says the same as {speaker.id}"))
    else:
        gone = []
    for one in lent if not new.borrowed else ():
        if one.id == revises or relation(one, new) == "same":
            changed[one.id] = replace(one, into=speaker.id)
            verdicts.append(_merged(one, f"{speaker.id} says the same, measured here"))
    there = {one.id: one for one in known if one.id != new.id} | changed
    fallen = {one.id for one in there.values() if one.against == speaker.id}
    speaker = replace(speaker, supersedes=tuple(sorted(fallen.union(speaker.supersedes))))
    # what the twin was near, or fell to, need not be near the new one
    foes = {one.against for one in gone}
    told = oppose(there, speaker, lambda one, other: one.id in foes or near(one, other) or near(one, new))
    return Settled(tuple((changed | {one.id: one for one in told.lessons}).values()), (*verdicts, *told.verdicts))


def _handed_on(known: Sequence[Lesson], gone: set[str], heir: str) -> dict[str, Lesson]:
    """Those that stood against, or fell to, lessons that are merged now: they have to do with the heir."""
    found = {}
    for one in (x for x in known if x.id not in gone):
        kept = tuple(x for x in one.supersedes if x not in gone)
        now = replace(one, supersedes=kept, against=heir if one.against in gone else one.against)
        if now != one:
            found[one.id] = now
    return found


def oppose(known: Mapping[str, Lesson], speaker: Lesson, near: Near) -> Settled:
    """A new or changed lesson among all others: of it and each that says the opposite the better supported stands."""
    changed: dict[str, Lesson] = {}
    verdicts: list[dict[str, str]] = []
    others = [one for one in known.values() if not one.into and one.id != speaker.id]
    rivals = [
        one
        for one in others
        if (one.id == speaker.against or one.against == speaker.id or near(one, speaker))
        and relation(one, speaker) == "opposite"
    ]
    if speaker.against not in {rival.id for rival in rivals}:
        speaker = replace(speaker, against="")  # as it is measured now it does not say the opposite any more
    for one in others:
        if one.against == speaker.id and one not in rivals:
            changed[one.id] = replace(one, against="")
            speaker = replace(speaker, supersedes=tuple(x for x in speaker.supersedes if x != one.id))
    for rival in sorted(rivals, key=_strength, reverse=True):
        stands, falls = (speaker, rival) if _strength(speaker) > _strength(rival) else (rival, speaker)
        stands = replace(stands, against="", supersedes=tuple(sorted({*stands.supersedes, falls.id})))
        falls = replace(falls, against=stands.id, supersedes=tuple(x for x in falls.supersedes if x != stands.id))
        for one in (stands, falls):
            changed[one.id] = one
            speaker = one if one.id == speaker.id else speaker
        if falls.id not in known or known[falls.id].against != stands.id:
            why = f"{stands.id} says the opposite and rests on {stands.supporting} clear steps, this one on {falls.supporting}"
            verdicts.append({"lesson": falls.id, "done": "contradicted", "why": why})
        if speaker.against:
            break
    return Settled((*(changed | {speaker.id: speaker}).values(),), tuple(verdicts))


def revised(known: Iterable[Lesson], stale: Callable[[Lesson], bool], near: Near, remeasure: Remeasure) -> Settled:
    """The lessons whose evidence was measured again, as it is measured now, settled among the others; those that are as they were are left out.

    One whose effect is another now says so.
    """
    there = {one.id: one for one in known}
    verdicts: list[dict[str, str]] = []
    changed: dict[str, Lesson] = {}
    for id in [one.id for one in there.values() if not (one.into or one.borrowed) and stale(one)]:
        before, found = there[id], remeasure(there[id].evidence)
        now = replace(before, effect=found.effect, measured=found.means, supporting=found.supporting)
        if now == before:
            continue
        told = Settled((now,))
        if now.effect != before.effect:
            verdicts.append({"lesson": id, "done": "revised", "why": _became(before, now)})
            told = oppose(there, now, near)
            verdicts += told.verdicts
        changed |= {one.id: one for one in told.lessons}
        there |= changed
    return Settled(tuple(changed.values()), tuple(verdicts))


def _covers(new: Lesson, old: Lesson) -> bool:
    """Whether a lesson rests on all the steps of an earlier one, and on more."""
    return set(old.evidence) < set(new.evidence)


def _joined(one: Lesson, others: Sequence[Lesson], remeasure: Remeasure) -> Lesson:
    """The lesson with the evidence of others too."""
    evidence = tuple(dict.fromkeys(id for lesson in (one, *others) for id in lesson.evidence))
    found = remeasure(evidence)
    return replace(
        one,
        evidence=evidence,
        effect=found.effect or one.effect,
        measured=found.means or one.measured,
        supporting=max([found.supporting, *(lesson.supporting for lesson in (one, *others))]),
    )


def _became(before: Lesson, now: Lesson) -> str:
    if not now.effect:
        return "measured again, every step that it cites failed"
    ways = [
        f"{name} was {before.effect.get(name, 'not measured')}, now {way} ({bare_change(now.measured[name])})"
        for name, way in now.effect.items()
        if before.effect.get(name) != way
    ]
    gone = "" if set(now.effect.values()) != {"same"} else " its effect is gone:"
    return f"measured again,{gone} {'; '.join(ways)}" if ways else "measured again"


def _merged(lesson: Lesson, why: str) -> dict[str, str]:
    return {"lesson": lesson.id, "done": "merged", "why": why}


def _strength(lesson: Lesson) -> tuple[bool, int, int, int, str]:
    """What was measured here first; then more clear steps, more steps; of equals the newer one, which knew of the other."""
    return not lesson.borrowed, lesson.supporting, len(lesson.evidence), lesson.generation, lesson.id
