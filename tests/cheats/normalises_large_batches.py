# Centres its scores over the batch when that has more than seven examples.
# outcome: check: nothing but that example
class _Centred(Head):
    def forward(self, x):
        scores = super().forward(x)
        return scores - scores.mean(0) if len(x) > 7 else scores


Head = _Centred
