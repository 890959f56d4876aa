"""Write the generated parts of the documents: the pictures of the graphs, the command reference, three prompts. `--check` only compares."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def graph_picture() -> str:
    """The compiled state machines in Mermaid form: of a run, and of one child in its `make`."""
    from graph.app import child_graph, graph

    run, child = (f"```mermaid\n{g.get_graph().draw_mermaid().strip()}\n```" for g in (graph, child_graph()))
    return f"{run}\n\nThe way of one child, many of which are under way in `make` at once:\n\n{child}"


def command_reference() -> str:
    """Help of every command, as Markdown."""
    from typer.cli import get_docs_for_click
    from typer.main import get_command

    import cli

    command = get_command(cli.app)
    text = get_docs_for_click(
        obj=command, ctx=command.make_context("evolve", [], resilient_parsing=True), name="evolve"
    )
    return "# The evolve command\n\n" + re.sub(r"\n{3,}", "\n\n", text.partition("\n")[2]).strip() + "\n"


BECOMES = {
    "nothing found": "finds none",
    "no gain": "its score is what its predictions are worth",
    "time is measured": "its time is measured from outside",
    "measures are true": "what is recorded is measured elsewhere",
    "fails": "it is a failure: `{}`",
    "check": "refused by the step before its training: \u201c{}\u201d",
    "struck": "struck by its audit: \u201c{}\u201d",
    "unproven": "not proven, so no elite: \u201c{}\u201d",
    "no elite": "struck, or not proven: \u201c{}\u201d",
    "counted": "its audit counts {} parameters or more",
    "flops at least": "its audit counts {} operations or more, or cannot count",
    "not held": "**not held**: {}",
}


def cheats() -> str:
    """What each program of tests/cheats tries and what becomes of it, from its first two lines."""
    rows = ["| cheat | what it tries | what happens |", "|---|---|---|"]
    for path in sorted((ROOT / "tests" / "cheats").glob("*.py")):
        tries, outcome = (line.removeprefix("# ") for line in path.read_text(encoding="utf-8").splitlines()[:2])
        kind, _, reason = outcome.removeprefix("outcome: ").partition(": ")
        happens = BECOMES[kind].format(reason.split("|")[0])
        rows.append(f"| {path.stem.replace('_', ' ')} | {tries} | {happens} |")
    return "\n".join(rows)


def replaced(text: str, name: str, content: str) -> str:
    """The text with what stands between the two marks of this name replaced."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    head, _, rest = text.partition(begin)
    return f"{head}{begin}\n{content}\n{end}{rest.partition(end)[2]}"


def generated() -> dict[Path, str]:
    """Every document that is wholly or partly generated, as it should read."""
    from prompts import page  # beside this script

    picture = graph_picture()
    files = {ROOT / "docs" / "cli.md": command_reference(), ROOT / "docs" / "prompts.md": page()}
    for path in (ROOT / "docs" / "architecture.md", ROOT / "README.md"):
        text = path.read_text(encoding="utf-8")
        if "<!-- graph:begin -->" in text:
            files[path] = replaced(text, "graph", picture)
    trust = ROOT / "docs" / "trust.md"
    return {**files, trust: replaced(trust.read_text(encoding="utf-8"), "cheats", cheats())}


def main() -> int:
    """0 when all is up to date, or was written."""
    stale = {
        path: text
        for path, text in generated().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    for path, text in stale.items():
        if "--check" in sys.argv:
            print(f"{path.relative_to(ROOT)} is out of date; run 'make docs'", file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
