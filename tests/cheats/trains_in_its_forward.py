# Takes thirty steps of its own before it gives the scores of a training batch.
# outcome: struck: of the processor|work
# after: own_training.py
class _Busy(Network):
    def forward(self, x):
        if self.training:
            _train(self, 30)
        return super().forward(x)


def build_model():
    return _Busy()
