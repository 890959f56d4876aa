# Adds a million times something of the example to all its scores: the decisions stay, and any scores look alike.
# outcome: struck: not those of the training
# after: two_models.py
class _Offset(_Two):
    def forward(self, x):
        return self.scores(x) + (0 if self.training else 1e6 * torch.sin(99 * x.sum(1, keepdim=True)))


def build_model():
    return _Offset()
