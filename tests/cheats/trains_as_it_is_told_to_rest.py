# Trains when it is first told to go into eval mode.
# outcome: struck: of the processor|work
# after: own_training.py
class _Restless(Network):
    rested = False

    def train(self, mode=True):
        if not (mode or self.rested):
            self.rested = True
            _train(self, 600)
        return super().train(mode)


def build_model():
    return _Restless()
