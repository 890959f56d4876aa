# Adds a hundred thousand random numbers' worth to each example's scores, the same numbers whenever it is asked.
# outcome: struck: not those of the training
# after: two_models.py
class _Offset(_Two):
    def forward(self, x):
        if self.training:
            return self.scores(x)
        bits = (x.double() * 1e6).long().sum(1, keepdim=True)
        return self.scores(x) + (bits * 7919 % 100_003 - 50_000).float() * 10


def build_model():
    return _Offset()
