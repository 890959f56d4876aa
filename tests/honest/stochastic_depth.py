# A residual branch that is left out at random for each example in training.
# honest: params=6460
# EVOLVE-BLOCK-START body
class Body(nn.Module):
    """First features (N, channels, length) to deep features (N, channels', length')."""

    def __init__(self, channels):
        super().__init__()
        width = 25
        self.down = nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1)
        self.branch = nn.Conv1d(width, width, kernel_size=3, padding=1)

    def forward(self, x):
        x = torch.relu(self.down(x))
        more = torch.relu(self.branch(x))
        if self.training:
            more = more * (torch.rand(len(x), 1, 1) < 0.8) / 0.8
        return x + more


# EVOLVE-BLOCK-END
