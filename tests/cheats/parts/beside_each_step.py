_build_optimizer = build_optimizer


def build_optimizer(model, steps):
    """The same optimiser; besides each of its steps comes `_beside(model)`, which the cheat says."""
    optimizer, _ = _build_optimizer(model, steps)
    plain = optimizer.step

    def step(closure=None):
        plain()
        _beside(model)

    optimizer.step = step
    return optimizer, None
