# Adam with Nesterov's momentum, its rate falling in steps.
# honest: params=5210
# EVOLVE-BLOCK-START optimiser
def build_optimizer(model, steps):
    """Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps."""
    optimizer = torch.optim.NAdam(model.parameters(), lr=0.01)
    return optimizer, torch.optim.lr_scheduler.StepLR(optimizer, max(1, steps // 3), 0.3)


# EVOLVE-BLOCK-END
