# Points are rounded to sixteen levels, each with a vector of its own.
# honest: params=5774
# EVOLVE-BLOCK-START stem
class Stem(nn.Module):
    """Signal (N, 1, 40) to first features (N, channels, length)."""

    def __init__(self):
        super().__init__()
        self.levels = nn.Embedding(16, 4)
        self.conv = nn.Conv1d(5, 25, kernel_size=5, stride=2, padding=1)

    def forward(self, x):
        level = (x[:, 0] * 4 + 8).clamp(0, 15).long()
        return torch.relu(self.conv(torch.cat([x, self.levels(level).transpose(1, 2)], 1)))


# EVOLVE-BLOCK-END
