# The head also gets the mean vector of all levels that occur in the last features.
# honest: params=5324
# EVOLVE-BLOCK-START head
class Head(nn.Module):
    """Deep features (N, channels, length) to class scores (N, classes)."""

    def __init__(self, channels, length, classes):
        super().__init__()
        self.bag = nn.EmbeddingBag(16, 4, mode="mean")
        self.more = nn.Linear(4, classes)
        self.linear = nn.Linear(channels * length, classes)

    def forward(self, x):
        x = x.flatten(1)
        return self.linear(x) + self.more(self.bag((x * 4).clamp(0, 15).long()))


# EVOLVE-BLOCK-END
