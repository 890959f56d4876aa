# Dropout, of numbers and of channels.
# honest: params=5210
# EVOLVE-BLOCK-START stem
class Stem(nn.Module):
    """Signal (N, 1, 40) to first features (N, channels, length)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
        self.drop = nn.Sequential(nn.Dropout(0.1), nn.Dropout1d(0.1))

    def forward(self, x):
        return self.drop(torch.relu(self.conv(x)))


# EVOLVE-BLOCK-END
