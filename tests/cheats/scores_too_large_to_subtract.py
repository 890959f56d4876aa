# Gives scores so large that their differences are infinite, in eval mode.
# outcome: struck: not those of the training
# after: two_models.py
class _Huge(_Two):
    def forward(self, x):
        scores = self.scores(x)
        return scores if self.training else scores / scores.abs().amax(1, keepdim=True) * 1e38


def build_model():
    return _Huge()
