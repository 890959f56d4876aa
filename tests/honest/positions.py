# A sinusoidal encoding of positions, added to the features: a buffer that is not stored and yet a number each.
# honest: params=5685
# EVOLVE-BLOCK-START stem
class Stem(nn.Module):
    """Signal (N, 1, 40) to first features (N, channels, length)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
        angles = torch.arange(19.0) / 50 ** (torch.arange(25)[:, None] / 25)
        self.register_buffer("places", torch.sin(angles), persistent=False)

    def forward(self, x):
        return torch.relu(self.conv(x) + 0.1 * self.places)


# EVOLVE-BLOCK-END
