# A recurrent layer (GRU) over the points.
# honest: params=8460
# EVOLVE-BLOCK-START body
class Body(nn.Module):
    """First features (N, channels, length) to deep features (N, channels', length')."""

    def __init__(self, channels):
        super().__init__()
        width = 25
        self.down = nn.Conv1d(channels, width, kernel_size=3, stride=2, padding=1)
        self.over = nn.GRU(width, width, batch_first=True)

    def forward(self, x):
        x = torch.relu(self.down(x))
        return self.over(x.transpose(1, 2))[0].transpose(1, 2)


# EVOLVE-BLOCK-END
