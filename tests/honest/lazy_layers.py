# A layer that learns its size from what it first sees, which is in build_model.
# honest: params=6460
# EVOLVE-BLOCK-START body
class Body(nn.Module):
    """First features (N, channels, length) to deep features (N, channels', length')."""

    def __init__(self, channels):
        super().__init__()
        width = 25
        self.down = nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1)
        self.branch = nn.LazyConv1d(width, kernel_size=3, padding=1)

    def forward(self, x):
        x = torch.relu(self.down(x))
        return x + torch.relu(self.branch(x))


# EVOLVE-BLOCK-END
