# Self-attention over the points of an example, with a residual.
# honest: params=7160
# EVOLVE-BLOCK-START body
class Body(nn.Module):
    """First features (N, channels, length) to deep features (N, channels', length')."""

    def __init__(self, channels):
        super().__init__()
        width = 25
        self.down = nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1)
        self.over = nn.MultiheadAttention(width, 5, batch_first=True)

    def forward(self, x):
        x = torch.relu(self.down(x))
        x = x.transpose(1, 2)
        return (x + self.over(x, x, x, need_weights=False)[0]).transpose(1, 2)


# EVOLVE-BLOCK-END
