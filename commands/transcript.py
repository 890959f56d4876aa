"""`evolve transcript`: what was said to and by the models."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from commands.errors import plainly
from commands.output import console, plain, print_json, talk, terminal
from commands.reading import Run, reading
from commands.words import values
from memory.numbers import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from memory.ledger import Ledger
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
        calls = ledger.each_call(
            agent=agent, candidate=candidate, persona=persona, generation=generation, failed=failed or None
        )
        if as_json:
            for call in calls:
                print_json({**_as_dict(call), "prompt": ledger.wording_of(call.candidate)})
            return
        told = _tell(ledger, calls, full)
    if not told:
        talk("no model call fits; 'evolve transcript RUN' without filters shows all")
    elif not full:
        talk("long messages to the models are cut; --full shows them, --json holds everything")


def _tell(ledger: Ledger, calls: Iterator[ModelCall], full: bool) -> int:
    """Print the calls as one conversation; how many there were."""
    count, before, owner = 0, None, None
    call = next(calls, None)
    while call is not None:
        after = next(calls, None)
        again = before is not None and before.candidate is not None and before.candidate == call.candidate
        if not again:
            owner = ledger.outcomes([call.candidate]).get(call.candidate) if call.candidate else None
        last = after is None or after.candidate != call.candidate
        _print_call(call, before if again else None, owner, last, full)
        count, before, call = count + 1, call, after
    return count


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
    model += " in place of another model" if call.stand_in else ""
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
        console().print(Text(plain(f"=> measured: {values(owner.objectives)}"), style="bold green"))
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
