# A convolution with length and direction of its weights apart, by torch's parametrisation.
# honest: params=5235
# EVOLVE-BLOCK-START stem
class Stem(nn.Module):
    """Signal (N, 1, 40) to first features (N, channels, length)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
        self.conv = nn.utils.parametrizations.weight_norm(self.conv)

    def forward(self, x):
        return torch.relu(self.conv(x))


# EVOLVE-BLOCK-END
