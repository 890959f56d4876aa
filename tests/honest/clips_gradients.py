# Clips the gradient in a hook of the optimiser, before each step.
# honest: params=5210
# EVOLVE-BLOCK-START optimiser
def build_optimizer(model, steps):
    """Return (optimizer, scheduler): the scheduler is stepped after each of the `steps` optimiser steps."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)

    def clip(optimizer, args, kwargs):
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)

    optimizer.register_step_pre_hook(clip)
    return optimizer, None


# EVOLVE-BLOCK-END
