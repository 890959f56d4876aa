"""Program text as the edits see it: segments, layer calls with their arguments, and exact replacements.

Nothing here runs a program; it is only ever parsed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from genome.tree import tree_of

START = re.compile(r"^[ \t]*#[ \t]*EVOLVE-BLOCK-START[ \t]*(\S*)")
END = re.compile(r"^[ \t]*#[ \t]*EVOLVE-BLOCK-END")

CONV = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias")
POOL = ("kernel_size", "stride", "padding")
BATCHNORM = ("num_features", "eps", "momentum", "affine")
# The arguments of torch's layers by position, as torch 2 has them.
SIGNATURES: dict[str, tuple[str, ...]] = {
    **{f"Conv{n}d": CONV for n in (1, 2)},
    **{f"{kind}Pool{n}d": POOL for kind in ("Max", "Avg") for n in (1, 2)},
    **{f"{kind}{n}d": BATCHNORM for kind in ("BatchNorm", "InstanceNorm") for n in (1, 2)},
    **{f"Adaptive{kind}Pool{n}d": ("output_size",) for kind in ("Max", "Avg") for n in (1, 2)},
    "Linear": ("in_features", "out_features", "bias"),
    "LazyLinear": ("out_features", "bias"),
    "GroupNorm": ("num_groups", "num_channels"),
    "LayerNorm": ("normalized_shape",),
    "Dropout": ("p", "inplace"),
    "Dropout1d": ("p", "inplace"),
    "Dropout2d": ("p", "inplace"),
}
NORMS = ("BatchNorm1d", "BatchNorm2d", "InstanceNorm1d", "InstanceNorm2d", "GroupNorm", "LayerNorm")
OPTIMISERS = ("Adam", "AdamW", "NAdam", "RAdam", "SGD", "RMSprop", "Adamax", "Adagrad")
# What ast raises for text that is no program, or nests too deep to be read.
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


@dataclass(frozen=True)
class Segment:
    """The evolvable lines of one block; `first` and `last` are line numbers from 0, `last` not included."""

    name: str
    file: str
    first: int
    last: int
    text: str


def segments_of(files: Mapping[str, str]) -> dict[str, Segment]:
    """Name -> segment for every closed EVOLVE-BLOCK of the program; a repeated name keeps its first block."""
    found: dict[str, Segment] = {}
    for file, text in files.items():
        lines = text.split("\n")
        name: str | None = None
        first = 0
        for number, line in enumerate(lines):
            if name is None and (start := START.match(line)):
                name, first = start.group(1) or f"{file}:{number + 1}", number + 1
            elif name is not None and END.match(line):
                body = "\n".join(lines[first:number])
                found.setdefault(name, Segment(name, file, first, number, body))
                name = None
    return found


def splice(files: Mapping[str, str], changed: Mapping[str, str]) -> dict[str, str]:
    """The program with the named segments replaced; names that it does not have are ignored."""
    result = dict(files)
    for name, text in changed.items():
        segment = segments_of(result).get(name)
        if segment is not None:
            lines = result[segment.file].split("\n")
            lines[segment.first : segment.last] = text.split("\n") if text else []
            result[segment.file] = "\n".join(lines)
    return result


def constant(node: ast.AST | None, names: Mapping[str, Any]) -> Any:
    """The value of a constant expression of numbers, strings and tuples, or None where it cannot be told."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Tuple):
        values = tuple(constant(element, names) for element in node.elts)
        return None if any(value is None for value in values) else values
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = constant(node.operand, names)
        return -value if isinstance(value, int | float) else None
    if isinstance(node, ast.BinOp):
        left, right = constant(node.left, names), constant(node.right, names)
        if not isinstance(left, int | float) or not isinstance(right, int | float):
            return None
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult):
            return left * right
        if isinstance(node.op, ast.FloorDiv) and right:
            return left // right
        if isinstance(node.op, ast.Div) and right:
            return left / right
    return None


@dataclass(frozen=True)
class Layer:
    """One call that builds a torch layer, with its arguments by name."""

    kind: str
    prefix: str  # what stands before the name: "nn.", "torch.nn." or ""
    node: ast.Call
    code: Code
    args: dict[str, ast.expr] = field(hash=False)

    def value(self, name: str, default: Any = None) -> Any:
        """The argument's constant value; `default` when it is not given, None when it cannot be told."""
        return constant(self.args[name], self.code.constants_at(self.node)) if name in self.args else default

    def expr(self, name: str) -> str:
        """The argument's source text, in parentheses when it is more than a name or a number."""
        node = self.args[name]
        text = self.code.source(node)
        return text if isinstance(node, ast.Name | ast.Constant | ast.Attribute | ast.Subscript) else f"({text})"

    def literal(self, name: str) -> int | None:
        """The argument as written, if it is a plain number."""
        node = self.args.get(name)
        return node.value if isinstance(node, ast.Constant) and type(node.value) is int else None

    @property
    def inputs(self) -> str:
        """The name of the argument that says how wide the input is."""
        return "in_features" if self.kind == "Linear" else "in_channels"

    @property
    def outputs(self) -> str:
        """The name of the argument that says how wide the output is."""
        return "out_features" if self.kind == "Linear" else "out_channels"

    @property
    def text(self) -> str:
        return self.code.source(self.node)

    def render(self, **changes: str) -> str:
        """The call's text with the given arguments set; the others stay as they were written."""
        start, end = self.code.span(self.node)
        patches = []
        added = []
        for name, value in changes.items():
            if name in self.args:
                patches.append((*self.code.span(self.args[name]), value))
            else:
                added.append(f"{name}={value}")
        if added:
            before = self.code.text[start : end - 1].rstrip()
            joint = " " if before.endswith(",") else "" if before.endswith("(") else ", "
            patches.append((start + len(before), end - 1, joint + ", ".join(added)))
        text = self.code.text
        for a, b, new in sorted(patches, reverse=True):
            text = text[:a] + new + text[b:]
        return text[start : end + len(text) - len(self.code.text)]


class Code:
    """One parsed file. Raises SyntaxError (or ValueError for null bytes) when the text does not parse."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = tree_of(text)
        self.lines = text.split("\n")
        self._known: dict[ast.AST, dict[str, Any]] = {}
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def offset(self, line: int, column: int) -> int:
        """Character offset of an ast position; ast counts columns in UTF-8 bytes."""
        row = self.lines[line - 1]
        width = column if row.isascii() else len(row.encode()[:column].decode(errors="ignore"))
        return self._starts[line - 1] + width

    def span(self, node: ast.AST) -> tuple[int, int]:
        n: Any = node
        return self.offset(n.lineno, n.col_offset), self.offset(n.end_lineno, n.end_col_offset)

    def source(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """What encloses the node, from the inside out."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def constants_at(self, node: ast.AST) -> dict[str, Any]:
        """Names that hold a known constant where the node stands: bound once, in its functions or the file."""
        found: dict[str, Any] = {}
        scopes = [scope for scope in self.around(node) if isinstance(scope, ast.Module | ast.FunctionDef)]
        for scope in reversed(scopes):
            if isinstance(scope, ast.FunctionDef):
                for arg in [*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs]:
                    found.pop(arg.arg, None)
            found.update(self._bound(scope))
        return found

    def _bound(self, scope: ast.Module | ast.FunctionDef) -> dict[str, Any]:
        if scope not in self._known:
            bound: dict[str, list[ast.expr | None]] = {}
            for node in ast.walk(scope) if isinstance(scope, ast.FunctionDef) else scope.body:
                if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                    bound.setdefault(node.targets[0].id, []).append(node.value)
                elif isinstance(node, ast.AugAssign | ast.For) and isinstance(node.target, ast.Name):
                    bound.setdefault(node.target.id, []).append(None)
            found: dict[str, Any] = {}
            for name, values in bound.items():
                value = constant(values[0], found) if len(values) == 1 else None
                if value is not None:
                    found[name] = value
            self._known[scope] = found
        return self._known[scope]

    @cached_property
    def layers(self) -> list[Layer]:
        """Every layer call of the file in the order of the text."""
        found = []
        for node in ast.walk(self.tree):
            layer = self._layer(node)
            if layer is not None:
                found.append(layer)
        return sorted(found, key=lambda layer: self.span(layer.node))

    def _layer(self, node: ast.AST) -> Layer | None:
        if not isinstance(node, ast.Call) or any(isinstance(arg, ast.Starred) for arg in node.args):
            return None
        name = called(node)
        signature = SIGNATURES.get(name)
        if signature is None or len(node.args) > len(signature) or any(word.arg is None for word in node.keywords):
            return None
        args = dict(zip(signature, node.args, strict=False))
        args.update({word.arg: word.value for word in node.keywords if word.arg})
        return Layer(name, self.source(node.func)[: -len(name)], node, self, args)

    def calls(self) -> Iterator[ast.Call]:
        """Every call in the order of the text."""
        found = [node for node in ast.walk(self.tree) if isinstance(node, ast.Call)]
        yield from sorted(found, key=self.span)


def called(node: ast.Call) -> str:
    """The last name of what is called: `Conv1d` of `nn.Conv1d(...)`."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""
