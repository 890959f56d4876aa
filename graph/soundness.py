"""What must hold of a task's texts before anything is trained: the same for `evolve task check` and for a run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tasks import Task, TaskError
from tasks.table import SCRIPT

_HARNESS = ("check", "train", "audit")
_EVALUATOR = ("evaluate",)


def check_text(task: Task) -> Iterator[tuple[str, str]]:
    """What is good in the program, and in the harness or the evaluator, one after the other."""
    from genome import GenomeError, check, replace, segments, validate_markers

    try:
        validate_markers(task.files)
        parts = segments(task.files)
        for name, text in parts.items():
            # The seed is held against itself with one segment emptied, as a child is against its parent: so that every
            # segment is found to be within the contract and to be in use.
            indent = text[: len(text) - len(text.lstrip(" \t\r\n"))].rpartition("\n")[2]
            check(task.files, replace(task.files, {name: f"{indent}pass\n"}), task.roots, task.imports)
    except GenomeError as e:
        unchanged = "a segment holds no code" if e.failure == "unchanged" else e
        raise TaskError(f"{task.folder}: the seed program is not sound: {unchanged}") from e
    yield "program", f"{len(parts)} segments, all in use: {', '.join(parts)}"

    if task.is_table:
        _defines(task.folder / SCRIPT, task.evaluator, _EVALUATOR, "(files, data, seed)")
    else:
        _defines(task.folder / "harness.py", task.harness, _HARNESS, "(program, data_dir, settings, emit)")
        yield "harness", ", ".join(_HARNESS)


def _defines(path: Path, text: str, names: tuple[str, ...], given: str) -> None:
    """Nothing, when this file defines these functions at its top; else TaskError."""
    try:
        tree = ast.parse(text)
    except SyntaxError as e:
        raise TaskError(f"{path}, line {e.lineno}: {e.msg}") from e
    except (ValueError, RecursionError) as e:
        raise TaskError(f"{path}: cannot be parsed: {e}") from e
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    if missing := [name for name in names if name not in defined]:
        raise TaskError(f"{path}: expected {', '.join(names)}{given}; missing: {', '.join(missing)}")
