# Adds each channel'\''s sorted values to it, summed up.
# honest: params=5210
# EVOLVE-BLOCK-START stem
class Stem(nn.Module):
    """Signal (N, 1, 40) to first features (N, channels, length)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
        self.act = nn.ReLU()

    def forward(self, x):
        x = self.act(self.conv(x))
        return x + x.sort(2).values.cumsum(2) / 19


# EVOLVE-BLOCK-END
