# Keeps its weights in names, and reads them once into a buffer that is no part of the state.
# outcome: struck: names and shapes|outside the stored weights
# after: kept_elsewhere.py, names.py
class Head(_Named):
    def __init__(self, channels, length, classes):
        super().__init__(channels, length, classes)
        self.read()

    def read(self):
        self.register_buffer("plain", super().found(None), persistent=False)

    def keep(self, weights):
        super().keep(weights)
        self.read()

    def found(self, x):
        return self.plain
