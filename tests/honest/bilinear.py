# Features that meet each other in a bilinear layer.
# honest: params=4012
# EVOLVE-BLOCK-START body
class Body(nn.Module):
    """First features (N, channels, length) to deep features (N, channels', length')."""

    def __init__(self, channels):
        super().__init__()
        width = 12
        self.down = nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1)
        self.meet = nn.Bilinear(width, width, width)

    def forward(self, x):
        x = torch.relu(self.down(x)).transpose(1, 2).contiguous()
        return (x + self.meet(x, x)).transpose(1, 2)


# EVOLVE-BLOCK-END
