"""`evolve show`: one candidate with its code, or all of them in a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.errors import plainly
from commands.output import console, plain, print_facts, print_json, print_json_list, print_table, talk, terminal
from commands.reading import Json, Run, pick, reading
from commands.words import audited, made_by, standing, values

if TYPE_CHECKING:
    from genome.lineage import Added
    from memory.ledger import Ledger
    from memory.records import Attempt, Audit, Candidate


def show(
    run: Run,
    id: Annotated[
        str | None, typer.Argument(help="A candidate, e.g. g02-07; all of them if left out.", metavar="ID")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show one candidate with its code and what changed, or list them all.

    Example: evolve show latest g02-07
    """
    from genome import diff
    from memory.lineage import added_by

    with plainly(), reading(run) as ledger:
        if id is None:
            _list(ledger, as_json)
            return
        one = pick(ledger, id)
        parent = ledger.candidate(one.parents[0]) if one.parents else None
        audit = next(iter(ledger.audits_of([one.id])), None)
        attempts = ledger.attempts(one.id)
        lines = added_by(ledger, one) if one.parents and one.files else None
    changed = diff(parent.files, one.files) if parent is not None and one.files else ""
    if not as_json:
        _print_candidate(one, parent, audit, attempts, changed, lines)
        return
    files = {
        "code": one.files.get("program.py", "\n".join(one.files.values())),
        "files": one.files,
        "diff": changed,
        "lines": {"added": lines.lines.total(), "dropped_before": list(lines.back.elements())} if lines else None,
        "audit": asdict(audit) if audit else None,
        "attempts": [
            {"attempt": a.attempt, "failure": a.failure, "message": a.message, "trained": a.evaluation is not None}
            for a in attempts
        ],
    }
    print_json({**_as_dict(one), **files})


def _list(ledger: Ledger, as_json: bool) -> None:
    doubted = set(ledger.unproven())
    if as_json:
        print_json_list({**_as_dict(one), "proven": one.id not in doubted} for one in ledger.each_candidate())
        return
    rows = [
        (one.id, made_by(one), " ".join(one.parents), one.persona or "", standing(one, doubted), values(one.objectives))
        for one in ledger.candidates(code=False)
    ]
    print_table(("id", "made by", "parents", "persona", "status", "objectives"), rows)


def _as_dict(one: Candidate) -> dict[str, Any]:
    names = ("id", "parents", "operator", "segment", "persona", "generation", "status", "failure", "objectives")
    more = ("message", "intent", "prompt", "model", "temperature", "rationale", "repairs", "fingerprint")
    return {
        **{n: getattr(one, n) for n in names},
        "lessons_cited": list(one.lessons),
        **{n: getattr(one, n) for n in more},
    }


def _answers(attempts: Sequence[Attempt]) -> str:
    """What became of each answer of its author; nothing where the first one stood."""
    if len(attempts) < 2:
        return ""
    told = []
    for one in attempts:
        when = "in training" if one.evaluation else "by its checks"
        told.append(f"{one.attempt + 1} failed {when}: {one.failure}" if one.failure else f"{one.attempt + 1} fit")
    return "; ".join(told)


def _print_candidate(
    one: Candidate,
    parent: Candidate | None,
    audit: Audit | None,
    attempts: Sequence[Attempt],
    changed: str,
    found: Added | None,
) -> None:
    from rich.syntax import Syntax

    told = f"{found.lines.total()} added, {found.back.total()} of them dropped before by its lineage" if found else ""
    lines = [
        ("made by", made_by(one) + (f" from {', '.join(one.parents)}" if one.parents else "")),
        ("scope", one.scope),
        ("intent", one.intent),
        ("wording", one.prompt),
        ("author", " ".join(filter(None, (one.persona, f"({one.model}, {one.temperature})" if one.model else "")))),
        ("asked by", f"{one.asked_by}, idea {one.idea + 1} of its reply" if one.asked_by else ""),
        ("lessons", " ".join(one.lessons)),
        ("status", f"{one.status}{f': {one.failure}' if one.failure else ''}, {one.repairs} repairs"),
        ("answers", _answers(attempts)),
        ("error" if one.failure else "note", one.message),
        ("outcome", values(one.objectives)),
        ("audit", audited(audit)),
        ("parent", values(parent.objectives) if parent else ""),
        ("lines", told),
        ("rationale", one.rationale),
    ]
    print(one.id)
    print_facts(lines, indent=2, least=10)
    shown = [(f"change against {parent.id}", changed, "diff")] if parent and changed else []
    if not shown:
        shown = [(name, text, "python") for name, text in one.files.items()]
    for title, text, language in shown:
        print(f"\n{plain(title)}")
        if terminal():
            console().print(
                Syntax(plain(text), language, theme="ansi_dark", background_color="default", word_wrap=True)
            )
        else:
            print(plain(text))
    if parent and changed:
        talk("the whole program: --json, or evolve export")
