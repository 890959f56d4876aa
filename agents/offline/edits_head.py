"""Edits of the layer that gives the scores, and of what stands right before it."""

from __future__ import annotations

import ast

from agents.offline.scene import Edit, Scene
from agents.offline.source import Layer


def _output(scene: Scene) -> Layer | None:
    layer = scene.output
    usable = layer is not None and scene.inside(layer.node) and not scene.used_by_name(layer)
    return layer if usable and layer is not None and layer.kind == "Linear" and len(layer.args) >= 2 else None


def head(scene: Scene) -> Edit | None:
    """A hidden layer in front of the scores, or two thin layers in place of a thick one."""
    layer = _output(scene)
    if layer is None:
        return None
    a, b, nn = layer.expr("in_features"), layer.expr("out_features"), layer.prefix
    thin = scene.intent == "shrink" or scene.rng.random() < 0.5
    if thin:
        rank = scene.value([5, 6, 7, 8], [3, 4, 12])
        new = scene.row(layer, f"{nn}Linear({a}, {rank}, bias=False)", f"{nn}Linear({rank}, {b})")
        return scene.rewrite(
            "head", f"the last Linear becomes two of rank {rank}: fewer weights, same shapes.", {layer.node: new}
        )
    hidden = scene.value([16, 24, 32], [48, 64, 96])
    act = scene.value(["ReLU", "GELU", "SiLU"], ["Tanh"])
    new = scene.row(layer, f"{nn}Linear({a}, {hidden})", f"{nn}{act}()", f"{nn}Linear({hidden}, {b})")
    return scene.rewrite(
        "head", f"a hidden layer of {hidden} units with {act} before the scores; same shapes.", {layer.node: new}
    )


def head_pool(scene: Scene) -> Edit | None:
    """Score the mean and the maximum of each channel instead of every position."""
    layer = _output(scene)
    if layer is None or "flatten" not in scene.segment.text.lower():
        return None
    channels = _channels(scene, layer)
    if channels is None:
        return None
    mode = scene.value(["both", "mean"], ["max"])
    what = {"both": "mean and maximum", "mean": "mean", "max": "maximum"}[mode or "both"]
    new = f'PooledLinear({channels}, {layer.expr("out_features")}, "{mode}")'
    return scene.rewrite(
        "head_pool",
        f"the scores read the {what} of each channel, not each position: fewer weights.",
        {layer.node: new},
        helper="PooledLinear",
    )


def _channels(scene: Scene, layer: Layer) -> str | None:
    """How the program writes the number of channels of the flattened features."""
    node = layer.args["in_features"]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and isinstance(node.left, ast.Name | ast.Constant):
        return scene.code.source(node.left)
    size = layer.value("in_features")
    convs = [x for x in scene.code.layers if x.kind.startswith("Conv")]
    width = convs[-1].value("out_channels") if convs else None
    return (
        str(width) if isinstance(size, int) and isinstance(width, int) and size > width and size % width == 0 else None
    )


def head_norm(scene: Scene) -> Edit | None:
    """Features of zero mean and unit variance before the scores, at no parameters."""
    layer = _output(scene)
    if layer is None or "LayerNorm" in scene.segment.text:
        return None
    size, nn = layer.expr("in_features"), layer.prefix
    new = scene.row(layer, f"{nn}LayerNorm({size}, elementwise_affine=False)", layer.text)
    return scene.rewrite("head_norm", "LayerNorm without parameters before the scores; same shapes.", {layer.node: new})
