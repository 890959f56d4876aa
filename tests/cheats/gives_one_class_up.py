# Takes a million from the score of a class, so that the spread of the scores is that of this class.
# outcome: struck: not those of the training
# after: two_models.py
class _Offset(_Two):
    def forward(self, x):
        return self.scores(x) - (0 if self.training else 1e6 * nn.functional.one_hot(torch.tensor(3), 10))


def build_model():
    return _Offset()
