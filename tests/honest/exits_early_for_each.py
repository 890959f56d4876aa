# Examples that a first look is sure of take no further layer: the others are worked on as a batch of their own.
# honest: params=6486
# EVOLVE-BLOCK-START body
class Body(nn.Module):
    """First features (N, channels, length) to deep features (N, channels', length')."""

    def __init__(self, channels):
        super().__init__()
        width = 25
        self.down = nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1)
        self.sure = nn.Linear(width, 1)
        self.branch = nn.Conv1d(width, width, kernel_size=3, padding=1)

    def forward(self, x):
        x = torch.relu(self.down(x))
        doubt = torch.sigmoid(self.sure(x.mean(2)))[:, 0]
        open_ = doubt > 0.5
        more = x.clone()
        if open_.any():
            more[open_] = x[open_] + doubt[open_, None, None] * torch.relu(self.branch(x[open_]))
        return more


# EVOLVE-BLOCK-END
