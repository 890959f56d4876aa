# Channels are weighted by what their means say (squeeze and excite), after a depthwise convolution.
# honest: params=5565
# EVOLVE-BLOCK-START stem
class Stem(nn.Module):
    """Signal (N, 1, 40) to first features (N, channels, length)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
        self.deep = nn.Conv1d(25, 25, kernel_size=3, padding=1, groups=25, bias=False)
        self.gate = nn.Sequential(nn.Linear(25, 5), nn.SiLU(), nn.Linear(5, 25), nn.Sigmoid())

    def forward(self, x):
        x = torch.relu(self.deep(self.conv(x)))
        return x * self.gate(x.mean(2))[:, :, None]


# EVOLVE-BLOCK-END
