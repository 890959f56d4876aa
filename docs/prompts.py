"""Three prompts of a real run, as `docs/prompts.md` shows them: rendered anew from what the run's ledger held.

    python docs/prompts.py keep RUN CHILD CHILD COMMIT

keeps of a run what the prompts of a mutation, of a cross and of the reflection after a commit are made of, and writes it to
docs/prompts_run.sql; `make docs` writes the page from it.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "docs" / "prompts_run.sql"
_UNUSED = ("calls", "events", "audits", "attempts", "openings", "loans")
_PAGE = """# What the agents are asked

Three prompts of one run of `{task}` with a language model, each whole: what a model is sent is this text, and before it, as the system's message, the
persona's voice and the rules of the work (`agents/prompts/system.md`). The templates are in `agents/prompts/`. What is the same for all children of a run
comes first, so that an endpoint that keeps the beginnings of prompts need not read it again.

This page is made from what the run's ledger held (`docs/prompts_run.sql`, `make docs`), and a test makes it again.

## Architect: `{mutant}`

A mutation: {mutant_words}.

{mutation}

## Breeder: `{cross}`

{crossing}

## Critic: after commit {commit}

{reflection}
"""


def keep(run: Path, mutant: str, cross: str, commit: int) -> None:
    """Write what the three prompts are made of. The run stays as it is."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(shutil.copy(run / "ledger.sqlite", place))
        db = sqlite3.connect(copy)
        db.execute("PRAGMA journal_mode = DELETE")
        last = max(int(mutant[1:3]), int(cross[1:3]), commit)
        db.execute(
            "DELETE FROM evaluations WHERE candidate IN (SELECT id FROM candidates WHERE generation > ?)", (last,)
        )
        db.execute("DELETE FROM evidence WHERE generation > ?", (last,))
        db.execute(
            "DELETE FROM surroundings WHERE candidate IN (SELECT id FROM candidates WHERE generation > ?)", (last,)
        )
        db.execute("DELETE FROM candidates WHERE generation > ?", (last,))
        for table in ("commits", "asks", "selections"):
            db.execute(f"DELETE FROM {table} WHERE number > ?", (last,))
        for table in ("lessons", "reflections"):
            db.execute(f"DELETE FROM {table} WHERE generation > ?", (last,))
        db.execute("DELETE FROM meta WHERE key = 'secret'")
        known = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for table in known & set(_UNUSED):
            db.execute(f"DELETE FROM {table}")
        meta = {"mutant": mutant, "cross": cross, "commit": commit}
        db.executemany(
            "INSERT INTO meta (key, value) VALUES (?, json(?))", [(f"shown_{k}", _json(v)) for k, v in meta.items()]
        )
        db.commit()
        text = "\n".join(db.iterdump())
        db.close()
    KEPT.write_text(text + "\n", encoding="utf-8")


def page() -> str:
    """The document."""
    from agents.briefs import Briefs
    from agents.critic import Critic
    from agents.quote import block
    from agents.scope import scope_of
    from agents.settings import Memory, Racing
    from agents.terms import terms
    from memory.connect import APPLICATION_ID
    from memory.index import Index
    from memory.ledger import Ledger
    from tasks import load_task

    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "ledger.sqlite"
        db = sqlite3.connect(path)
        db.executescript(KEPT.read_text(encoding="utf-8"))
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.close()
        with Ledger.open(path) as ledger:
            meta = ledger.meta()
            task = load_task(meta["task"])
            told = terms(task, task.fidelities[meta["fidelity"]], Racing(), int(meta["least"]))
            briefs = Briefs(task, ledger, told)

            def asked(id: str) -> str:
                child = ledger.known(id)
                parents = [ledger.known(parent, child.after) for parent in child.parents]
                return briefs.write(child, parents, scope_of(child, parents))

            mutant, cross, commit = (meta[f"shown_{name}"] for name in ("mutant", "cross", "commit"))
            one = ledger.known(mutant)
            before = max((r.generation for r in ledger.reflections() if r.generation < commit), default=0)
            chosen = ledger.selection(commit)
            nobody = None  # it is asked nothing here
            critic = Critic(task, ledger, Index(None, "hash", ledger), nobody, int(meta["seed"]), Memory())  # type: ignore[arg-type]
            _, reflection = critic.brief(commit, before, chosen.population if chosen else ())
            return _PAGE.format(
                task=task.name,
                mutant=mutant,
                mutant_words=f"scope `{one.scope}`, intent `{one.intent}`",
                mutation=block(asked(mutant), "text", 1 << 20),
                cross=cross,
                crossing=block(asked(cross), "text", 1 << 20),
                commit=commit,
                reflection=block(reflection, "text", 1 << 20),
            )


def _json(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    if len(sys.argv) != 6 or sys.argv[1] != "keep":
        sys.exit(__doc__)
    keep(Path(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5]))
