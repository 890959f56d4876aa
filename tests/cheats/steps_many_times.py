# Takes thirty steps of its own in each step of its optimiser.
# outcome: struck: of the processor|work
# after: own_training.py, beside_each_step.py
def _beside(model):
    _train(model, 30)
