"""`evolve transcript` and `evolve lessons`: what was said to and by the models, and what was concluded."""

from __future__ import annotations

import re
from dataclasses import asdict
from itertools import zip_longest
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from commands.errors import plainly
from commands.output import console, plain, print_json, share, talk, terminal, wrapped
from commands.reading import Json, Run, reading
from memory.numbers import number, signed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from memory.credit import Credit
    from memory.lesson_book import LessonRecord
    from memory.records import Candidate, ModelCall

HEAD_LINES = 14  # of a message to the model, unless --full
FENCE = re.compile(r"^(```[^\n]*\n.*?^```[ \t]*$)", re.MULTILINE | re.DOTALL)


def transcript(
    run: Run,
    agent: Annotated[
        Literal["architect", "breeder", "critic", "scribe"] | None, typer.Option(help="Only this agent.")
    ] = None,
    candidate: Annotated[str | None, typer.Option(help="Only about this candidate.", metavar="ID")] = None,
    persona: Annotated[str | None, typer.Option(help="Only in this voice.", metavar="NAME")] = None,
    generation: Annotated[int | None, typer.Option(help="Only of this generation.", min=0, metavar="N")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only replies that failed.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Show messages to the model in full length.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line, complete.")] = False,
) -> None:
    """Read what was said to and by the models, as a conversation.

    Example: evolve transcript latest --candidate g02-07
    """
    with plainly(), reading(run) as ledger:
        calls = ledger.calls(agent, candidate, persona, generation, failed or None)
        owners = {one.id: one for one in ledger.candidates()}
    if as_json:
        for call in calls:
            owner = owners.get(call.candidate or "")
            print_json({**_as_dict(call), "prompt": owner.prompt if owner else None})
        return
    before: ModelCall | None = None
    for call, after in zip_longest(calls, calls[1:]):
        again = before is not None and before.candidate is not None and before.candidate == call.candidate
        last = after is None or after.candidate != call.candidate
        owner = owners.get(call.candidate or "")
        _print_call(call, before if again else None, owner, last, full)
        before = call
    if not calls:
        talk("no model call fits; 'evolve transcript RUN' without filters shows all")
    elif not full:
        talk("long messages to the models are cut; --full shows them, --json holds everything")


def lessons(run: Run, as_json: Json = False) -> None:
    """List what the Critic concluded, from which steps and which run, and how each lesson has served against matched children.

    Example: evolve lessons latest
    """
    from memory.credit import as_dict
    from memory.service import declared_noise, lesson_record

    with plainly(), reading(run) as ledger:
        records = lesson_record(ledger)
        noise = declared_noise(ledger.meta())
        reflections = ledger.reflections()
    verdicts = [verdict for reflection in reflections for verdict in reflection.verdicts]
    if as_json:
        for record in records:
            decided = [verdict for verdict in verdicts if verdict["lesson"] == record.id]
            told: dict[str, Any] = {"state": record.state, "decided": decided}
            told |= {"cited": _served(record), "others": _served(record.others)}
            print_json({**asdict(record.lesson), **told, "credit": as_dict(record.credit, noise)})
        return
    for record in records:
        _print_lesson(record, noise)
    for verdict in verdicts:
        if verdict["done"] in ("corrected", "refused"):
            talk(f"{verdict['lesson']} {verdict['done']}: {verdict['why']}")
    if not records:
        talk("no lessons yet")


def _print_lesson(record: LessonRecord, noise: Mapping[str, float]) -> None:
    """The claim as a paragraph, wrapped on a terminal alone, between what it is and how it has served."""
    lesson, others, earned = record.lesson, record.others, record.credit
    home = f" | from {lesson.run} ({lesson.task})" if lesson.borrowed else ""
    citing = share(record.improved, record.trials, record.improved_interval)
    matched = share(others.improved, others.trials, others.improved_interval)
    served = [f"improved: {citing} of those citing it, {matched} of the matched; {_difference(earned)}"]
    if not record.trials:
        served = ["not cited yet"]
    if earned.changes:
        served.append(f"change beside the matched: {_changes(earned, noise)}")
    head = f"{record.id}  {lesson.segment or 'any segment'} | {_standing(record)}{home} | rests on {' '.join(lesson.evidence)}"
    first, *more = wrapped(head, 4)
    print(first)
    for line in (*more, *(part for said in (lesson.claim.replace("\n", " "), *served) for part in wrapped(said, 4))):
        print(f"    {line}")
    print()


def _standing(record: LessonRecord) -> str:
    lesson = record.lesson
    named = {"merged": f" into {lesson.into}", "contradicted": f" by {lesson.against}"}.get(record.state, "")
    over = f", over {' '.join(lesson.supersedes)}" if lesson.supersedes else ""
    return f"{record.state}{named}{over}"


def _difference(earned: Credit) -> str:
    """Of the shares improved within strata, in percentage points with the 95 % interval."""
    if earned.difference is None:
        return "nobody to compare with"
    low, high = earned.interval
    return f"{100 * earned.difference:+.0f} ({100 * low:+.0f} to {100 * high:+.0f}) points, {earned.trials} against {earned.others} like them"


def _changes(earned: Credit, noise: Mapping[str, float]) -> str:
    """How much more each objective moved than with the matched children: in units of the noise where there is one."""
    told = []
    for name, more in earned.changes.items():
        unit = noise.get(name)
        told.append(f"{name} {more / unit:+.2g} noise" if unit else f"{name} {signed(more)}")
    return ", ".join(told) or "-"


def _served(served: Any) -> dict[str, Any]:
    names = ("trials", "valid_first", "valid", "improved")
    intervals = ("valid_first_interval", "valid_interval", "improved_interval")
    return {name: getattr(served, name) for name in (*names, *intervals)}


def _as_dict(call: ModelCall) -> dict[str, Any]:
    said = ("candidate", "generation", "agent", "persona", "model", "offline")
    spent = (
        "messages",
        "reply",
        "tokens_in",
        "tokens_out",
        "cost_usd",
        "latency_s",
        "finish",
        "failure",
        "refusal",
        "key",
        "sampling",
    )
    return {
        **{name: getattr(call, name) for name in said},
        "temperature": call.sampling.get("temperature"),
        **{name: getattr(call, name) for name in spent},
    }


def _print_call(call: ModelCall, before: ModelCall | None, owner: Candidate | None, last: bool, full: bool) -> None:
    """One call: who speaks, what is new to the model since `before`, the reply, and what became of the candidate."""
    from rich.cells import cell_len
    from rich.text import Text

    out = console()
    voice = f"{call.agent} as {call.persona}" if call.persona else call.agent
    about = call.candidate or call.key.split("/")[0]
    spent = f"{call.tokens_in}+{call.tokens_out} tokens, {number(call.latency_s)} s"
    paid = f", {number(call.cost_usd)} USD" if call.cost_usd else ""
    model = f"{call.model} (offline, no language model)" if call.offline else call.model
    temperature = call.sampling.get("temperature")
    warm = "" if temperature is None else f", temperature {temperature}"
    title = f"{about}, {voice}" + (", once more" if before else "")
    line = plain(f"\u2500\u2500\u2500\u2500 {title} " if (wide := terminal()) else f"---- {title}")
    out.print(Text(line + plain("\u2500") * ((wide or 0) - cell_len(line)), style="cyan"))
    given = f", wording {owner.prompt}" if owner is not None and owner.prompt else ""
    out.print(Text(plain(f"generation {call.generation}, {model}{warm}{given}, {spent}{paid}"), style="dim"))
    known = before.messages if before else []
    for at, message in enumerate(call.messages):
        # a repair repeats the whole conversation: what the reader has just seen is not shown again
        if at < len(known) and known[at] == message:
            continue
        if before and message["role"] == "assistant" and message["content"] == before.reply:
            continue
        out.print(Text(f"\n{plain(message['role'])}:", style="bold magenta"))
        _print_text(message["content"], None if full else HEAD_LINES)
    if call.refusal:
        out.print(Text(plain(f"\nthe model refused the question: {call.refusal}"), style="yellow"))
    else:
        out.print(Text(plain(f"\n{voice} replies:"), style="bold green"))
        _print_text(call.reply, None)
    if not call.refusal and call.finish not in ("stop", ""):
        out.print(Text(plain(f"(the reply ended with: {call.finish})"), style="yellow"))
    if call.failure:
        out.print(Text(plain(f"=> {call.failure}"), style="bold red"))
    if owner is not None and last:
        _print_outcome(owner)
    print()


def _print_outcome(owner: Candidate) -> None:
    from rich.text import Text

    if owner.status == "evaluated":
        values = ", ".join(f"{name} {number(value)}" for name, value in (owner.objectives or {}).items())
        console().print(Text(plain(f"=> measured: {values}"), style="bold green"))
    elif owner.status == "failed":
        console().print(Text(plain(f"=> failed: {owner.failure}: {owner.message}"), style="bold red"))
    else:
        console().print(Text(f"=> {owner.status}", style="yellow"))


def _print_text(text: str, most: int | None) -> None:
    """The text indented, its fenced code coloured on a terminal; lines beyond `most` are counted instead."""
    from rich.padding import Padding
    from rich.syntax import Syntax
    from rich.text import Text

    lines = plain(text).rstrip().split("\n")
    cut = len(lines) - most if most and len(lines) > most + 2 else 0
    kept = "\n".join(lines[:most] if cut else lines)
    if not terminal():
        print("\n".join(f"  {line}".rstrip() for line in kept.split("\n")))
    else:
        out = console()
        for part in FENCE.split(kept):
            if FENCE.fullmatch(part):
                code = "\n".join(part.split("\n")[1:-1])
                out.print(
                    Padding(
                        Syntax(code, "python", theme="ansi_dark", background_color="default", word_wrap=True),
                        (0, 0, 0, 4),
                    )
                )
            elif part.strip():
                out.print(Padding(Text(part.strip("\n")), (0, 0, 0, 2)))
    if cut:
        console().print(Text(f"  ... {cut} more lines", style="dim"))
