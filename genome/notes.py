"""A segment without what its author wrote for readers: for prompts that show it beside the program that is worked on."""

from __future__ import annotations

import ast
import io
import textwrap
import tokenize

from genome.remember import by_text
from genome.tree import tree_of

_CODE = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@by_text(most=2_000_000)
def without_notes(segment: str) -> str:
    """The text without comments, docstrings and empty lines, every other letter as it was. As it is where it defines nothing (values
    alone are told apart by their comments) or does not parse."""
    text = textwrap.dedent(segment)
    try:
        nodes = [node for node in ast.walk(tree_of(text)) if isinstance(node, _CODE)]
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
        return segment
    if not nodes:
        return segment
    lines = text.split("\n")
    for token in tokens:
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    gone = {row for node in nodes for row in _docstring(node)}
    inside = {row for token in tokens for row in range(token.start[0], token.end[0])}  # of a text of several lines
    return "\n".join(line for row, line in enumerate(lines, 1) if row not in gone and (line.strip() or row in inside))


def _docstring(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> range:
    """The lines of a docstring that stands on lines of its own; none where it is all that there is."""
    first, *rest = node.body
    told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    if not told or not rest or first.lineno == node.lineno or rest[0].lineno == first.end_lineno:
        return range(0)
    return range(first.lineno, (first.end_lineno or first.lineno) + 1)
