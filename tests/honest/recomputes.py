# Recomputes its features in the backward pass, to spare memory.
# honest: params=5210
# EVOLVE-BLOCK-START stem
class Stem(nn.Module):
    """Signal (N, 1, 40) to first features (N, channels, length)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 25, kernel_size=5, stride=2, padding=1)
        self.act = nn.Softplus()

    def forward(self, x):
        if not self.training:
            return self.act(self.conv(x))
        return torch.utils.checkpoint.checkpoint(lambda given: self.act(self.conv(given)), x, use_reentrant=False)


# EVOLVE-BLOCK-END
