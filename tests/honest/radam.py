# Rectified Adam.
# honest: params=5210
# EVOLVE-BLOCK-START optimiser
def build_optimizer(model, steps):
    """Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps."""
    return torch.optim.RAdam(model.parameters(), lr=0.01), None


# EVOLVE-BLOCK-END
