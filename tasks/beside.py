"""The modules that lie beside a task's data.py: part of what its data come from."""

from __future__ import annotations

import ast
from pathlib import Path


def sources(script: Path) -> list[Path]:
    """`script`, and every file of its folder that is imported by it or by one of these, sorted; of a package all files."""
    found: set[Path] = set()
    ahead = [script]
    while ahead:
        path = ahead.pop()
        found.add(path)
        for name in _names(path):
            here = [script.parent / f"{name}.py", *(script.parent / name).rglob("*.py")]
            ahead += [one for one in here if one.is_file() and one not in found]
    return sorted(found)


def _names(path: Path) -> set[str]:
    """The top-level modules that import statements of this file name."""
    try:
        nodes = list(ast.walk(ast.parse(path.read_bytes())))
    except (OSError, SyntaxError, ValueError):  # told when it is run
        return set()
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.partition(".")[0] for name in whole | parts}
