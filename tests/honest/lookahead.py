# Lookahead's slow weights: kept by the optimiser, in the parameters' place every fifth step.
# honest: params=5210
# EVOLVE-BLOCK-START optimiser
class Lookahead(torch.optim.Optimizer):
    """AdamW whose weights every fifth step go half of the way from where they were five steps before."""

    def __init__(self, params, lr):
        params = list(params)
        super().__init__(params, {"lr": lr})
        self.fast = torch.optim.AdamW(self.param_groups, lr=lr)
        self.slow = [p.detach().clone() for p in params]
        self.taken = 0

    @torch.no_grad()
    def step(self, closure=None):
        self.fast.step()
        self.taken += 1
        if self.taken % 5 == 0:
            for slow, p in zip(self.slow, self.param_groups[0]["params"], strict=True):
                slow.lerp_(p, 0.5)
                p.copy_(slow)


def build_optimizer(model, steps):
    """Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps."""
    return Lookahead(model.parameters(), lr=0.01), None


# EVOLVE-BLOCK-END
