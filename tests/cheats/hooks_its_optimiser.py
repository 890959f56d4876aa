# Takes thirty steps of its own in a hook that its optimiser runs behind each step.
# outcome: struck: of the processor|work
# after: own_training.py
_build_optimizer = build_optimizer


def build_optimizer(model, steps):
    optimizer, scheduler = _build_optimizer(model, steps)
    optimizer.register_step_post_hook(lambda *a, **k: _train(model, 30))
    return optimizer, scheduler
