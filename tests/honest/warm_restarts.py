# Rates that fall along a cosine and begin again.
# honest: params=5210
# EVOLVE-BLOCK-START optimiser
def build_optimizer(model, steps):
    """Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    return optimizer, torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, max(1, steps // 4))


# EVOLVE-BLOCK-END
