"""Edits of what stands between layers: activations, norms, dropout, pooling."""

from __future__ import annotations

import ast

from agents.offline.edits_conv import conv, dims, geometry, plain
from agents.offline.scene import Edit, Scene
from agents.offline.source import NORMS, Layer, called

# module -> function of torch.nn.functional
ACTIVATIONS = {
    "ReLU": "relu", "GELU": "gelu", "SiLU": "silu", "ELU": "elu", "Mish": "mish", "LeakyReLU": "leaky_relu",
    "Hardswish": "hardswish", "SELU": "selu", "Tanh": "tanh", "Softplus": "softplus", "CELU": "celu", "ReLU6": "relu6",
}  # fmt: skip
USUAL = ("ReLU", "GELU", "SiLU", "ELU", "Mish", "LeakyReLU", "Hardswish")
BOLD = ("SELU", "Tanh", "Softplus", "CELU", "ReLU6")
_MODULE = {function: module for module, function in ACTIVATIONS.items()}


def activation(scene: Scene) -> Edit | None:
    """Another non-linearity, as a module or as a function call; sometimes everywhere in the segment."""
    sites: list[tuple[ast.Call, str]] = []
    for call in scene.code.calls():
        name = called(call)
        if scene.inside(call) and (name in ACTIVATIONS or (name in _MODULE and len(call.args) == 1)):
            sites.append((call, name))
    chosen = scene.one_of(sites)
    if chosen is None:
        return None
    current = _MODULE.get(chosen[1], chosen[1])
    new = scene.value(USUAL, BOLD, current)
    if new is None:
        return None
    same = [call for call, name in sites if _MODULE.get(name, name) == current]
    targets = same if scene.rng.random() < 0.5 else [chosen[0]]
    patches: dict[ast.AST, str] = {}
    for call in targets:
        if called(call) in ACTIVATIONS:
            prefix = scene.code.source(call.func)[: -len(called(call))]
            patches[call] = f"{prefix}{new}()"
        else:  # the argument may hold further calls, so only the name is replaced
            patches[call.func] = f"{scene.nn}functional.{ACTIVATIONS[new]}"
    where = "everywhere in the segment" if len(targets) > 1 else "once"
    return scene.rewrite("activation", f"{current} to {new}, {where}; shapes stay.", patches)


def norm(scene: Scene) -> Edit | None:
    """Put a normalisation after a layer, or exchange the one that is there."""
    there = [x for x in scene.layers if x.kind in ("BatchNorm1d", "BatchNorm2d") and "num_features" in x.args]
    bare = [x for x in scene.hidden if not _normed(scene, x) and not scene.used_by_name(x)]
    if there and (not bare or scene.rng.random() < 0.3):
        old = scene.rng.choice(there)
        new = f"{old.prefix}GroupNorm(1, {old.expr('num_features')})"
        return scene.rewrite("norm", f"{old.kind} to GroupNorm(1): the same at training and at test.", {old.node: new})
    layer = scene.one_of(bare)
    if layer is None:
        return None
    if layer.kind == "Linear":
        kind, text = "LayerNorm", f"LayerNorm({layer.expr('out_features')})"
    else:
        width = layer.expr("out_channels")
        kind = scene.value([f"BatchNorm{dims(layer)}"], ["GroupNorm", f"BatchNorm{dims(layer)}"]) or "GroupNorm"
        text = f"{kind}({'1, ' if kind == 'GroupNorm' else ''}{width})"
    new = scene.row(layer, layer.text, f"{layer.prefix}{text}")
    return scene.rewrite(
        "norm", f"{kind} after a {layer.kind}: steadier training at few parameters; shapes stay.", {layer.node: new}
    )


def _normed(scene: Scene, layer: Layer) -> bool:
    """Whether the next layer in the text is a normalisation."""
    after = scene.layers[scene.layers.index(layer) + 1 :]
    return bool(after) and after[0].kind in NORMS


def dropout(scene: Scene) -> Edit | None:
    """Another dropout rate, or dropout in front of a layer."""
    there = [x for x in scene.layers if x.kind.startswith("Dropout")]
    if there and scene.rng.random() < 0.5:
        old = scene.rng.choice(there)
        rate = scene.value([0.05, 0.1, 0.2, 0.3], [0.0, 0.5], old.value("p", 0.5))
        return scene.rewrite(
            "dropout", f"dropout rate {old.value('p', 0.5)} to {rate}.", {old.node: old.render(p=str(rate))}
        )
    first = scene.code.layers[0].node if scene.code.layers else None
    layer = scene.one_of(
        [
            x
            for x in scene.layers
            if x.kind in ("Linear", "LazyLinear", "Conv1d", "Conv2d")
            and x.node is not first
            and not scene.used_by_name(x)
        ]
    )
    if layer is None:
        return None
    rate = scene.value([0.05, 0.1, 0.2], [0.3, 0.5])
    kind = f"Dropout{dims(layer)}" if layer.kind.startswith("Conv") and scene.rng.random() < 0.5 else "Dropout"
    new = scene.row(layer, f"{layer.prefix}{kind}({rate})", layer.text)
    return scene.rewrite(
        "dropout", f"{kind} at rate {rate} before a {layer.kind}, against overfitting; shapes stay.", {layer.node: new}
    )


def pooling(scene: Scene) -> Edit | None:
    """Maximum for mean and back, or a pool of the same geometry in place of a filter's width."""
    there = [x for x in scene.layers if "Pool" in x.kind]
    if there and scene.rng.random() < 0.6:
        old = scene.rng.choice(there)
        new = old.kind.replace("Max", "*").replace("Avg", "Max").replace("*", "Avg")
        if not (new.startswith("Max") and "count_include_pad" in old.args):
            return scene.rewrite(
                "pooling", f"{old.kind} to {new}; shapes stay.", {old.node: old.text.replace(old.kind, new, 1)}
            )
    sites = [
        c for c in plain(scene) if (g := geometry(c)) and g[0] > 1 and g[2] <= g[0] // 2 and c.value("in_channels") != 1
    ]
    layer = scene.one_of(sites)
    if layer is None:
        return None
    k, s, p = geometry(layer) or (0, 0, 0)
    kind = scene.value(["Avg"], ["Max"])
    pool = f"{layer.prefix}{kind}Pool{dims(layer)}({k}, stride={s}, padding={p})"
    new = scene.row(layer, pool, conv(layer, layer.expr("in_channels"), layer.expr("out_channels"), 1))
    return scene.rewrite(
        "pooling",
        f"a {k}-wide filter becomes {kind}Pool and a pointwise layer: a {k}th of the weights, same shapes.",
        {layer.node: new},
    )
