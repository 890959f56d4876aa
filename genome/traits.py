"""What a segment holds that a change could work on: values to tune, layers to reshape. Read from its text, which is never run."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from typing import Literal

from genome.remember import by_text
from genome.tree import tree_of

Trait = Literal["values", "layers"]
_PLACES = frozenset(
    ("dim", "axis", "dims", "start_dim", "end_dim", "dim0", "dim1", "keepdim")
)  # numbers that are no setting
_SET = re.compile(
    r"[A-Z]|.*(pool|conv|drop|norm|pad|interpolate)"
)  # what is called with settings: classes, and these functions


@by_text(most=1_000_000)
def traits(segment: str) -> frozenset[Trait]:
    """`values`: plain values that are chosen, in calls of classes, by keyword, in assignments and as defaults; `layers`: modules or
    parameters of a network that it builds. Nothing of a text that does not parse."""
    try:
        nodes = list(ast.walk(tree_of(textwrap.dedent(segment))))
        told: dict[Trait, bool] = {
            "values": any(_chosen(value) for node in nodes for value in _values(node)),
            "layers": any(map(_builds, nodes)),
        }
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    return frozenset(name for name, so in told.items() if so)


def _values(node: ast.AST) -> Iterator[ast.AST]:
    """Where a value may be chosen in this node."""
    if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
        yield node.value
    elif isinstance(node, ast.arguments):
        yield from (*node.defaults, *(one for one in node.kw_defaults if one is not None))
    elif isinstance(node, ast.Call):
        yield from (word.value for word in node.keywords if word.arg not in _PLACES)
        if _SET.match(_path(node.func).rpartition(".")[2]):
            yield from node.args
    elif isinstance(node, ast.BinOp):
        yield from (
            one for one in (node.left, node.right) if isinstance(one, ast.Constant) and isinstance(one.value, float)
        )


def _chosen(node: ast.AST) -> bool:
    """Whether the node is a value written out, or a list or table of such."""
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return bool(node.elts) and all(map(_chosen, node.elts))
    if isinstance(node, ast.Dict):
        return bool(node.values) and all(map(_chosen, node.values))
    if isinstance(node, ast.BinOp):
        return _chosen(node.left) or _chosen(node.right)
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float | str)


def _builds(node: ast.AST) -> bool:
    """Whether a class of modules is defined here, or a module or a parameter made."""
    if isinstance(node, ast.ClassDef):
        return any(_path(base).endswith("Module") for base in node.bases)
    path = _path(node.func).split(".") if isinstance(node, ast.Call) else []
    return len(path) > 1 and path[-2] == "nn" and path[-1][:1].isupper()


def _path(node: ast.AST) -> str:
    """`torch.nn.Conv1d` of what is written so; what comes before a call or an index is left out."""
    if isinstance(node, ast.Attribute):
        return f"{_path(node.value)}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""
