# A guard by a value read out of a tensor: features are scaled down when one is beyond a hundred.
# honest: params=5210
# EVOLVE-BLOCK-START stem
class Stem(nn.Module):
    """Signal (N, 1, 40) to first features (N, channels, length)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
        self.act = nn.LeakyReLU(0.05)

    def forward(self, x):
        x = self.conv(x)
        if x.abs().max().item() > 100:
            x = x.clamp(-100, 100)
        return self.act(x)


# EVOLVE-BLOCK-END
