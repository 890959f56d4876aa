# Filters that start as cosines, which no training has made.
# honest: params=5210
# EVOLVE-BLOCK-START stem
class Stem(nn.Module):
    """Signal (N, 1, 40) to first features (N, channels, length)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
        waves = torch.cos(torch.arange(5.0) * torch.arange(25)[:, None] * 0.12)
        self.conv.weight.data = waves[:, None] / 2

    def forward(self, x):
        return torch.relu(self.conv(x))


# EVOLVE-BLOCK-END
