# A second head on early features, averaged in during training only; it is stored, so it is counted.
# honest: params=6470
# EVOLVE-BLOCK-START head
class Head(nn.Module):
    """Deep features (N, channels, length) to class scores (N, classes)."""

    def __init__(self, channels, length, classes):
        super().__init__()
        self.linear = nn.Linear(channels * length, classes)
        self.second = nn.Linear(channels * length, classes)

    def forward(self, x):
        x = x.flatten(1)
        return (self.linear(x) + self.second(torch.dropout(x, 0.3, True))) / 2 if self.training else self.linear(x)


# EVOLVE-BLOCK-END
