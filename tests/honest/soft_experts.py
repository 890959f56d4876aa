# Three experts, all of them used, weighted by a gate.
# honest: params=6588
# EVOLVE-BLOCK-START body
class Body(nn.Module):
    """First features (N, channels, length) to deep features (N, channels', length')."""

    def __init__(self, channels):
        super().__init__()
        width = 25
        self.down = nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1)
        self.experts = nn.ModuleList(nn.Conv1d(width, width, kernel_size=1) for _ in range(3))
        self.gate = nn.Linear(width, 3)

    def forward(self, x):
        x = torch.relu(self.down(x))
        gates = torch.softmax(self.gate(x.mean(2)), 1)
        made = torch.stack([expert(x) for expert in self.experts], 1)
        return x + torch.relu((gates[:, :, None, None] * made).sum(1))


# EVOLVE-BLOCK-END
