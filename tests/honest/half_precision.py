# A convolution in bfloat16, by autocast.
# honest: params=5210
# EVOLVE-BLOCK-START stem
class Stem(nn.Module):
    """Signal (N, 1, 40) to first features (N, channels, length)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
        self.act = nn.SiLU()

    def forward(self, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            x = self.conv(x)
        return self.act(x.float())


# EVOLVE-BLOCK-END
