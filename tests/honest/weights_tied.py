# Two layers in a row that share one parameter.
# honest: params=6435
# EVOLVE-BLOCK-START body
class Body(nn.Module):
    """First features (N, channels, length) to deep features (N, channels', length')."""

    def __init__(self, channels):
        super().__init__()
        width = 25
        self.down = nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1)
        self.first, self.second = (nn.Conv1d(width, width, kernel_size=3, padding=1, bias=False) for _ in range(2))
        self.second.weight = self.first.weight

    def forward(self, x):
        x = torch.relu(self.down(x))
        return torch.relu(self.second(torch.relu(self.first(x))))


# EVOLVE-BLOCK-END
