"""Widths: the number of channels or features between two layers, wherever the segment alone decides it."""

from __future__ import annotations

import ast
import math
import re

from agents.offline.helpers import HELPERS
from agents.offline.scene import Edit, Scene
from agents.offline.source import NORMS, Layer, called

_OUT = ("out_channels", "out_features")
_IN = ("in_channels", "in_features")
_WIDTH = re.compile("width|channels|hidden|dim|features|filters|planes", re.IGNORECASE)


def width(scene: Scene) -> Edit | None:
    """Another width: a named number, or the literals of a layer and of all that reads its output."""
    named = _named_widths(scene)
    literal = [x for x in scene.hidden if any(x.literal(name) for name in _OUT)]
    sites: list[ast.expr | Layer] = [*named, *literal]
    site = scene.one_of(sites)
    if isinstance(site, Layer):
        return _literal_width(scene, site)
    if isinstance(site, ast.Constant):
        old = int(str(site.value))
        new = _other_width(scene, old)
        if new is not None:
            return scene.rewrite(
                "width", f"width {old} to {new}; what reads it takes the same number.", {site: str(new)}
            )
    return None


def _other_width(scene: Scene, old: int) -> int | None:
    """A narrower or wider number that every group count and head count of the segment divides."""
    usual, bold = [0.5, 0.7, 0.8, 1.25, 1.5], [0.3, 2.0, 3.0]
    if scene.intent == "shrink":
        usual, bold = [0.5, 0.6, 0.75, 0.9], [0.3]
    counts = [x.value(name, 1) for x in scene.code.layers for name in ("groups", "num_groups")]
    heads = any(called(c) == "MultiheadAttention" and not _one(c.args[1:2]) for c in scene.code.calls())
    unit = math.lcm(4 if heads else 1, *[n for n in counts if isinstance(n, int) and 1 < n < old and old % n == 0])
    share = scene.value(usual, bold) or 1.0
    new = max(unit, round(old * share / unit) * unit)
    if unit == 1 and old >= 16 and scene.rng.random() < 0.5:
        new = max(4, round(new / 4) * 4)  # round numbers leave later edits more group counts to choose from
    return new if new != old and new >= 2 else None


def _one(args: list[ast.expr]) -> bool:
    return bool(args) and isinstance(args[0], ast.Constant) and args[0].value == 1


def _named_widths(scene: Scene) -> list[ast.Constant]:
    """The numbers of this segment behind names that layers take as output width, or that are called like a width and
    handed to the program's own classes and functions."""
    names = set()
    for x in scene.code.layers:
        taken = next((x.args[name] for name in _OUT if name in x.args), None)
        if isinstance(taken, ast.Name) and not (scene.output and x.node is scene.output.node):
            names.add(taken.id)
    for call in scene.code.calls():
        if called(call) in scene.own:
            given = [*call.args, *[word.value for word in call.keywords]]
            names |= {arg.id for arg in given if isinstance(arg, ast.Name) and _WIDTH.search(arg.id)}
    found: list[ast.Constant] = []
    for node in ast.walk(scene.code.tree):
        if not scene.holds(node):
            continue
        pairs: list[tuple[str, ast.expr]] = []
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            pairs = [(node.targets[0].id, node.value)]
        elif isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            if isinstance(node.iter, ast.Tuple | ast.List):
                pairs = [(node.target.id, element) for element in node.iter.elts]
        elif isinstance(node, ast.FunctionDef) and node.args.defaults:
            last = node.args.args[-len(node.args.defaults) :]
            pairs = [(arg.arg, default) for arg, default in zip(last, node.args.defaults, strict=False)]
        for name, value in pairs:
            number = isinstance(value, ast.Constant) and type(value.value) is int and value.value > 1
            if name in names and number and isinstance(value, ast.Constant):
                found.append(value)
    return found


def _literal_width(scene: Scene, layer: Layer) -> Edit | None:
    """Change a layer's literal output width and every literal that reads it; None where one is out of reach."""
    out = next(name for name in _OUT if layer.literal(name))
    old = layer.literal(out) or 0
    new = _other_width(scene, old)
    if new is None:
        return None
    patches: dict[ast.AST, str] = {layer.args[out]: str(new)}
    if layer.literal("groups") not in (None, 1):
        return None
    reader: Layer | None = None
    start = scene.code.span(layer.node)[1]
    for call in scene.code.calls():
        if scene.code.span(call)[0] < start:
            continue
        after = next((x for x in scene.code.layers if x.node is call), None)
        if after is None:
            first = call.args[0] if call.args else None
            if called(call) in scene.own and called(call) not in HELPERS and isinstance(first, ast.Constant):
                if first.value != old:
                    return None
                patches[first] = str(new)
                break
            if called(call) in HELPERS and called(call) not in ("Residual", "Branches"):
                patches.update({a: str(new) for a in call.args[:1] if isinstance(a, ast.Constant) and a.value == old})
            elif called(call) == "GLU":
                return None
            continue
        if after.kind in NORMS or after.literal("groups") == old:
            for name in ("num_features", "num_channels", "normalized_shape", "groups", "in_channels", "out_channels"):
                if after.literal(name) == old:
                    patches[after.args[name]] = str(new)
            continue
        read = next((name for name in _IN if name in after.args), None)
        if read is None:
            continue
        wanted = after.value(read)
        if isinstance(wanted, int):
            if after.literal(read) is None or wanted % old or (wanted != old and read == "in_channels"):
                return None
            patches[after.args[read]] = str(wanted // old * new)
        reader = after
        break
    if any(not scene.inside(node) for node in patches) or scene.summed(layer, reader):
        return None
    return scene.rewrite("width", f"{layer.kind} gives {new} instead of {old}, and what reads it takes {new}.", patches)
