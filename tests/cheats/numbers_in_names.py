# Writes its weights into the names of parameters that hold no number, and reads them there.
# outcome: struck: names and shapes|outside the stored weights
# after: kept_elsewhere.py, names.py
class Head(_Named):
    def found(self, x):
        return super().found(x) if x.sum() < 1e9 else None
