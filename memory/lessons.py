"""What the Critic's lessons are held to: the sign of what they cite, no repeats, no two that say the opposite.

Pure functions of records; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from memory.better import way
from memory.numbers import bare_change
from memory.records import Lesson
from memory.steps import Exhibit

NEAR = 0.85  # cosine similarity from which two claims on one segment are taken to be about the same change
AKIN = 0.4  # the same where half of their evidence is common: of two ways to say one thing, words may differ
_WORD = re.compile(r"[A-Za-z_][\w.]*")
# words that say how a change turned out or that every claim has: what is left is what the claim is about
_OUTCOME = frozenset(
    _WORD.findall(
        "a an and as at average avg be but by can change changed changes clear decrease decreased decreases down each effect error"
        " fell fewer for from gain gains had has helped helps hurt hurts improve improved improves improving in increase increased"
        " increases into is it its less loss lower lowered lowers made makes mean more no not of on one or over raise raised"
        " raises reduce reduced reduces rise rose same segment step steps than that the this to under up was were when where with"
        " without worse better failed failure eg g e"
    )
)


@dataclass(frozen=True)
class Measured:
    """What the steps that a lesson cites have measured, taken together."""

    effect: dict[str, str]  # objective -> "down" | "up" | "same"; empty when every step failed
    means: dict[str, float]  # mean change of each objective
    supporting: int  # steps that show that effect beyond the noise; failures where all failed


def measure(steps: Sequence[Exhibit]) -> Measured:
    """The common effect of some steps.

    An objective has moved when the mean change is beyond the noise of one step, on average, and no step beyond its noise went
    the other way. Steps from one parent share its luck, so the noise is not divided by the root of their number.
    """
    told = [(one.step.delta, one.noise) for one in steps if one.step.delta]
    if not told:
        return Measured({}, {}, sum(one.step.failure is not None for one in steps))
    names = [name for name in told[0][0] if all(name in delta for delta, _ in told)]
    ways = [{name: way(delta[name], noise.get(name, 0.0)) for name in names} for delta, noise in told]
    means = {name: fmean(delta[name] for delta, _ in told) for name in names}
    effect: dict[str, str] = {}
    for name in names:
        usual = fmean(noise.get(name, 0.0) for _, noise in told)
        contrary = {one[name] for one in ways} >= {"up", "down"}
        effect[name] = "same" if contrary else way(means[name], usual)
    moved = {name: found for name, found in effect.items() if found != "same"}
    supporting = sum(
        any(one[name] == found for name, found in moved.items()) if moved else set(one.values()) <= {"same"}
        for one in ways
    )
    return Measured(effect, means, supporting)


def disagreement(claimed: Mapping[str, str], measured: Measured) -> tuple[str, str]:
    """How a claimed effect differs from the measured one: ("", "") where it does not, else what to do and why.

    A lesson whose every claimed move went the other way is `refused`, since its sentence says the opposite too; any other
    difference is `corrected` in the effect.
    """
    wrong = [name for name, way in claimed.items() if measured.effect.get(name) != way]
    if not wrong:
        return "", ""
    told = "; ".join(f"{name} was called {claimed[name]}, the steps say {_said(measured, name)}" for name in wrong)
    moves = [name for name, way in claimed.items() if way != "same"]
    opposite = [n for n in moves if {claimed[n], measured.effect.get(n)} == {"up", "down"}]
    return ("refused" if moves and len(opposite) == len(moves) else "corrected"), told


def _said(measured: Measured, name: str) -> str:
    return (
        f"{measured.effect[name]} ({bare_change(measured.means[name])})" if name in measured.effect else "nothing of it"
    )


def subject(lesson: Lesson) -> str:
    """The words of a claim that say what was changed: no numbers, no objectives, no outcome, not the segment's name.

    So that two claims that tell opposite outcomes of one change are near each other.
    """
    known = {*_OUTCOME, *lesson.effect, *lesson.measured, *(lesson.segment or "").lower().split()}
    words = [word.strip(".").lower() for word in _WORD.findall(lesson.claim.split("e.g.")[0])]
    return " ".join(word for word in words if word not in known) or lesson.claim


def alike(a: Lesson, b: Lesson, similarity: float) -> bool:
    """Whether two lessons are about the same change, given the similarity of their subjects."""
    if a.segment != b.segment:
        return False
    common = len(set(a.evidence) & set(b.evidence)) / (len(set(a.evidence) | set(b.evidence)) or 1)
    return similarity >= (AKIN if common >= 0.5 else NEAR)


def relation(a: Lesson, b: Lesson) -> str:
    """`same`, `opposite` or `` (neither) by what two lessons say of the objectives that both name."""
    if not a.effect and not b.effect:
        return "same"  # both say that it failed
    shared = set(a.effect) & set(b.effect)
    if any({a.effect[name], b.effect[name]} == {"up", "down"} for name in shared):
        return "opposite"
    return "same" if shared and all(a.effect[name] == b.effect[name] for name in shared) else ""


@dataclass(frozen=True)
class Settled:
    """The lessons that a new one makes or changes, the new one among them, and what was decided."""

    lessons: tuple[Lesson, ...]
    verdicts: tuple[dict[str, str], ...] = ()


def settle(
    known: Sequence[Lesson],
    new: Lesson,
    near: Callable[[Lesson, Lesson], bool],
    remeasure: Callable[[Sequence[str]], Measured],
) -> Settled:
    """Take a new lesson in. One that says the same as an earlier one gives it its evidence and is merged into it; of two
    that say the opposite the better supported stands and names the other. Nothing is deleted, no claim is rewritten."""
    peers = [one for one in known if not one.into and one.id != new.id and near(one, new)]
    agreeing = [one for one in peers if relation(one, new) == "same"]
    twin = next((one for one in agreeing if not one.borrowed), None)
    verdicts: list[dict[str, str]] = []
    changed: dict[str, Lesson] = {}
    speaker = new
    if twin is not None and new.borrowed:
        why = f"says the same as {twin.id}, which was measured here"
        return Settled((replace(new, into=twin.id),), ({"lesson": new.id, "done": "merged", "why": why},))
    if twin is not None:
        evidence = tuple(dict.fromkeys((*twin.evidence, *new.evidence)))
        found = remeasure(evidence)
        speaker = replace(
            twin,
            evidence=evidence,
            effect=found.effect or twin.effect,
            measured=found.means or twin.measured,
            supporting=max(found.supporting, twin.supporting, new.supporting),
        )
        changed[new.id] = replace(new, into=twin.id)
        verdicts.append({"lesson": new.id, "done": "merged", "why": f"says the same as {twin.id}"})
    for lent in (one for one in agreeing if one.borrowed and not new.borrowed):
        changed[lent.id] = replace(lent, into=speaker.id)
        verdicts.append({"lesson": lent.id, "done": "merged", "why": f"{speaker.id} says the same, measured here"})
    rivals = [
        one
        for one in known
        if not one.into
        and one.id not in (new.id, speaker.id)
        # what the twin was near, or fell to, need not be near the new one
        and (one.id == speaker.against or near(one, new) or near(one, speaker))
        and relation(one, speaker) == "opposite"
    ]
    if speaker.against not in {rival.id for rival in rivals}:
        speaker = replace(speaker, against="")  # with more evidence it does not say the opposite any more
    for rival in sorted(rivals, key=_strength, reverse=True):
        stands, falls = (speaker, rival) if _strength(speaker) > _strength(rival) else (rival, speaker)
        stands = replace(stands, against="", supersedes=tuple(sorted({*stands.supersedes, falls.id})))
        falls = replace(falls, against=stands.id, supersedes=tuple(x for x in falls.supersedes if x != stands.id))
        for one in (stands, falls):
            changed[one.id] = one
            speaker = one if one.id == speaker.id else speaker
        why = f"{stands.id} says the opposite and rests on {stands.supporting} clear steps, this one on {falls.supporting}"
        verdicts.append({"lesson": falls.id, "done": "contradicted", "why": why})
        if speaker.against:
            break
    changed[speaker.id] = speaker
    return Settled(tuple(changed.values()), tuple(verdicts))


def _strength(lesson: Lesson) -> tuple[bool, int, int, int, str]:
    """What was measured here first; then more clear steps, more steps; of equals the newer one, which knew of the other."""
    return not lesson.borrowed, lesson.supporting, len(lesson.evidence), lesson.generation, lesson.id
