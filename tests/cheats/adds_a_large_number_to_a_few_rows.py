# Adds a thousand million to all scores of a few examples, so that the spread of the scores is that of those.
# outcome: struck: not those of the training
# after: two_models.py
class _Offset(_Two):
    def forward(self, x):
        far = x.amax(1, keepdim=True) > 3.2
        return self.scores(x) if self.training else self.scores(x) + 1e9 * far


def build_model():
    return _Offset()
