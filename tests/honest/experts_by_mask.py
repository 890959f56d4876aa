# Two experts; which one an example gets is chosen by a mask over both.
# honest: params=5886
# EVOLVE-BLOCK-START body
class Body(nn.Module):
    """First features (N, channels, length) to deep features (N, channels', length')."""

    def __init__(self, channels):
        super().__init__()
        width = 25
        self.down = nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1)
        self.one, self.two = (nn.Conv1d(width, width, kernel_size=1) for _ in range(2))
        self.gate = nn.Linear(width, 1)

    def forward(self, x):
        x = torch.relu(self.down(x))
        gate = self.gate(x.mean(2))[:, :, None]
        made = torch.where(gate > 0, self.one(x), self.two(x))
        return x + torch.relu(made * torch.sigmoid(gate.abs()))


# EVOLVE-BLOCK-END
