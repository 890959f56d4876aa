"""What a lesson is held to: the sign of what it cites, and the code of the steps that it rests on.

Pure functions of records; nothing here asks a model. How lessons stand to each other is in `memory.settling`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from memory.better import way
from memory.numbers import bare_change
from memory.records import Lesson
from memory.steps import Exhibit, tells
from memory.words_of_code import holds

NEAR = 0.85  # cosine similarity from which two claims on one segment are taken to be about the same change
AKIN = 0.4  # the same where half of their evidence is common: of two ways to say one thing, words may differ
WRITTEN = 8  # most lessons of one reflection
_RESIDUE = 1e-9  # share of the largest change: a mean nearer to 0 is 0, and its digits are those of summing
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
    means = {name: _mean([delta[name] for delta, _ in told]) for name in names}
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


def _mean(values: Sequence[float]) -> float:
    found = fmean(values)
    return 0.0 if abs(found) < _RESIDUE * max(map(abs, values)) else found


def room(new: Iterable[Exhibit]) -> int:
    """How many lessons a reflection may write on these new steps: at most one for each two that tell something, and one at least."""
    return min(WRITTEN, max(1, sum(map(tells, new)) // 2))


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
    if not measured.effect:
        return "that every one failed"
    return (
        f"{measured.effect[name]} ({bare_change(measured.means[name])})" if name in measured.effect else "nothing of it"
    )


def applies(lesson: Lesson, code: Mapping[str, frozenset[str]]) -> bool:
    """Whether a lesson applies to what an author may change: the words of each segment by its name, see `memory.words_of_code`."""
    if lesson.segment is None:
        return bool(code) and holds(lesson.present, lesson.absent, frozenset().union(*code.values()))
    return lesson.segment in code and holds(lesson.present, lesson.absent, code[lesson.segment])


def borne_out(
    said: Sequence[str], there: bool, code: Sequence[frozenset[str]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of the words that are said to be there, or not to be, in the code that each cited step began with: the true ones, the others."""
    kept = tuple(word for word in said if all((word in words) == there for words in code))
    return kept, tuple(word for word in said if word not in kept)


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
