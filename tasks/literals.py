"""Programs that only say something: a few names, each given a value. Read as text; nothing of them is ever run."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from tasks.errors import ScoreError


def literals(text: str) -> dict[str, Any]:
    """Name -> value of a program that consists of `NAME = VALUE` lines, each a number, a text, a switch, None, or lists, tuples, sets and
    dicts of them; comments and docstrings may stand between.

    Raises ScoreError (contract) for anything else: a value must mean what the text says, and a later line could change it.
    """
    found: dict[str, Any] = {}
    for node in _parsed(text).body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            continue
        if not isinstance(node, ast.Assign) or len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
            raise ScoreError("contract", f"line {node.lineno}: expected NAME = VALUE and nothing else")
        name = node.targets[0].id
        if name in found:
            raise ScoreError("contract", f"line {node.lineno}: {name} is given a value twice")
        try:
            found[name] = ast.literal_eval(node.value)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as e:
            wanted = "a plain value: numbers, texts, lists of them, nothing that is computed"
            raise ScoreError("contract", f"line {node.lineno}: expected {name} to be {wanted}") from e
    return found


def literal(files: Mapping[str, str], name: str, file: str = "program.py") -> Any:
    """The value that a program of literals gives this name. Raises ScoreError (contract)."""
    known = literals(files[file])
    if name not in known:
        raise ScoreError("contract", f"{file} must define {name} at its top level")
    return known[name]


def _parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as e:
        raise ScoreError("contract", f"the program cannot be read: {e}") from e
