"""Edits of the geometry of layers: widths, kernels, strides, groups. Each keeps the shapes at the segment's edges."""

from __future__ import annotations

from agents.offline.scene import Edit, Scene
from agents.offline.source import NORMS, Layer


def dims(layer: Layer) -> str:
    """ "1d" or "2d"."""
    return layer.kind[-2:]


def geometry(layer: Layer) -> tuple[int, int, int] | None:
    """(kernel size, stride, padding) of a plain undilated convolution, None where they cannot be told."""
    k, s, p, d = (
        layer.value("kernel_size"),
        layer.value("stride", 1),
        layer.value("padding", 0),
        layer.value("dilation", 1),
    )
    if isinstance(p, str) and p == "same" and isinstance(k, int) and k % 2 == 1:
        p = (k - 1) // 2
    known = all(isinstance(v, int) for v in (k, s, p)) and d == 1
    return (k, s, p) if known else None


def conv(layer: Layer, inputs: str, outputs: str, k: int, s: int = 1, p: int = 0, **more: str) -> str:
    """The text of a convolution of the same dimension as the layer."""
    words = [inputs, outputs, f"kernel_size={k}"]
    words += [f"stride={s}"] * (s != 1) + [f"padding={p}"] * (p != 0) + [f"{key}={text}" for key, text in more.items()]
    return f"{layer.prefix}{layer.kind}({', '.join(words)})"


def plain(scene: Scene) -> list[Layer]:
    """Ungrouped convolutions of known geometry that can be replaced by something else."""
    return [c for c in scene.convs if geometry(c) and c.value("groups", 1) == 1 and not scene.used_by_name(c)]


def kernel(scene: Scene) -> Edit | None:
    """Another kernel size; the padding follows, so that the output keeps its length."""
    sites = [c for c in scene.convs if geometry(c)]
    layer = scene.one_of(sites)
    if layer is None:
        return None
    k, _, p = geometry(layer) or (0, 0, 0)
    sizes = [n for n in (1, 2, 3, 4, 5, 6, 7, 9, 11, 13, 15) if (n - k) % 2 == 0 and p + (n - k) // 2 >= 0]
    new = scene.value([n for n in sizes if n <= 7], [n for n in sizes if n > 7 or n == 1], k)
    if new is None:
        return None
    changes = {"kernel_size": str(new)}
    if layer.value("padding", 0) != "same":
        changes["padding"] = str(p + (new - k) // 2)
    why = "a wider view of the neighbourhood" if new > k else "fewer parameters and a closer look"
    return scene.rewrite(
        "kernel",
        f"kernel_size {k} to {new} with the padding to match, for {why}; shapes stay.",
        {layer.node: layer.render(**changes)},
    )


def dilation(scene: Scene) -> Edit | None:
    """Spread the kernel's taps; the padding follows."""
    sites = [c for c in scene.convs if (g := geometry(c)) and g[0] >= 3 and g[0] % 2 == 1]
    layer = scene.one_of(sites)
    if layer is None:
        return None
    k, _, p = geometry(layer) or (0, 0, 0)
    new = scene.value([2], [3, 4]) or 2
    changes = {"dilation": str(new)}
    if layer.value("padding", 0) != "same":
        changes["padding"] = str(p + (new - 1) * (k - 1) // 2)
    return scene.rewrite(
        "dilation",
        f"dilation 1 to {new} with the padding to match: a wider view at no parameters.",
        {layer.node: layer.render(**changes)},
    )


def _strided(layer: Layer, new: int) -> str:
    """The convolution with this stride; torch takes padding in words only at stride 1."""
    padding = (geometry(layer) or (0, 0, 0))[2]
    in_words = isinstance(layer.value("padding", 0), str)
    return layer.render(stride=str(new), **({"padding": str(padding)} if in_words else {}))


def _free(scene: Scene, layer: Layer) -> bool:
    return scene.free_length and not scene.summed(layer)


def stride(scene: Scene) -> Edit | None:
    """Another stride where the program takes any length; else the stride leaves the convolution for a pool behind it,
    to the same output length."""
    sites = [c for c in plain(scene) if _free(scene, c) or (geometry(c) or (0, 1, 0))[1] > 1]
    layer = scene.one_of(sites)
    if layer is None:
        return None
    s = (geometry(layer) or (0, 1, 0))[1]
    if _free(scene, layer) and (s == 1 or scene.rng.random() < 0.5):
        new = scene.value([1, 2], [3], s)
        why = "shorter signals from here on" if (new or 0) > s else "longer signals from here on"
        return scene.rewrite("stride", f"stride {s} to {new}: {why}.", {layer.node: _strided(layer, new or 1)})
    pool = scene.value(["Max"], ["Avg"]) or "Max"
    text = scene.row(layer, _strided(layer, 1), f"{layer.prefix}{pool}Pool{dims(layer)}({s}, ceil_mode=True)")
    return scene.rewrite(
        "stride",
        f"stride {s} to 1, then {pool.lower()} pooling over {s}: the filters see every position; shapes stay.",
        {layer.node: text},
    )


def groups(scene: Scene) -> Edit | None:
    """Grouped filters: each output looks at a share of the inputs."""
    layer = scene.one_of([c for c in scene.convs if "groups" not in c.args])
    if layer is None:
        return None
    a, b = layer.value("in_channels"), layer.value("out_channels")
    if not isinstance(a, int) or not isinstance(b, int):
        return None
    shares = [g for g in range(2, min(a, b) + 1) if a % g == 0 and b % g == 0]
    new = scene.value([g for g in shares if g <= 5], [g for g in shares if g > 5])
    if new is None:
        return None
    return scene.rewrite(
        "groups",
        f"groups=1 to groups={new}: a {new}th of the weights; shapes stay.",
        {layer.node: layer.render(groups=str(new))},
    )


def depthwise(scene: Scene) -> Edit | None:
    """A depthwise filter and a pointwise mix in place of a full convolution (after Howard et al. 2017, MobileNet)."""
    layer = scene.one_of([c for c in plain(scene) if (geometry(c) or (1,))[0] > 1 and c.value("in_channels") != 1])
    if layer is None:
        return None
    k, s, p = geometry(layer) or (0, 0, 0)
    a, b = layer.expr("in_channels"), layer.expr("out_channels")
    new = scene.row(layer, conv(layer, a, a, k, s, p, groups=a, bias="False"), conv(layer, a, b, 1))
    return scene.rewrite(
        "depthwise",
        f"a full {k}-wide convolution becomes depthwise and pointwise: far fewer weights, same shapes.",
        {layer.node: new},
    )


def bottleneck(scene: Scene) -> Edit | None:
    """Squeeze the channels before the wide filter, and spread them after it."""
    layer = scene.one_of(
        [c for c in plain(scene) if (c.value("out_channels") or 0) >= 8 and (geometry(c) or (1,))[0] > 1]
    )
    if layer is None:
        return None
    k, s, p = geometry(layer) or (0, 0, 0)
    out = layer.value("out_channels")
    share = scene.value([2, 3], [4, 6]) or 2
    width = str(max(2, out // share))
    first = conv(layer, layer.expr("in_channels"), width, k, s, p, bias="False")
    second = conv(layer, width, layer.expr("out_channels"), 1)
    return scene.rewrite(
        "bottleneck",
        f"the {k}-wide filters give {width} channels, a pointwise layer {out} of them: fewer weights, same shapes.",
        {layer.node: scene.row(layer, first, second)},
    )


def bias(scene: Scene) -> Edit | None:
    """Drop a bias, best before a normalisation that has one of its own."""
    sites = []
    for here, after in zip(scene.layers, [*scene.layers[1:], None], strict=False):
        if here in scene.hidden and "bias" not in here.args and not scene.used_by_name(here):
            sites += [here] * (6 if after is not None and after.kind in NORMS else 1)
    layer = scene.one_of(sites)
    if layer is None:
        return None
    return scene.rewrite(
        "bias",
        f"bias removed from {layer.kind}: fewer parameters, same shapes.",
        {layer.node: layer.render(bias="False")},
    )


def padding(scene: Scene) -> Edit | None:
    """Pad with what is there instead of zeros."""
    sites = [c for c in scene.convs if (g := geometry(c)) and g[2] > 0 and "padding_mode" not in c.args]
    layer = scene.one_of(sites)
    mode = scene.value(["replicate"], ["circular"])
    if layer is None or mode is None:
        return None
    return scene.rewrite(
        "padding",
        f"padding_mode zeros to {mode}: no false edge in the signal; shapes stay.",
        {layer.node: layer.render(padding_mode=f'"{mode}"')},
    )
