"""Takes out what an edit left unused, so that later edits do not work on dead code."""

from __future__ import annotations

import ast

from agents.offline.source import UNREADABLE
from genome.tree import tree_of


def without_unused(text: str) -> str:
    """The text without local functions and plain assignments, inside functions, whose name is never read."""
    while True:
        try:
            tree = tree_of(text)
        except UNREADABLE:
            return text
        read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        unused = [
            stmt
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef)
            for stmt in node.body
            if _unused(stmt, read)
        ]
        if not unused:
            return text
        first = min(unused, key=lambda stmt: stmt.lineno)
        lines = text.split("\n")
        end = first.end_lineno or first.lineno
        while (
            end < len(lines) and not lines[end].strip() and not (first.lineno > 1 and lines[first.lineno - 2].strip())
        ):
            end += 1
        text = "\n".join([*lines[: first.lineno - 1], *lines[end:]])


def _unused(stmt: ast.stmt, read: set[str]) -> bool:
    if isinstance(stmt, ast.FunctionDef):
        return not stmt.decorator_list and stmt.name not in read
    if isinstance(stmt, ast.Assign) and len(stmt.targets) == 1 and isinstance(stmt.targets[0], ast.Name):
        harmless = not any(isinstance(node, ast.Call) and not _pure(node) for node in ast.walk(stmt.value))
        return harmless and stmt.targets[0].id not in read
    return False


def _pure(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Attribute):  # a schedule that nobody steps only sets a wrong first learning rate
        return call.func.attr.endswith("LR")
    return isinstance(call.func, ast.Name) and call.func.id in ("max", "min", "int", "float", "round", "abs", "len")
