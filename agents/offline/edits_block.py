"""Edits of what stands between and around layers: activations, norms, dropout, pooling, paths, gates, depth."""

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
    new = f"{layer.prefix}Sequential({layer.text}, {layer.prefix}{text})"
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
    new = f"{layer.prefix}Sequential({layer.prefix}{kind}({rate}), {layer.text})"
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
    new = f"{layer.prefix}Sequential({pool}, {conv(layer, layer.expr('in_channels'), layer.expr('out_channels'), 1)})"
    return scene.rewrite(
        "pooling",
        f"a {k}-wide filter becomes {kind}Pool and a pointwise layer: a {k}th of the weights, same shapes.",
        {layer.node: new},
    )


def residual(scene: Scene) -> Edit | None:
    """A path around a layer (after He et al. 2016), with a pointwise shortcut where the widths differ."""
    layer = scene.one_of([x for x in scene.hidden if not scene.used_by_name(x) and x.value(_in(x)) != 1])
    if layer is None:
        return None
    a, b = layer.expr(_in(layer)), layer.expr(_out(layer))
    if a == b:
        shortcut = f"{layer.prefix}Identity()"
    elif layer.kind == "Linear":
        shortcut = f"{layer.prefix}Linear({a}, {b}, bias=False)"
    else:
        shortcut = conv(layer, a, b, 1, bias="False")
    return scene.rewrite(
        "residual",
        f"a residual path around a {layer.kind}{' with a projection' if a != b else ''}: shapes stay.",
        {layer.node: f"Residual({layer.text}, {shortcut})"},
        helper="Residual",
    )


def squeeze_excite(scene: Scene) -> Edit | None:
    """A gate on every channel from the means of all (after Hu et al. 2018)."""
    layer = scene.one_of([x for x in scene.convs if not scene.used_by_name(x)])
    if layer is None:
        return None
    width = layer.value("out_channels")
    hidden = str(max(2, width // (scene.value([4, 6], [2, 8]) or 4))) if isinstance(width, int) else "4"
    new = f"{layer.prefix}Sequential({layer.text}, SqueezeExcite({layer.expr('out_channels')}, {hidden}))"
    return scene.rewrite(
        "squeeze_excite",
        f"a squeeze-and-excite gate with {hidden} hidden units after a {layer.kind}; shapes stay.",
        {layer.node: new},
        helper="SqueezeExcite",
    )


def gate(scene: Scene) -> Edit | None:
    """Half of the filters gate the other half (GLU, after Dauphin et al. 2017)."""
    layer = scene.one_of([c for c in plain(scene)])
    if layer is None:
        return None
    out = layer.literal("out_channels")
    doubled = str(2 * out) if out is not None else f"2 * {layer.expr('out_channels')}"
    new = f"{layer.prefix}Sequential({layer.render(out_channels=doubled)}, {layer.prefix}GLU(dim=1))"
    return scene.rewrite(
        "gate", f"twice the filters ({doubled}), one half gating the other; shapes stay.", {layer.node: new}
    )


def branches(scene: Scene) -> Edit | None:
    """A second filter of another width beside the first, summed (after Szegedy et al. 2015, and RepVGG)."""
    sites = [c for c in plain(scene) if (g := geometry(c)) and g[0] % 2 == 1]
    layer = scene.one_of(sites)
    if layer is None:
        return None
    k, s, p = geometry(layer) or (0, 0, 0)
    sizes = [n for n in (1, 3, 5, 7, 9, 11) if n != k and p + (n - k) // 2 >= 0]
    new_k = scene.value([n for n in sizes if n <= 7], [n for n in sizes if n > 7])
    if new_k is None:
        return None
    second = conv(
        layer, layer.expr("in_channels"), layer.expr("out_channels"), new_k, s, p + (new_k - k) // 2, bias="False"
    )
    return scene.rewrite(
        "branches",
        f"a {new_k}-wide filter beside the {k}-wide one, summed: two scales at once; shapes stay.",
        {layer.node: f"Branches({layer.text}, {second})"},
        helper="Branches",
    )


def attention(scene: Scene) -> Edit | None:
    """Self-attention over the positions after a convolution (after Vaswani et al. 2017)."""
    layer = scene.one_of([c for c in scene.convs if not scene.used_by_name(c)])
    if layer is None:
        return None
    new = f"{layer.prefix}Sequential({layer.text}, SelfAttention({layer.expr('out_channels')}))"
    return scene.rewrite(
        "attention",
        "one head of self-attention over the positions after a convolution; shapes stay.",
        {layer.node: new},
        helper="SelfAttention",
    )


def depth(scene: Scene) -> Edit | None:
    """One layer more behind a layer, or a square layer less."""
    square = [
        c
        for c in plain(scene)
        if c.value("in_channels") is not None and c.value("in_channels") == c.value("out_channels")
    ]
    if square and scene.rng.random() < 0.3:
        old = scene.rng.choice(square)
        k, s, p = geometry(old) or (0, 0, 0)
        if p <= k // 2:
            same = s == 1 and 2 * p == k - 1
            pool = f"AvgPool{dims(old)}({k}, stride={s}, padding={p})"
            instead = "nothing" if same else "a mean pool"
            return scene.rewrite(
                "depth",
                f"one {old.kind} less, its place taken by {instead}; shapes stay.",
                {old.node: f"{old.prefix}{'Identity()' if same else pool}"},
            )
    layer = scene.one_of([x for x in scene.hidden if not scene.used_by_name(x)])
    if layer is None:
        return None
    act = scene.value(["ReLU", "GELU", "SiLU"], ["ELU", "Mish"])
    b = layer.expr(_out(layer))
    if layer.kind == "Linear":
        extra = f"{layer.prefix}Linear({b}, {b})"
    else:
        k = scene.value([1, 3], [5]) or 3
        extra = conv(layer, b, b, k, 1, k // 2)
    new = f"{layer.prefix}Sequential({layer.text}, {layer.prefix}{act}(), {extra})"
    return scene.rewrite(
        "depth", f"one {layer.kind} more, of equal width, behind {act}; shapes stay.", {layer.node: new}
    )


def _in(layer: Layer) -> str:
    return "in_features" if layer.kind == "Linear" else "in_channels"


def _out(layer: Layer) -> str:
    return "out_features" if layer.kind == "Linear" else "out_channels"
