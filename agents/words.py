"""How records read in a prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agents.personas import load_persona
from agents.prompts import render
from agents.quote import MOST_CODE, block, line, span
from memory.credit import Credit
from memory.numbers import bare, bare_change
from memory.records import Lesson
from tasks import Task

_CLAIM = 600  # most characters of a lesson's sentence
_TRAINED = """You improve PyTorch programs by rewriting parts of them. Every program you write is trained and measured in a sandbox without
network"""
_EVALUATED = (
    "You improve programs by rewriting parts of them. Every program you write is measured by the task's own evaluator"
)


def opening(task: Task, persona: str) -> dict[str, str]:
    """What every agent is told first, in the persona's voice: the work, and the rules of it."""
    work = _EVALUATED if task.is_table else _TRAINED
    return {"role": "system", "content": render("system", voice=load_persona(persona).voice.strip(), work=work)}


def fenced_files(files: Mapping[str, str]) -> str:
    """Every file of a program in a fence of its own, under its name."""
    return "\n\n".join(f"### {line(name)}\n\n{fenced_code(text.rstrip())}" for name, text in files.items())


def fenced_segments(segments: Mapping[str, str]) -> str:
    """Segments in fences, each under its name."""
    return "\n\n".join(f"### segment {line(name)}\n\n{fenced_code(text)}" for name, text in segments.items())


def fenced_code(code: str) -> str:
    """Program text in a fence that nothing in it ends."""
    return block(code, "python", MOST_CODE)


def describe_objectives(task: Task, required: str = "") -> str:
    """One line an objective: its direction, and the worst value that adds anything; and what the user requires of a program."""
    lines = []
    for o in task.objectives:
        unit = f" ({o.unit})" if o.unit else ""
        lines.append(
            f"- {o.name}{unit}, {'lower' if o.goal == 'min' else 'higher'} is better; {bare(o.reference)} counts for nothing"
        )
    return "\n".join([*lines, *([f"- required of a program that is kept: {required}"] if required else [])])


def describe_lessons(lessons: Sequence[Lesson], served: Mapping[str, str] | None = None) -> str:
    """One line a lesson, with its id, so that a reply and a reader can refer to it; `served` says how it did, by id."""
    return "\n".join(_lesson(lesson, (served or {}).get(lesson.id, "")) for lesson in lessons) or "None are cited here."


def _lesson(lesson: Lesson, served: str) -> str:
    parts = [
        f"applies: {span(lesson.applies, _CLAIM) if lesson.applies else 'not said'}",
        _condition(lesson),
        f"segment {line(lesson.segment)}" if lesson.segment else "",
        _effect(lesson),
        f"from run {line(lesson.run)}, task {line(lesson.task)}" if lesson.borrowed else "",
        served,
    ]
    return f"- [{line(lesson.id)}] {span(lesson.claim, _CLAIM)} ({'; '.join(part for part in parts if part)})"


def _condition(lesson: Lesson) -> str:
    """The words of code that it asks for and excludes."""
    has, lacks = (" ".join(span(word) for word in words) for words in (lesson.present, lesson.absent))
    told = [f"has {has}" if has else "", f"lacks {lacks}" if lacks else ""]
    return f"where the code {' and '.join(part for part in told if part)}" if has or lacks else ""


def _effect(lesson: Lesson) -> str:
    """What it rests on, in one phrase; where nothing was measured that says so."""
    steps = f"{len(lesson.evidence)} step{'s' if len(lesson.evidence) != 1 else ''}"
    if not lesson.effect:
        none = "nothing on these objectives" if lesson.borrowed else "every cited step failed"
        return f"effect: {none}; {steps}"
    ways = ", ".join(f"{name} {way}" for name, way in lesson.effect.items())
    means = ", ".join(f"{name} {bare_change(value)}" for name, value in lesson.measured.items())
    return f"effect: {ways}; {f'on average {means} over ' if means else ''}{steps}"


def describe_credit(earned: Credit) -> str:
    """What came of the children that cited a lesson, beside the matched ones that did not."""
    if not earned.cited:
        return "not cited yet"
    told = f"cited by {earned.cited}"
    if earned.difference is None:
        return f"{told}, none of which has a match"
    low, high = earned.interval
    shares = f"{earned.improved} of {earned.trials} were better than their parent, of {earned.others} matched {earned.others_improved}"
    return f"{told}: {shares}; like with like {100 * earned.difference:+.0f} ({100 * low:+.0f} to {100 * high:+.0f}) points"
