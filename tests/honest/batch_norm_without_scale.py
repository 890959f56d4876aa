# Batch normalisation without learnt scale and shift, whose statistics count: they could be used as these.
# honest: params=5261
# EVOLVE-BLOCK-START stem
class Stem(nn.Module):
    """Signal (N, 1, 40) to first features (N, channels, length)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
        self.norm = nn.BatchNorm1d(25, affine=False, momentum=None)

    def forward(self, x):
        return torch.relu(self.norm(self.conv(x)))


# EVOLVE-BLOCK-END
