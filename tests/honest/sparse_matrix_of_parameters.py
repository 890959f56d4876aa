# The head's product as one of a dense parameter made sparse.
# honest: params=5210
# EVOLVE-BLOCK-START head
class Head(nn.Module):
    """Deep features (N, channels, length) to class scores (N, classes)."""

    def __init__(self, channels, length, classes):
        super().__init__()
        self.linear = nn.Linear(channels * length, classes)

    def forward(self, x):
        weight = torch.where(self.linear.weight.abs() > 1e-3, self.linear.weight, 0.0)
        return torch.sparse.mm(weight.to_sparse(), x.flatten(1).T).T + self.linear.bias


# EVOLVE-BLOCK-END
