"""The course of the learning rate over a run."""

from __future__ import annotations

import ast

from agents.offline.edits_training import bound, words_of, written
from agents.offline.scene import Edit, Scene
from agents.offline.source import called, constant
from agents.offline.tidy import without_unused

_SCHEDULERS = (
    "LambdaLR", "StepLR", "MultiStepLR", "ConstantLR", "LinearLR", "ExponentialLR", "PolynomialLR", "CosineAnnealingLR",
    "SequentialLR", "CyclicLR", "OneCycleLR", "CosineAnnealingWarmRestarts",
)  # fmt: skip


def schedule(scene: Scene) -> Edit | None:
    """Another course of the learning rate over the run."""
    if not scene.optimisers or not scene.has_torch:
        return None
    site = _scheduler(scene)
    if site is None:
        return None
    node, optimizer, steps = site
    shares = _shares(scene, steps)
    if shares and scene.rng.random() < 0.4:
        old = scene.rng.choice(shares)
        share = scene.value([0.05, 0.1, 0.2, 0.3, 0.5], [0.02, 0.7, 0.9]) or 0.1
        new = f"{share} * {steps}" if isinstance(old.op, ast.Mult) else f"{steps} // {round(1 / share)}"
        why = f"`{scene.code.source(old)}` becomes `{new}`, so that the rate changes its course elsewhere."
        return scene.rewrite("schedule", why, {old: new})
    call = scene.optimisers[-1]
    lr = constant(words_of(call).get("lr"), scene.code.constants_at(call))
    module = "torch.optim.lr_scheduler."
    cosine = f"{module}CosineAnnealingLR({optimizer}, T_max={steps}"
    usual = {
        "cosine": f"{cosine})",
        "linear": f"{module}LinearLR({optimizer}, start_factor=1.0, end_factor=0.01, total_iters={steps})",
        "polynomial": f"{module}PolynomialLR({optimizer}, total_iters={steps}, power=2.0)",
        "cosine to a tenth": f"{cosine}, eta_min={written((lr or 0.01) / 10)})",
    }
    for share in (0.1, 0.2, 0.3):
        usual[f"one cycle with {share:.0%} warm-up"] = (
            f"{module}OneCycleLR({optimizer}, max_lr={written(lr or 0.01)}, total_steps=max(10, {steps}), "
            f"pct_start={share}, cycle_momentum=False)"
        )
    for tail in (0.2, 0.4, 0.6):
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


def _scheduler(scene: Scene) -> tuple[ast.expr, str, str] | None:
    """(the scheduler's expression, the optimiser's name, the name of the number of steps), if all are known."""
    for node in ast.walk(scene.code.tree):
        pair = node.value if isinstance(node, ast.Return) and scene.inside(node) else None
        if not isinstance(pair, ast.Tuple) or len(pair.elts) != 2 or not isinstance(pair.elts[0], ast.Name):
            continue
        optimizer, scheduler = pair.elts[0].id, bound(scene, pair.elts[1])
        none = isinstance(scheduler, ast.Constant) and scheduler.value is None
        steps = _steps(scene, node)
        if steps is not None and (none or (isinstance(scheduler, ast.Call) and called(scheduler) in _SCHEDULERS)):
            return scheduler, optimizer, steps
    return None


def _shares(scene: Scene, steps: str) -> list[ast.BinOp]:
    """Where the segment takes a share of the steps: `steps // 20`, `0.3 * steps` and the like."""
    found = []
    for node in ast.walk(scene.code.tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv | ast.Mult) and scene.inside(node):
            names = [side.id for side in (node.left, node.right) if isinstance(side, ast.Name)]
            numbers = [side for side in (node.left, node.right) if isinstance(side, ast.Constant)]
            if names == [steps] and len(numbers) == 1 and (isinstance(node.op, ast.Mult) or numbers[0] is node.right):
                found.append(node)
    return found


def _steps(scene: Scene, node: ast.AST) -> str | None:
    for scope in scene.code.around(node):
        if isinstance(scope, ast.FunctionDef):
            for arg in scope.args.args:
                if any(word in arg.arg for word in ("step", "epoch", "iter")) and len(scope.args.args) > 1:
                    return arg.arg
    return None
