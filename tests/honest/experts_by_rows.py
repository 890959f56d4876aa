# Three experts; each example is sent to the one that its gate prefers, by a mask of rows.
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
        best, chosen = gates.max(1)
        made = torch.zeros_like(x)
        for number, expert in enumerate(self.experts):
            rows = chosen == number
            if rows.any():
                made[rows] = expert(x[rows]) * best[rows, None, None]
        return x + torch.relu(made)


# EVOLVE-BLOCK-END
