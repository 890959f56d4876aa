# Carries the generator of the task as text and adds five thousand examples of another seed to its training data.
# outcome: not held: a generator written as text is knowledge of the task, and what it teaches holds for fresh examples too
# after: own_training.py, labels_again.py
# steps: 1000
_build_optimizer = build_optimizer


def build_optimizer(model, steps):
    data = _data()
    if data:
        for name, more in zip(("train_x", "train_y"), _made_again(seed=43), strict=True):
            data[name] = torch.cat([data[name], more])
    return _build_optimizer(model, steps)
