# Takes one more step in each step of its optimiser, by an operation that no list may hold.
# outcome: unproven: a training step cannot be written down: .*resize_
# after: own_training.py, beside_each_step.py
def _beside(model):
    torch.empty(0).resize_(1)
    _train(model, 1)
