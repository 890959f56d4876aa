"""What one edit works on: a program, the segment to change, a seeded generator, and how bold it may be."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from agents.offline.helpers import HELPERS
from agents.offline.source import OPTIMISERS, UNREADABLE, Code, Layer, Segment, called, segments_of
from genome.tree import tree_of

T = TypeVar("T")


@dataclass(frozen=True)
class Edit:
    """A new text of one segment and one sentence that says what was changed, with its values."""

    kind: str
    text: str
    rationale: str


@dataclass(frozen=True)
class EditKind:
    """One kind of edit: the function, the intents that it serves, how common it is (its weight where nothing speaks
    against it), and the words by which a lesson speaks of it."""

    name: str
    apply: Callable[[Scene], Edit | None]
    intents: tuple[str, ...]
    weight: float
    words: re.Pattern[str]


class Scene:
    """The program around one edit. Raises SyntaxError or ValueError when the file does not parse, KeyError when it has
    no such segment."""

    def __init__(
        self, files: Mapping[str, str], segment: str, rng: random.Random, boldness: float = 0.3, intent: str = "tune"
    ) -> None:
        self.files = dict(files)
        self.segments = segments_of(files)
        self.segment: Segment = self.segments[segment]
        self.rng = rng
        self.boldness = boldness
        self.intent = intent
        self.code = Code(self.files[self.segment.file])
        starts = [self.code.offset(n + 1, 0) for n in (self.segment.first, self.segment.last)]
        self.start, self.end = starts[0], starts[1]

    def inside(self, node: ast.AST) -> bool:
        a, b = self.code.span(node)
        return self.start <= a and b <= self.end

    @cached_property
    def layers(self) -> list[Layer]:
        """The layer calls of the segment in the order of the text."""
        return [layer for layer in self.code.layers if self.inside(layer.node) and not self._shadowed(layer.node)]

    def _shadowed(self, node: ast.AST) -> bool:
        """Whether the node stands in a definition at the top of the file that a later one of the same name replaces."""
        scopes = [scope for scope in self.code.around(node) if isinstance(scope, ast.ClassDef | ast.FunctionDef)]
        if not scopes:
            return False
        last = scopes[-1]
        same = [n for n in self.code.tree.body if isinstance(n, type(last)) and n.name == last.name]
        return bool(same) and same[-1] is not last

    @cached_property
    def convs(self) -> list[Layer]:
        return [layer for layer in self.layers if layer.kind in ("Conv1d", "Conv2d") and _complete(layer)]

    @cached_property
    def output(self) -> Layer | None:
        """The program's last Linear, taken to be the layer that gives the scores."""
        linears = [layer for layer in self.code.layers if layer.kind in ("Linear", "LazyLinear")]
        return linears[-1] if linears else None

    @cached_property
    def hidden(self) -> list[Layer]:
        """Convolutions and Linears of the segment except the output layer."""
        last = self.output.node if self.output else None
        return [
            layer
            for layer in self.layers
            if layer in self.convs or (layer.kind == "Linear" and _complete(layer) and layer.node is not last)
        ]

    @cached_property
    def free_length(self) -> bool:
        """Whether the program takes what length it gets: no Linear is told a size that a convolution decides."""
        convs = [n for n, x in enumerate(self.code.layers) if x.kind.startswith("Conv")]
        for layer in self.code.layers[convs[-1] + 1 if convs else 0 :]:
            if layer.kind.startswith("Adaptive") or layer.kind == "LazyLinear":
                return True
            if layer.kind == "Linear":
                return layer.value("in_features") is None
        return False

    @cached_property
    def optimisers(self) -> list[ast.Call]:
        """The segment's calls of a torch optimiser."""
        return [c for c in self.code.calls() if self.inside(c) and called(c) in OPTIMISERS and c.args]

    @cached_property
    def nn(self) -> str:
        """How this program writes `torch.nn.`."""
        for node in ast.walk(self.code.tree):
            if isinstance(node, ast.ImportFrom) and node.module == "torch":
                for alias in node.names:
                    if alias.name == "nn":
                        return f"{alias.asname or 'nn'}."
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name == "torch.nn" and alias.asname:
                        return f"{alias.asname}."
        return "torch.nn."

    @cached_property
    def has_torch(self) -> bool:
        return any(
            isinstance(node, ast.Import) and any(alias.name == "torch" and not alias.asname for alias in node.names)
            for node in ast.walk(self.code.tree)
        )

    def one_of(self, things: Sequence[T]) -> T | None:
        return self.rng.choice(things) if things else None

    def value(self, usual: Sequence[T], bold: Sequence[T] = (), current: object = None) -> T | None:
        """A value other than the current one: a usual one, or with the scene's boldness a bold one."""
        usual = [v for v in usual if v != current]
        bold = [v for v in bold if v != current]
        pool = bold if bold and (not usual or self.rng.random() < self.boldness) else usual
        return self.one_of(pool)

    def row(self, layer: Layer, *texts: str) -> str:
        """The texts, of which one is the layer's, as modules in a row: side by side in the Sequential that holds the
        layer already, else in one of their own."""
        around = self.code.parents.get(layer.node)
        flat = isinstance(around, ast.Call) and called(around) == "Sequential" and layer.node in around.args
        if not flat or re.search(r"\w\[-?\d+\]\(|\w\[-?\d+\]\.", self.code.text):  # some module is taken by its number
            return f"{layer.prefix}Sequential({', '.join(texts)})"
        before = self.code.text[self.code.offset(layer.node.lineno, 0) : self.code.span(layer.node)[0]]
        return (", " if before.strip() else f",\n{before}").join(texts)

    @cached_property
    def own(self) -> set[str]:
        """Names of the classes and functions that the file defines."""
        kinds = (ast.ClassDef, ast.FunctionDef)
        return {node.name for node in ast.walk(self.code.tree) if isinstance(node, kinds)}

    def holds(self, node: ast.AST) -> bool:
        """Whether the node has a place in the text and lies in the segment."""
        return hasattr(node, "lineno") and self.inside(node)

    def summed(self, layer: Layer, reader: Layer | None = None) -> bool:
        """Whether the layer's output may be added to or joined with something else before the reader gets it."""
        inner = set() if reader is None else set(self.code.around(reader.node))
        for node in self.code.around(layer.node):
            if isinstance(node, ast.Call) and called(node) == "Sequential" and node in inner:
                return False
            if isinstance(node, ast.Call) and called(node) in ("Residual", "Branches", "Repeated"):
                return True
            if isinstance(node, ast.ClassDef):
                methods = [f for f in node.body if isinstance(f, ast.FunctionDef)]
                forward = next((f for f in methods if f.name == "forward"), node)
                return any(_joins(n) for n in ast.walk(forward))
        return False

    def used_by_name(self, layer: Layer) -> bool:
        """Whether the program reads attributes of the layer (`self.conv.weight`), so that it cannot be wrapped."""
        around = self.code.parents.get(layer.node)
        if isinstance(around, ast.Call) and called(around) == "initialised":
            return True
        for node in ast.walk(self.code.tree):
            if isinstance(node, ast.Assign) and node.value is layer.node and isinstance(node.targets[0], ast.Attribute):
                name = re.escape(node.targets[0].attr)
                return re.search(rf"\.{name}\.\w", self.code.text) is not None
        return False

    def rewrite(
        self, kind: str, rationale: str, patches: Mapping[ast.AST, str], helper: str | None = None
    ) -> Edit | None:
        """The segment with each node's text replaced, and the named helper defined at its top.

        None when the result does not parse, is the same code, or cannot hold the helper (an indented segment).
        """
        text = self.code.text
        for node, new in sorted(patches.items(), key=lambda item: self.code.span(item[0]), reverse=True):
            a, b = self.code.span(node)
            text = text[:a] + new + text[b:]
        body = text[self.start : self.end + len(text) - len(self.code.text)]
        if body.endswith("\n"):
            body = body[:-1]
        if helper is not None and f"class {helper}(" not in body and f"def {helper}(" not in body:
            first = next((line for line in body.split("\n") if line.strip()), "")
            if first[:1] in (" ", "\t") or not self.has_torch:
                return None
            body = HELPERS[helper].replace("nn.", self.nn) + "\n\n\n" + body.lstrip("\n")
        return self.finish(kind, rationale, body)

    def finish(self, kind: str, rationale: str, body: str) -> Edit | None:
        """The edit, or None when the program with this segment would not parse or be the same code."""
        text = self.code.text[: self.start] + body + "\n" + self.code.text[self.end :]
        try:
            tree = tree_of(text)
        except UNREADABLE:
            return None
        if ast.dump(tree) == ast.dump(self.code.tree):
            return None
        return Edit(kind, body, f"{kind.replace('_', ' ').capitalize()}: {rationale}")


def _joins(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Add) and not isinstance(node.right, ast.Constant)
    return isinstance(node, ast.Call) and called(node) in ("cat", "stack")


def _complete(layer: Layer) -> bool:
    """Whether the arguments that every such layer needs are all there, and no padding mode makes it special."""
    need = ("in_features", "out_features") if layer.kind == "Linear" else ("in_channels", "out_channels", "kernel_size")
    return all(name in layer.args for name in need)
