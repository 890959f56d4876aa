"""Files are UTF-8 wherever the program runs: no call leaves the encoding to the machine, and none is left behind unread."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("agents", "benchmarks", "commands", "docs", "genome", "graph", "memory", "sandbox", "tasks")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
PROCESSES = ("run", "Popen", "check_output", "call")


def opens_text(call: ast.Call) -> bool:
    """Whether this call reads or writes text whose encoding would be the machine's own."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    given = {word.arg: ast.unparse(word.value) for word in call.keywords}
    if "encoding" in given:
        return False
    if name in ("read_text", "write_text"):
        return True
    if name in PROCESSES:
        return "True" in (given.get("text"), given.get("universal_newlines"))
    if name in ("open", "fdopen"):
        words = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        modes = [word for word in [*words, given.get("mode", "").strip("'\"")] if word and set(word) <= set("rwaxbt+")]
        plain = isinstance(call.func, ast.Name) or not call.args or bool(modes)  # `Ledger.open(path)` opens no text
        owner = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
        return plain and (owner, name) != ("os", "open") and not any("b" in mode for mode in modes)
    return name in ("NamedTemporaryFile", "TemporaryFile") and "b" not in given.get("mode", "w+b")


def silent(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and opens_text(node):
            yield f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)[:80]}"


def test_every_text_file_and_every_process_is_read_and_written_in_a_named_encoding() -> None:
    assert [line for path in SOURCES for line in silent(path)] == []


@pytest.mark.parametrize(
    ("code", "caught"),
    [
        ("path.read_text()", True),
        ("path.write_text(text, 'utf-8')", True),  # by name, so that a reader sees it
        ("path.read_text(encoding='utf-8')", False),
        ("open(name)", True),
        ("open(name, 'rb')", False),
        ("path.open()", True),
        ("path.open('a')", True),
        ("path.open('rb')", False),
        ("os.fdopen(handle, 'w')", True),
        ("os.open(name, flags)", False),
        ("Ledger.open(path)", False),
        ("subprocess.run(command, text=True)", True),
        ("subprocess.run(command)", False),
    ],
)
def test_the_search_finds_what_it_is_for(code: str, caught: bool) -> None:
    (call,) = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    assert opens_text(call) is caught
