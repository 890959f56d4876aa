"""Edits of how the weights start and move: initialisation, optimiser, learning rate, decay, schedule."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping

from agents.offline.scene import Edit, Scene
from agents.offline.source import called, constant

_ADAM = {"lr", "betas", "eps", "weight_decay", "foreach"}
# What each optimiser takes, its learning rate relative to Adam's, and what it is given when it comes in.
_KNOWN: dict[str, tuple[set[str], float, str]] = {
    "Adam": (_ADAM | {"amsgrad", "decoupled_weight_decay"}, 1.0, ""),
    "AdamW": (_ADAM | {"amsgrad"}, 1.0, ""),
    "NAdam": (_ADAM | {"decoupled_weight_decay"}, 0.7, ""),
    "RAdam": (_ADAM | {"decoupled_weight_decay"}, 1.0, ""),
    "Adamax": (_ADAM, 1.5, ""),
    "RMSprop": ({"lr", "alpha", "eps", "weight_decay", "momentum", "foreach"}, 0.3, ""),
    "SGD": ({"lr", "momentum", "weight_decay", "nesterov", "foreach"}, 10.0, "momentum=0.9, nesterov=True"),
}


def words_of(call: ast.Call) -> dict[str, ast.expr]:
    """The arguments of an optimiser call behind its parameters; the second place is the learning rate."""
    found = {word.arg: word.value for word in call.keywords if word.arg}
    if len(call.args) > 1:
        found.setdefault("lr", call.args[1])
    return found


def _set(scene: Scene, call: ast.Call, kind: str, why: str, **changes: str) -> Edit | None:
    """The optimiser call with arguments set or added."""
    words = words_of(call)
    patches: dict[ast.AST, str] = {words[name]: text for name, text in changes.items() if name in words}
    added = [f"{name}={text}" for name, text in changes.items() if name not in words]
    if added:
        last = call.keywords[-1].value if call.keywords else call.args[-1]
        patches[last] = f"{patches.get(last, scene.code.source(last))}, {', '.join(added)}"
    return scene.rewrite(kind, why, patches)


def bound(scene: Scene, node: ast.expr) -> ast.expr:
    """What a name was bound to last in the segment, or the expression itself."""
    if isinstance(node, ast.Name):
        for other in ast.walk(scene.code.tree):
            if isinstance(other, ast.Assign) and scene.inside(other):
                target = other.targets[0]
                if isinstance(target, ast.Name) and target.id == node.id:
                    return other.value
    return node


def written(value: float) -> str:
    return f"{value:.2g}" if value < 100 else str(round(value))


def rates(scene: Scene) -> dict[ast.AST, float]:
    """The numbers that set the learning rate: of the optimiser and of a one-cycle schedule, each where it is written."""
    given = [words_of(call).get("lr") for call in scene.optimisers]
    given += [word.value for call in scene.code.calls() for word in call.keywords if word.arg == "max_lr"]
    found: dict[ast.AST, float] = {}
    for node in given:
        written = bound(scene, node) if node is not None and scene.inside(node) else None
        if isinstance(written, ast.Constant) and isinstance(written.value, float | int) and scene.inside(written):
            found[written] = float(written.value)
    return found


def learning_rate(scene: Scene) -> Edit | None:
    """A larger or smaller step."""
    found = rates(scene)
    if not scene.optimisers or not found:
        return None
    reach = math.log(10.0 if scene.rng.random() < scene.boldness else 3.0)
    factor = math.exp(scene.rng.uniform(0.2, reach)) ** scene.rng.choice((-1, 1))
    old = next(iter(found.values()))
    why = f"learning rate {old:g} to {written(old * factor)}."
    return scene.rewrite("learning_rate", why, {node: written(value * factor) for node, value in found.items()})


def weight_decay(scene: Scene) -> Edit | None:
    """More or less decay, or none for biases and norms."""
    call = scene.one_of(scene.optimisers)
    if call is None:
        return None
    old = words_of(call).get("weight_decay")
    source = scene.code.source(call.args[0])
    if source == "model.parameters()" and scene.rng.random() < 0.3:
        groups = (
            '[{"params": [p for p in model.parameters() if p.dim() > 1]}, '
            '{"params": [p for p in model.parameters() if p.dim() <= 1], "weight_decay": 0.0}]'
        )
        return scene.rewrite("weight_decay", "no weight decay on biases and norms.", {call.args[0]: groups})
    now = constant(old, {}) if old is not None else 0.0
    new = scene.value([0.0, 0.001, 0.01, 0.03, 0.1], [0.3, 0.0001], now)
    return _set(scene, call, "weight_decay", f"weight decay {now} to {new}.", weight_decay=str(new))


def momentum(scene: Scene) -> Edit | None:
    """How long the optimiser remembers."""
    call = scene.one_of([c for c in scene.optimisers if called(c) in _KNOWN])
    cycled = "OneCycleLR" in scene.segment.text and "cycle_momentum=False" not in scene.segment.text
    if call is None or cycled:  # a one-cycle schedule sets the momentum itself
        return None
    if "betas" in _KNOWN[called(call)][0]:
        betas = scene.value(
            ["(0.9, 0.95)", "(0.9, 0.99)", "(0.85, 0.99)", "(0.95, 0.99)"], ["(0.8, 0.9)", "(0.95, 0.999)"]
        )
        return _set(scene, call, "momentum", f"betas become {betas}.", betas=str(betas))
    usual, bold = ([0.8, 0.85, 0.95], [0.6, 0.98]) if called(call) == "SGD" else ([0.5, 0.8, 0.9], [0.95])
    new = scene.value(usual, bold, constant(words_of(call).get("momentum"), {}))
    return _set(scene, call, "momentum", f"momentum becomes {new}.", momentum=str(new))


def optimiser(scene: Scene) -> Edit | None:
    """Another rule of descent, with the learning rate brought to its scale."""
    call = scene.one_of([c for c in scene.optimisers if called(c) in _KNOWN])
    if call is None:
        return None
    name = called(call)
    new = scene.value(["AdamW", "NAdam", "RAdam", "SGD"], ["Adam", "Adamax", "RMSprop"], name)
    if new is None:
        return None
    takes, scale, extra = _KNOWN[new]
    words = {key: scene.code.source(value) for key, value in words_of(call).items() if key in takes}
    ratio = scale / _KNOWN[name][1]
    patches: dict[ast.AST, str] = {node: written(value * ratio) for node, value in rates(scene).items()}
    if words_of(call).get("lr") in patches:
        words["lr"] = patches.pop(words_of(call)["lr"])
    words.update(_decay(call, new, words, ratio))
    parts = [scene.code.source(call.args[0]), *[f"{key}={text}" for key, text in words.items()]]
    parts += [part for part in extra.split(", ") if part and part.split("=")[0] not in words]
    prefix = scene.code.source(call.func)[: -len(name)]
    if isinstance(call.func, ast.Name):
        prefix = "torch.optim." if scene.has_torch else ""
    return scene.rewrite(
        "optimiser",
        f"{name} to {new} at learning rate {words.get('lr', 'as it was')}.",
        {**patches, call: f"{prefix}{new}({', '.join(parts)})"},
    )


def _decay(call: ast.Call, new: str, words: Mapping[str, str], ratio: float) -> dict[str, str]:
    """The weight decay as another optimiser should be told it, so that the weights shrink about as fast as before.

    AdamW takes it apart from the gradient, and then it may be large; as a part of the gradient the same number stops
    training, for an adaptive step makes it as large as the loss's own pull (Loshchilov and Hutter 2019).
    """
    given = words_of(call)
    decay, rate = constant(given.get("weight_decay"), {}), constant(given.get("lr"), {})
    old = called(call)
    apart = old == "AdamW" or "decoupled_weight_decay" in given
    if "weight_decay" not in words or not isinstance(decay, int | float):
        return {}
    if new == "AdamW":
        return {} if apart else {"weight_decay": written(min(0.3, decay * (10 if old == "SGD" else 1)))}
    if not apart and "SGD" not in (old, new):
        return {}
    if apart and "decoupled_weight_decay" in _KNOWN[new][0]:
        return {"decoupled_weight_decay": "True"}
    if new == "SGD" and apart and isinstance(rate, int | float):  # momentum 0.9 makes each step count ten times
        return {"weight_decay": written(decay / ratio / 10)}
    return {"weight_decay": written(min(decay, 0.0001))}


def initialisation(scene: Scene) -> Edit | None:
    """Other starting weights for a layer."""
    layer = scene.one_of(
        [x for x in scene.layers if x.kind in ("Conv1d", "Conv2d", "Linear") and not scene.used_by_name(x)]
    )
    if layer is None:
        return None
    around = next(iter(scene.code.around(layer.node)), None)
    if isinstance(around, ast.Call) and called(around) == "initialised":
        return None
    scheme = scene.value(["kaiming", "orthogonal"], ["xavier"])
    last = scene.output is not None and layer.node is scene.output.node
    gain = scene.value([0.1, 0.3], [0.01]) if last else scene.value([1.0, 1.0], [0.5, 1.5])
    extra = f", gain={gain}" if gain != 1.0 else ""
    return scene.rewrite(
        "initialisation",
        f"{layer.kind} starts from {scheme} weights{f' times {gain}' if extra else ''} and no bias.",
        {layer.node: f'initialised({layer.text}, "{scheme}"{extra})'},
        helper="initialised",
    )
