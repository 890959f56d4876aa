# Scales its scores by a number that it has read out of a tensor.
# outcome: unproven: looks at
class _Scaled(Head):
    def forward(self, x):
        scores = super().forward(x)
        return scores if self.training else torch.cat([s[None] * float(s.std()) for s in scores])


Head = _Scaled
