"""What a run did and spent, counted from its ledger."""

from __future__ import annotations

from typing import Any

from memory.database import Database


def totals(db: Database) -> dict[str, Any]:
    """What was done and spent so far.

    Keys: evaluations (done), running, children, evaluated, failures {kind: n}, model_calls, tokens {in, out},
    cost_usd, train_wall_s, train_cpu_s. The seed is no child.
    """
    one = "SELECT count(*) n, coalesce(sum(wall_s), 0) wall, coalesce(sum(cpu_s), 0) cpu FROM evaluations"
    with db.held():
        done = db.run(f"{one} WHERE status = 'done'").fetchone()
        running = db.run(f"{one} WHERE status = 'running'").fetchone()
        children = db.run(
            "SELECT count(*) n, coalesce(sum(status = 'evaluated'), 0) ok FROM candidates WHERE operator != 'seed'"
        ).fetchone()
        failures = db.run(
            "SELECT failure, count(*) n FROM candidates WHERE failure IS NOT NULL GROUP BY failure ORDER BY failure"
        ).fetchall()
        calls = db.run(
            """SELECT count(*) n, coalesce(sum(tokens_in), 0) tokens_in, coalesce(sum(tokens_out), 0) tokens_out,
            coalesce(sum(cost_usd), 0.0) cost FROM calls"""
        ).fetchone()
    return {
        "evaluations": done["n"],
        "running": running["n"],
        "children": children["n"],
        "evaluated": children["ok"],
        "failures": {row["failure"]: row["n"] for row in failures},
        "model_calls": calls["n"],
        "tokens": {"in": calls["tokens_in"], "out": calls["tokens_out"]},
        "cost_usd": calls["cost"],
        "train_wall_s": done["wall"],
        "train_cpu_s": done["cpu"],
    }
