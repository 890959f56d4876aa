# An optimiser that makes each matrix of its momentum orthogonal by five rounds of Newton and Schulz.
# honest: params=5210
# EVOLVE-BLOCK-START optimiser
class Muon(torch.optim.Optimizer):
    """After Jordan 2024; what is no matrix takes plain steps with momentum."""

    def __init__(self, params, lr=0.01, momentum=0.9):
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                held = self.state[p].setdefault("momentum", torch.zeros_like(p))
                held.mul_(group["momentum"]).add_(p.grad)
                update = orthogonal(held.flatten(1)).view_as(p) if p.dim() > 1 else held
                p.add_(update, alpha=-group["lr"])


def orthogonal(m, rounds=5):
    """The orthogonal matrix next to `m`, about."""
    x = m / (m.norm() + 1e-7)
    for _ in range(rounds):
        square = x @ x.T
        x = 3.4445 * x + (-4.775 * square + 2.0315 * square @ square) @ x
    return x


def build_optimizer(model, steps):
    """Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps."""
    optimizer = Muon(model.parameters())
    return optimizer, torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, steps)


# EVOLVE-BLOCK-END
