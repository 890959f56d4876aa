"""Edits of the paths that a signal takes: residual paths, branches, gates, attention, depth, weight sharing, jitter."""

from __future__ import annotations

from agents.offline.edits_conv import conv, dims, geometry, plain
from agents.offline.scene import Edit, Scene
from agents.offline.source import Layer


def residual(scene: Scene) -> Edit | None:
    """A path around a layer (after He et al. 2016), with a pointwise shortcut where the widths differ."""
    layer = scene.one_of([x for x in scene.hidden if not scene.used_by_name(x) and x.value(x.inputs) != 1])
    if layer is None:
        return None
    a, b = layer.expr(layer.inputs), layer.expr(layer.outputs)
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
    new = scene.row(layer, layer.text, f"SqueezeExcite({layer.expr('out_channels')}, {hidden})")
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
    new = scene.row(layer, layer.render(out_channels=doubled), f"{layer.prefix}GLU(dim=1)")
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
    new = scene.row(layer, layer.text, f"SelfAttention({layer.expr('out_channels')})")
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
    b = layer.expr(layer.outputs)
    if layer.kind == "Linear":
        extra = f"{layer.prefix}Linear({b}, {b})"
    else:
        k = scene.value([1, 3], [5]) or 3
        extra = conv(layer, b, b, k, 1, k // 2)
    new = scene.row(layer, layer.text, f"{layer.prefix}{act}()", extra)
    return scene.rewrite(
        "depth", f"one {layer.kind} more, of equal width, behind {act}; shapes stay.", {layer.node: new}
    )


def recurrence(scene: Scene) -> Edit | None:
    """A layer that is applied more than once (weight sharing, after Liang and Hu 2015)."""
    square = [x for x in scene.hidden if x.expr(x.inputs) == x.expr(x.outputs) and not scene.used_by_name(x)]
    layer = scene.one_of([x for x in square if x.kind == "Linear" or _keeps_length(x)])
    times = scene.value([2], [3, 4]) or 2
    if layer is not None:
        why = f"a {layer.kind} is applied {times} times: deeper at no parameters; shapes stay."
        return scene.rewrite("recurrence", why, {layer.node: f"Repeated({layer.text}, {times})"}, helper="Repeated")
    layer = scene.one_of(plain(scene))
    if layer is None:
        return None
    width = layer.expr("out_channels")
    extra = f"Repeated({conv(layer, width, width, 3, 1, 1)}, {times})"
    text = scene.row(layer, layer.text, f"{layer.prefix}ReLU()", extra)
    why = f"one {layer.kind} more, applied {times} times with the same weights; shapes stay."
    return scene.rewrite("recurrence", why, {layer.node: text}, helper="Repeated")


def augment(scene: Scene) -> Edit | None:
    """Small shifts and noise on the input, in training only."""
    first = next((x for x in scene.code.layers if x.kind.startswith("Conv")), None)
    if first is None or not scene.inside(first.node) or scene.used_by_name(first) or "Jitter" in scene.segment.text:
        return None
    shift = scene.value([1, 2, 3], [4, 6])
    noise = scene.value([0.0, 0.05, 0.1], [0.2, 0.3])
    text = scene.row(first, f"Jitter({shift}, {noise})", first.text)
    why = f"in training, the input is shifted by up to {shift} places with noise of {noise}, against overfitting."
    return scene.rewrite("augment", why, {first.node: text}, helper="Jitter")


def _keeps_length(layer: Layer) -> bool:
    k, s, p = geometry(layer) or (0, 0, 0)
    return s == 1 and 2 * p == k - 1
