"""Edits of how the weights start and move: initialisation, optimiser, learning rate, decay, schedule."""

from __future__ import annotations

import ast

from agents.offline.scene import Edit, Scene
from agents.offline.source import called, constant
from agents.offline.tidy import without_unused

_ADAM = {"lr", "betas", "eps", "weight_decay", "foreach"}
# What each optimiser takes, its learning rate relative to Adam's, and what it is given when it comes in.
_KNOWN: dict[str, tuple[set[str], float, str]] = {
    "Adam": (_ADAM | {"amsgrad"}, 1.0, ""),
    "AdamW": (_ADAM | {"amsgrad"}, 1.0, ""),
    "NAdam": (_ADAM, 0.7, ""),
    "RAdam": (_ADAM, 1.0, ""),
    "Adamax": (_ADAM, 1.5, ""),
    "RMSprop": ({"lr", "alpha", "eps", "weight_decay", "momentum", "foreach"}, 0.3, ""),
    "SGD": ({"lr", "momentum", "weight_decay", "nesterov", "foreach"}, 10.0, "momentum=0.9, nesterov=True"),
}
_SCHEDULERS = (
    "LambdaLR", "StepLR", "MultiStepLR", "ConstantLR", "LinearLR", "ExponentialLR", "PolynomialLR", "CosineAnnealingLR",
    "SequentialLR", "CyclicLR", "OneCycleLR", "CosineAnnealingWarmRestarts",
)  # fmt: skip


def _words(call: ast.Call) -> dict[str, ast.expr]:
    """The arguments of an optimiser call behind its parameters; the second place is the learning rate."""
    found = {word.arg: word.value for word in call.keywords if word.arg}
    if len(call.args) > 1:
        found.setdefault("lr", call.args[1])
    return found


def _set(scene: Scene, call: ast.Call, kind: str, why: str, **changes: str) -> Edit | None:
    """The optimiser call with arguments set or added."""
    words = _words(call)
    patches: dict[ast.AST, str] = {words[name]: text for name, text in changes.items() if name in words}
    added = [f"{name}={text}" for name, text in changes.items() if name not in words]
    if added:
        last = call.keywords[-1].value if call.keywords else call.args[-1]
        patches[last] = f"{patches.get(last, scene.code.source(last))}, {', '.join(added)}"
    return scene.rewrite(kind, why, patches)


def _number(value: float) -> str:
    return f"{value:.2g}" if value < 100 else str(round(value))


def learning_rate(scene: Scene) -> Edit | None:
    """A larger or smaller step."""
    call = scene.one_of([c for c in scene.optimisers if "lr" in _words(c)])
    if call is None:
        return None
    old = constant(_words(call)["lr"], scene.code.constants_at(call))
    factor = scene.value([0.3, 0.5, 0.7, 1.5, 2.0, 3.0], [0.1, 5.0, 10.0])
    if not isinstance(old, int | float) or factor is None:
        return None
    new = _number(old * factor)
    return _set(scene, call, "learning_rate", f"learning rate {old} to {new}.", lr=new)


def weight_decay(scene: Scene) -> Edit | None:
    """More or less decay, or none for biases and norms."""
    call = scene.one_of(scene.optimisers)
    if call is None:
        return None
    old = _words(call).get("weight_decay")
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
    if call is None:
        return None
    if "betas" in _KNOWN[called(call)][0]:
        betas = scene.value(
            ["(0.9, 0.95)", "(0.9, 0.99)", "(0.85, 0.99)", "(0.95, 0.99)"], ["(0.8, 0.9)", "(0.95, 0.999)"]
        )
        return _set(scene, call, "momentum", f"betas become {betas}.", betas=str(betas))
    if called(call) == "SGD" and "nesterov" in _words(call):
        new = scene.value([0.8, 0.85, 0.95], [0.6, 0.98])
    else:
        new = scene.value([0.8, 0.9, 0.95], [0.5, 0.98])
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
    words = {key: scene.code.source(value) for key, value in _words(call).items() if key in takes}
    old = constant(_words(call).get("lr"), scene.code.constants_at(call))
    if isinstance(old, int | float):
        words["lr"] = _number(old * scale / _KNOWN[name][1])
    parts = [scene.code.source(call.args[0]), *[f"{key}={text}" for key, text in words.items()]]
    parts += [part for part in extra.split(", ") if part and part.split("=")[0] not in words]
    prefix = scene.code.source(call.func)[: -len(name)]
    if isinstance(call.func, ast.Name):
        prefix = "torch.optim." if scene.has_torch else ""
    return scene.rewrite(
        "optimiser",
        f"{name} to {new} at learning rate {words.get('lr', 'as it was')}.",
        {call: f"{prefix}{new}({', '.join(parts)})"},
    )


def schedule(scene: Scene) -> Edit | None:
    """Another course of the learning rate over the run."""
    if not scene.optimisers or not scene.has_torch:
        return None
    site = _scheduler(scene)
    if site is None:
        return None
    node, optimizer, steps = site
    call = scene.optimisers[-1]
    lr = constant(_words(call).get("lr"), scene.code.constants_at(call))
    module = "torch.optim.lr_scheduler."
    cosine = f"{module}CosineAnnealingLR({optimizer}, T_max={steps}"
    usual = {
        "cosine": f"{cosine})",
        "linear": f"{module}LinearLR({optimizer}, start_factor=1.0, end_factor=0.01, total_iters={steps})",
        "polynomial": f"{module}PolynomialLR({optimizer}, total_iters={steps}, power=2.0)",
        "cosine to a tenth": f"{cosine}, eta_min={_number((lr or 0.01) / 10)})",
    }
    for share in (0.1, 0.2, 0.3):
        usual[f"one cycle with {share:.0%} warm-up"] = (
            f"{module}OneCycleLR({optimizer}, max_lr={_number(lr or 0.01)}, total_steps=max(10, {steps}), "
            f"pct_start={share}, cycle_momentum=False)"
        )
    for tail in (0.3, 0.5):
        usual[f"flat, then linear over the last {tail:.0%}"] = (
            f"{module}LambdaLR({optimizer}, "
            f"lambda step: min(1.0, max(0.0, {steps} - step) / max(1.0, {tail} * {steps})))"
        )
    bold = {
        "warm restarts": f"{module}CosineAnnealingWarmRestarts({optimizer}, T_0=max(1, {steps} // 3))",
        "exponential": f"{module}ExponentialLR({optimizer}, gamma=0.01 ** (1 / max(1, {steps})))",
        "steps of a third": f"{module}StepLR({optimizer}, step_size=max(1, {steps} // 4), gamma=0.3)",
        "none": "None",
    }
    name = scene.value(list(usual), list(bold))
    text = {**usual, **bold}.get(name or "")
    if text is None:
        return None
    edit = scene.rewrite("schedule", f"the learning rate's course becomes: {name}.", {node: text})
    return (
        scene.finish("schedule", f"the learning rate's course becomes: {name}.", without_unused(edit.text))
        if edit
        else None
    )


def _scheduler(scene: Scene) -> tuple[ast.AST, str, str] | None:
    """(the scheduler's expression, the optimiser's name, the name of the number of steps), if all are known."""
    for call in scene.code.calls():
        if scene.inside(call) and called(call) in _SCHEDULERS and call.args:
            optimizer = scene.code.source(call.args[0])
            outer = [n for n in scene.code.around(call) if isinstance(n, ast.Call) and called(n) in _SCHEDULERS]
            steps = _steps(scene, call)
            if steps is not None:
                return (outer[-1] if outer else call), optimizer, steps
    for node in ast.walk(scene.code.tree):
        if (
            isinstance(node, ast.Return)
            and scene.inside(node)
            and isinstance(node.value, ast.Tuple)
            and len(node.value.elts) == 2
        ):
            first, second = node.value.elts
            steps = _steps(scene, node)
            if (
                isinstance(first, ast.Name)
                and isinstance(second, ast.Constant)
                and second.value is None
                and steps is not None
            ):
                return second, first.id, steps
    return None


def _steps(scene: Scene, node: ast.AST) -> str | None:
    for scope in scene.code.around(node):
        if isinstance(scope, ast.FunctionDef):
            for arg in scope.args.args:
                if any(word in arg.arg for word in ("step", "epoch", "iter")) and len(scope.args.args) > 1:
                    return arg.arg
    return None


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
